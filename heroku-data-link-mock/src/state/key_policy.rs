//! What KMS makes of the policies of keys.

use std::time::SystemTime;

use heroku_data_link::key_policy::{KeyPolicy, PolicyError, PolicyRequest};
use heroku_data_link::model::{AccountId, AwsPrincipal, KeyArn, KeyState};
use heroku_data_link::provider::operation;

use super::aws::{AwsState, Caller};
use super::keys::KeyRecord;
use super::{Refusal, Reply, known};

/// What Heroku asks of a key when it makes an add-on under it.
const USE: [&str; 7] = [
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
];
/// What it asks of it so that volumes can use the key.
const GRANT: &str = "kms:CreateGrant";

impl AwsState {
    /// What KMS checks of a policy before it takes it.
    pub(crate) fn check_policy(
        &self,
        caller: &Caller,
        now: SystemTime,
        key: Option<&KeyArn>,
        text: &str,
    ) -> Reply<()> {
        let malformed =
            |why: &dyn std::fmt::Display| format!("MalformedPolicyDocumentException: {why}");
        let policy: KeyPolicy = text.parse().map_err(|error| match error {
            PolicyError::TooLong { .. } => {
                Refusal::quota(format!("LimitExceededException: {error}"))
            }
            _ => Refusal::invalid(malformed(&error)),
        })?;
        if self.kms.quirks.strict_policies && !policy.incomplete_statements().is_empty() {
            return Err(Refusal::invalid(malformed(
                &"Policy statement must contain actions and resources.",
            )));
        }
        let is_unknown = |(arn, until): (&String, &Option<SystemTime>)| {
            until.is_none_or(|until| now < until) && text.contains(&format!("\"{arn}\""))
        };
        if !policy.deleted_principals().is_empty() || self.kms.unknown.iter().any(is_unknown) {
            return Err(Refusal::not_found(malformed(
                &"Policy contains a statement with one or more invalid principals.",
            )));
        }
        let user: AwsPrincipal = known(caller.user().parse());
        let request = PolicyRequest {
            principal: &user,
            action: operation::PUT_KEY_POLICY,
            key,
            grant_is_for_aws_resource: false,
        };
        if policy.allows(&request) {
            return Ok(());
        }
        Err(Refusal::invalid(malformed(
            &"The new key policy will not allow you to update the key policy in the future.",
        )))
    }
}

impl KeyRecord {
    /// Whether Heroku can encrypt the data of an add-on with it.
    pub(crate) fn is_usable_by_heroku(&self, at: SystemTime) -> bool {
        let is_enabled =
            self.history.at(at).is_some_and(|version| version.state == KeyState::Enabled);
        is_enabled && self.is_symmetric() && self.lets_heroku_in(at)
    }

    fn lets_heroku_in(&self, at: SystemTime) -> bool {
        let policy = self.in_force.at(at).and_then(|text| text.parse::<KeyPolicy>().ok());
        let Some(policy) = policy else { return false };
        let heroku = AwsPrincipal::root_of(AccountId::heroku_data());
        let is_allowed = |action, grant_is_for_aws_resource| {
            policy.allows(&PolicyRequest {
                principal: &heroku,
                action,
                key: Some(&self.arn),
                grant_is_for_aws_resource,
            })
        };
        USE.iter().all(|action| is_allowed(action, false)) && is_allowed(GRANT, true)
    }
}
