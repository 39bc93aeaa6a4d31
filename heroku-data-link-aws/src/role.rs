//! Clients that act in a role which their caller assumes.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::IdentityCache;
use heroku_data_link::model::{AwsPrincipal, PrincipalKind};
use heroku_data_link::provider::{ErrorCode, ErrorKind, ProviderError};

use crate::client::{BuildError, Client};

/// The call, by the name of the IAM action that permits it.
const ASSUME_ROLE: &str = "sts:AssumeRole";
/// What a session is called where nobody says otherwise. `CloudTrail` shows it beside the role.
const SESSION_NAME: &str = "heroku-data-link";
/// How long before their end credentials are renewed at the earliest, and half of it at the latest: no
/// call lasts longer, so none is under way with credentials that end.
const RENEWED_BEFORE: Duration = Duration::from_mins(1);

/// A role that is assumed, as a rule one of another account.
///
/// ```
/// use heroku_data_link_aws::AssumedRole;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let role = AssumedRole::new("arn:aws:iam::123456789012:role/data-link".parse()?)
///     .external_id("acme-7f3a")
///     .session_name("orders");
/// assert_eq!(role.arn(), "arn:aws:iam::123456789012:role/data-link");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    role: AwsPrincipal,
    external_id: Option<String>,
    session_name: String,
}

impl AssumedRole {
    /// This role, in a session that is called `heroku-data-link`.
    pub fn new(role: AwsPrincipal) -> Self {
        Self { role, external_id: None, session_name: SESSION_NAME.to_owned() }
    }

    /// What the role's trust policy asks for as `sts:ExternalId`. AWS does not treat it as a secret.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// What the session is called in `CloudTrail` and in the ARN of the caller.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = name.into();
        self
    }

    /// The role's ARN.
    pub fn arn(&self) -> String {
        self.role.arn()
    }

    /// STS's own rules, so that a mistake does not wait for the first call.
    fn check(&self) -> Result<(), BuildError> {
        let broken = |rule| Err(BuildError::Role { role: self.arn(), rule });
        let is_made_of = |text: &str, more: &str| {
            text.chars()
                .all(|it| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it) || more.contains(it))
        };
        if self.role.kind() != PrincipalKind::Role {
            return broken("it is no role");
        }
        if !(2..=64).contains(&self.session_name.len()) || !is_made_of(&self.session_name, "") {
            return broken(
                "the name of the session must have 2 to 64 letters, digits and characters of `_+=,.@-`",
            );
        }
        match &self.external_id {
            Some(id) if !(2..=1224).contains(&id.len()) || !is_made_of(id, ":/") => broken(
                "the external id must have 2 to 1224 letters, digits and characters of `_+=,.@:/-`",
            ),
            _ => Ok(()),
        }
    }
}

impl Client {
    /// A client of the same region, over the same connections, that acts in this role. The credentials
    /// of this client assume it, and need `sts:AssumeRole` for it; its trust policy must name them.
    ///
    /// The role is assumed when the first call is made, and again shortly before its credentials end.
    /// All calls fail with [`Unauthorized`](ErrorKind::Unauthorized) while it may not be assumed.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use heroku_data_link_aws::{AssumedRole, Client};
    ///
    /// let hub = Client::from_env().await?;
    /// let role = AssumedRole::new("arn:aws:iam::123456789012:role/data-link".parse()?);
    /// let spoke = hub.in_role(&role)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it is no role, or its session's name or external id is none that AWS takes.
    pub fn in_role(&self, role: &AssumedRole) -> Result<Self, BuildError> {
        role.check()?;
        let provider = Assuming { caller: self.clone(), role: role.clone() };
        // One for all services and regions: the role is assumed once for them.
        let cache = IdentityCache::lazy().buffer_time(RENEWED_BEFORE).build();
        Ok(self.with_credentials(&SharedCredentialsProvider::new(provider), cache))
    }
}

/// Why there are no credentials of a role. What STS said has passed the filter of the caller's secrets.
#[derive(Debug, thiserror::Error)]
#[error("the role {role} was not assumed: {error}")]
pub(crate) struct NotAssumed {
    role: String,
    error: ProviderError,
}

impl NotAssumed {
    /// What it means for a call that needs the role: only what heals by itself is more than a lack of
    /// credentials.
    pub(crate) fn meaning(&self) -> (ErrorKind, Option<ErrorCode>) {
        let kind = match self.error.kind() {
            kind @ (ErrorKind::RateLimited { .. } | ErrorKind::Transient | ErrorKind::Timeout) => {
                kind.clone()
            }
            _ => ErrorKind::Unauthorized,
        };
        // Of the caller's permissions, this one is in no spec's policy.
        let refused = *self.error.kind() == ErrorKind::Forbidden;
        let code = self.error.code().filter(|_| !refused);
        (kind, code.or(refused.then_some(ErrorCode::RoleNotAssumed)))
    }
}

/// Assumes a role each time it is asked; the SDK keeps what it provides.
#[derive(Debug)]
struct Assuming {
    caller: Client,
    role: AssumedRole,
}

impl Assuming {
    async fn assume(&self) -> Result<Credentials, ProviderError> {
        let reading = self.caller.reading(ASSUME_ROLE);
        let answer = self
            .caller
            .sts()
            .assume_role()
            .role_arn(self.role.arn())
            .role_session_name(&self.role.session_name)
            .set_external_id(self.role.external_id.clone())
            .send()
            .await
            .map_err(|error| reading.failure(&error))?;
        let given = answer
            .credentials()
            .ok_or_else(|| reading.protocol("the answer has no Credentials"))?;
        let end = SystemTime::try_from(*given.expiration())
            .map_err(|_| reading.protocol("Expiration in the answer cannot be read"))?;
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            Some(end),
            "AssumeRole",
        ))
    }

    async fn credentials(&self) -> provider::Result {
        let not_assumed = |error| NotAssumed { role: self.role.arn(), error };
        self.assume().await.map_err(|error| CredentialsError::provider_error(not_assumed(error)))
    }
}

impl ProvideCredentials for Assuming {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_role_is_checked_before_it_is_assumed() {
        let role = |text: &str| AssumedRole::new(text.parse().unwrap());
        let good = role("123456789012:role/team/link");
        assert!(good.check().is_ok());
        assert!(good.clone().session_name("a_+=,.@-9").external_id("a:/b").check().is_ok());
        let long = "x".repeat(65);
        for (wrong, rule) in [
            (role("123456789012"), "it is no role"),
            (role("arn:aws:iam::123456789012:user/jane"), "it is no role"),
            (good.clone().session_name("a"), "the name of the session"),
            (good.clone().session_name(&long), "the name of the session"),
            (good.clone().session_name("two words"), "the name of the session"),
            (good.clone().session_name("a:/b"), "the name of the session"),
            (good.clone().external_id("1"), "the external id"),
            (good.clone().external_id("é-7f3a"), "the external id"),
            (good.external_id("7".repeat(1225)), "the external id"),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(rule) && error.contains(&wrong.arn()), "{error}");
        }
    }
}
