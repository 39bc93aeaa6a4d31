//! KMS keys and aliases.

use std::str::FromStr;

use super::text::Rule;
use super::{AccountId, Arn, AwsRegion, InvalidValue};

text_type! {
    /// A KMS key's id within its account and region: `1234abcd-12ab-34cd-56ef-1234567890ab`, or
    /// `mrk-…` for a multi-Region key.
    KeyId, "KMS key id", check_id
}

text_type! {
    /// A name for a KMS key, unique in its account and region: `alias/heroku-data`.
    KeyAlias, "KMS alias", check_alias, "^alias/[A-Za-z0-9/_-]{1,250}$"
}

/// The longest alias, in characters (KMS API reference).
const LONGEST_ALIAS: usize = 256;

fn check_id(text: &str) -> Result<(), Rule> {
    if text.starts_with("alias/") {
        return Err("it must be the id of a key; this is an alias".into());
    }
    if text.starts_with("arn:") {
        return Err("it must be the id alone; this is an ARN".into());
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > LONGEST_ALIAS || !text.bytes().all(fits) {
        return Err("it must have only lower-case letters, digits and hyphens".into());
    }
    Ok(())
}

fn check_alias(text: &str) -> Result<(), Rule> {
    let Some(name) = text.strip_prefix("alias/") else {
        return Err("it must start with \"alias/\"".into());
    };
    if name.starts_with("aws/") || name == "aws" {
        return Err("names that start with \"alias/aws/\" belong to AWS".into());
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err("after \"alias/\" it must have letters, digits, '/', '_' and '-'".into());
    }
    if text.len() > LONGEST_ALIAS {
        return Err(format!("it must not be longer than {LONGEST_ALIAS} characters").into());
    }
    Ok(())
}

/// The ARN of a KMS key: `arn:aws:kms:us-east-1:111122223333:key/1234abcd-…`. An alias's ARN is
/// refused, as most calls do not take it and Heroku does not, either.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    arn: Arn,
    id: KeyId,
    account: AccountId,
    region: AwsRegion,
}

impl KeyArn {
    /// The text, as it parses.
    pub fn as_str(&self) -> &str {
        self.arn.as_str()
    }

    /// The key's id, which most KMS calls take as well.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The account that owns the key.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The region that the key can be used in.
    pub fn region(&self) -> &AwsRegion {
        &self.region
    }

    /// `aws`, or another partition.
    pub fn partition(&self) -> &str {
        self.arn.partition()
    }
}

impl FromStr for KeyArn {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |rule: String| InvalidValue::new("KMS key ARN", text, rule);
        if text.starts_with("alias/") || KeyId::from_str(text).is_ok() {
            return Err(refused(
                "it must read arn:aws:kms:REGION:ACCOUNT:key/ID; the console shows it on the \
                 key's page"
                    .to_owned(),
            ));
        }
        let arn: Arn = text.parse()?;
        arn.require_service("kms")?;
        let resource = arn.resource();
        if resource.starts_with("alias/") {
            return Err(refused(
                "this is the ARN of an alias; use that of the key that it names".to_owned(),
            ));
        }
        let Some(id) = resource.strip_prefix("key/") else {
            return Err(refused("its last part must be \"key/\" and the key's id".to_owned()));
        };
        let (id, account, region) = (
            id.parse::<KeyId>()?,
            arn.account().unwrap_or_default().parse::<AccountId>()?,
            arn.region().unwrap_or_default().parse::<AwsRegion>()?,
        );
        Ok(Self { arn, id, account, region })
    }
}

text_traits!(KeyArn, "^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[a-z0-9-]+$");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn an_arn_of_a_key_and_of_nothing_else() {
        accepts::<KeyArn>(&[
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-us-gov:kms:us-gov-west-1:021876802972:key/mrk-1234abcd",
        ]);
        let key: KeyArn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd".parse().unwrap();
        assert_eq!(key.id().as_str(), "1234abcd");
        assert_eq!(key.account().as_str(), "111122223333");
        assert_eq!(key.region().as_str(), "us-east-1");
        assert_eq!(key.partition(), "aws");
        for (text, expected) in [
            ("arn:aws:kms:us-east-1:111122223333:alias/mine", "the ARN of an alias"),
            ("arn:aws:s3:::bucket", "\"kms\""),
            ("arn:aws:kms:us-east-1:111122223333:grant/1", "\"key/\""),
            ("arn:aws:kms:us-east-1:1:key/1234abcd", "12 digits"),
            ("arn:aws:kms::111122223333:key/1234abcd", "region"),
            ("arn:aws:kms:us-east-1:111122223333:key/", "KMS key id"),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:REGION:ACCOUNT:key/ID"),
            ("alias/mine", "arn:aws:kms:REGION:ACCOUNT:key/ID"),
            ("", "arn:partition"),
        ] {
            let error = text.parse::<KeyArn>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn ids_and_aliases_are_kept_apart() {
        accepts::<KeyId>(&["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd"]);
        accepts::<KeyAlias>(&["alias/a", "alias/team/heroku_data-1"]);
        refuses::<KeyId>(&[(
            "alias/a",
            "\"alias/a\" is not a KMS key id: it must be the id of a key; this is an alias",
        )]);
        refuses::<KeyAlias>(&[
            ("mine", "\"mine\" is not a KMS alias: it must start with \"alias/\""),
            (
                "alias/aws/s3",
                "\"alias/aws/s3\" is not a KMS alias: names that start with \"alias/aws/\" belong \
                 to AWS",
            ),
            (
                "alias/a b",
                "\"alias/a b\" is not a KMS alias: after \"alias/\" it must have letters, digits, \
                 '/', '_' and '-'",
            ),
        ]);
    }
}
