//! Whom Heroku may let use a PrivateLink.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::text::Rule;
use super::{AccountId, Arn, InvalidValue};

/// The partition of all commercial regions, and the one that short forms mean.
const AWS: &str = "aws";
/// The resource that means the whole account.
const ROOT: &str = "root";

/// How the names of roles begin that IAM Identity Center makes for its permission sets. Their path is
/// `aws-reserved/sso.amazonaws.com/`, with Identity Center's region after it unless that is us-east-1.
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// An AWS account, user or role that may connect to a PrivateLink.
///
/// Heroku takes the short form and answers with the ARN, so comparing strings would never
/// converge. `123456789012`, `123456789012:root` and `arn:aws:iam::123456789012:root` are one
/// value here; it prints as the ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwsPrincipal {
    partition: Cow<'static, str>,
    account: AccountId,
    /// `root`, `user/…` or `role/…`.
    resource: Cow<'static, str>,
}

/// What an [`AwsPrincipal`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PrincipalKind {
    /// The whole account.
    Root,
    /// One IAM user.
    User,
    /// One IAM role.
    Role,
}

impl AwsPrincipal {
    /// The whole of an account in the partition `aws`.
    pub fn root_of(account: AccountId) -> Self {
        Self { partition: Cow::Borrowed(AWS), account, resource: Cow::Borrowed(ROOT) }
    }

    /// The whole of an account in a partition that an ARN or the caller's identity named.
    pub(crate) fn root_in(partition: &str, account: AccountId) -> Self {
        Self { partition: shared(partition, AWS), account, resource: Cow::Borrowed(ROOT) }
    }

    /// The partition of AWS that it belongs to, such as `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The account that the principal belongs to, or is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Account, user or role.
    pub fn kind(&self) -> PrincipalKind {
        match self.resource.split_once('/') {
            Some(("user", _)) => PrincipalKind::User,
            Some(("role", _)) => PrincipalKind::Role,
            _ => PrincipalKind::Root,
        }
    }

    /// The ARN, such as `arn:aws:iam::123456789012:root`: the form in which Heroku answers.
    pub fn arn(&self) -> String {
        self.to_string()
    }

    /// What to send to Heroku: `123456789012`, `123456789012:user/x`, `123456789012:role/x`; in
    /// a partition other than `aws` the ARN, for the short form does not name one.
    pub fn heroku_form(&self) -> String {
        if self.partition != AWS {
            self.arn()
        } else if self.kind() == PrincipalKind::Root {
            self.account.to_string()
        } else {
            format!("{}:{}", self.account, self.resource)
        }
    }

    fn from_short(text: &str) -> Result<Self, Rule> {
        let (account, resource) = text.split_once(':').unwrap_or((text, ROOT));
        let account = account_id(account)?;
        refuse_session(account.as_str(), resource)?;
        check_resource(resource)?;
        Ok(Self { partition: Cow::Borrowed(AWS), account, resource: shared(resource, ROOT) })
    }

    fn from_arn(text: &str) -> Result<Self, Rule> {
        let arn: Arn = text.parse().map_err(|error: InvalidValue| error.rule().to_owned())?;
        let account = arn.account().unwrap_or_default();
        // Before the service is looked at: a session's ARN is one of "sts".
        refuse_session(account, arn.resource())?;
        if arn.service() != "iam" {
            let service = arn.service();
            return Err(format!("it must be an ARN of \"iam\"; this one is of {service:?}").into());
        }
        if arn.region().is_some() {
            return Err("an ARN of \"iam\" names no region".into());
        }
        let account = account_id(account)?;
        check_resource(arn.resource())?;
        let partition = shared(arn.partition(), AWS);
        Ok(Self { partition, account, resource: shared(arn.resource(), ROOT) })
    }
}

impl FromStr for AwsPrincipal {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read =
            if text.starts_with("arn:") { Self::from_arn(text) } else { Self::from_short(text) };
        read.map_err(|rule| InvalidValue::new("AWS principal", text, rule))
    }
}

impl fmt::Display for AwsPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:iam::{}:{}", self.partition, self.account, self.resource)
    }
}

value_traits!(AwsPrincipal, "^(arn:[^:]+:iam::)?[0-9]{12}(:(root|user/.+|role/.+))?$");

/// Without a copy of its own where a text is the usual one.
fn shared(text: &str, usual: &'static str) -> Cow<'static, str> {
    if text == usual { Cow::Borrowed(usual) } else { Cow::Owned(text.to_owned()) }
}

fn account_id(text: &str) -> Result<AccountId, Rule> {
    text.parse().map_err(|error: InvalidValue| {
        format!("it must name an AWS account, and {text:?} is none: {}", error.rule()).into()
    })
}

/// A session is what `aws sts get-caller-identity` prints to whoever works in a role.
fn refuse_session(account: &str, resource: &str) -> Result<(), Rule> {
    if let Some(session) = resource.strip_prefix("assumed-role/") {
        let role = session.split('/').next().unwrap_or_default();
        if role.starts_with(IDENTITY_CENTER) {
            return Err(format!(
                "it is a session of a role of Identity Center, whose path a session does not show: \
                 name the role as IAM lists it, {account}:role/aws-reserved/sso.amazonaws.com/\
                 {role} or with a region before its name, \
                 {account}:role/aws-reserved/sso.amazonaws.com/REGION/{role}; or name the account, \
                 {account}"
            )
            .into());
        }
        return Err(format!(
            "it is a session of a role; name the role (with its path, if it has one): \
             {account}:role/{role}"
        )
        .into());
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), Rule> {
    if resource == ROOT {
        return Ok(());
    }
    let name = resource.strip_prefix("user/").or_else(|| resource.strip_prefix("role/"));
    let Some(name) = name else {
        return Err("after the account comes \"root\", \"user/NAME\" or \"role/NAME\"".into());
    };
    if name.is_empty() || name.ends_with('/') {
        return Err("after \"user/\" or \"role/\" comes a name".into());
    }
    if name.contains('*') {
        return Err("it must not hold a wildcard: it would let in more than it names".into());
    }
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a name must have only ASCII characters that can be seen".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    fn principal(text: &str) -> AwsPrincipal {
        text.parse().unwrap()
    }

    #[test]
    fn all_spellings_are_one_value() {
        let cases = [
            ("123456789012", "root", PrincipalKind::Root, "123456789012"),
            ("123456789012:root", "root", PrincipalKind::Root, "123456789012"),
            ("123456789012:user/x", "user/x", PrincipalKind::User, "123456789012:user/x"),
            (
                "123456789012:role/path/x",
                "role/path/x",
                PrincipalKind::Role,
                "123456789012:role/path/x",
            ),
            ("123456789012:role/root", "role/root", PrincipalKind::Role, "123456789012:role/root"),
        ];
        for (short, resource, kind, heroku_form) in cases {
            let arn = format!("arn:aws:iam::123456789012:{resource}");
            let value = principal(short);
            assert_eq!(value, principal(&arn));
            assert_eq!((value.arn(), value.to_string()), (arn.clone(), arn));
            assert_eq!((value.kind(), value.heroku_form()), (kind, heroku_form.to_owned()));
            assert_eq!(value.account().as_str(), "123456789012");
            assert_eq!(principal(heroku_form), value);
        }
        let account: AccountId = "021876802972".parse().unwrap();
        assert_eq!(AwsPrincipal::root_of(account), principal("021876802972"));
        assert_ne!(principal("123456789012:user/x"), principal("123456789012:role/x"));
    }

    #[test]
    fn another_partition_has_no_short_form() {
        let gov = principal("arn:aws-us-gov:iam::123456789012:root");
        assert_ne!(gov, principal("123456789012"));
        assert_eq!(gov.heroku_form(), "arn:aws-us-gov:iam::123456789012:root");
    }

    #[test]
    fn arns_print_as_they_are_read() {
        accepts::<AwsPrincipal>(&[
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:user/with,comma",
            "arn:aws-cn:iam::123456789012:role/a/b/c",
        ]);
    }

    #[test]
    fn what_is_no_principal_comes_with_its_remedy() {
        for (text, rule) in [
            (
                "arn:aws:sts::123456789012:assumed-role/Admin/session",
                "it is a session of a role; name the role (with its path, if it has one): \
                 123456789012:role/Admin",
            ),
            (
                "123456789012:assumed-role/Admin/session",
                "it is a session of a role; name the role (with its path, if it has one): \
                 123456789012:role/Admin",
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123/jo@example.com",
                "it is a session of a role of Identity Center, whose path a session does not show: \
                 name the role as IAM lists it, 123456789012:role/aws-reserved/sso.amazonaws.com/\
                 AWSReservedSSO_Admin_0123 or with a region before its name, \
                 123456789012:role/aws-reserved/sso.amazonaws.com/REGION/AWSReservedSSO_Admin_0123; \
                 or name the account, 123456789012",
            ),
            (
                "arn:aws:sts::123456789012:federated-user/x",
                "it must be an ARN of \"iam\"; this one is of \"sts\"",
            ),
            (
                "arn:aws:kms:us-east-1:123456789012:key/x",
                "it must be an ARN of \"iam\"; this one is of \"kms\"",
            ),
            ("arn:aws:s3:::x", "it must be an ARN of \"iam\"; this one is of \"s3\""),
            ("arn:aws:iam:us-east-1:123456789012:root", "an ARN of \"iam\" names no region"),
            (
                "arn:aws:iam::12345678901:root",
                "it must name an AWS account, and \"12345678901\" is none: it must have 12 digits; \
                 11 are given, so a leading zero may be missing: 012345678901",
            ),
            (
                "123:root",
                "it must name an AWS account, and \"123\" is none: it must have 12 digits; 3 are \
                 given",
            ),
            ("arn:aws:iam", "it must read arn:partition:service:region:account:resource"),
            (
                "123456789012:group/x",
                "after the account comes \"root\", \"user/NAME\" or \"role/NAME\"",
            ),
            ("123456789012:", "after the account comes \"root\", \"user/NAME\" or \"role/NAME\""),
            ("123456789012:user/", "after \"user/\" or \"role/\" comes a name"),
            ("123456789012:role/path/", "after \"user/\" or \"role/\" comes a name"),
            (
                "123456789012:role/*",
                "it must not hold a wildcard: it would let in more than it names",
            ),
            ("123456789012:user/a b", "a name must have only ASCII characters that can be seen"),
        ] {
            refuses::<AwsPrincipal>(&[(
                text,
                &format!("{text:?} is not an AWS principal: {rule}"),
            )]);
        }
    }
}
