//! The names of a key: id and ARN everywhere, alias and the ARN of an alias where KMS takes them.

use heroku_data_link::model::{Arn, KeyAlias, KeyArn, KeyId};

use super::input::{invalid, required};
use super::{AwsError, Call};

/// The longest name of a key, in characters (KMS API reference).
const LONGEST: usize = 2048;

/// A key as `DescribeKey` takes it.
pub(super) enum KeyName {
    Key(KeyArn),
    Alias(KeyAlias),
}

/// A key by any of its names.
pub(super) fn any(call: &Call<'_>, name: Option<String>) -> Result<KeyName, AwsError> {
    let name = checked(name, "keyId")?;
    if name.starts_with("alias/") {
        return alias_named(&name).map(KeyName::Alias);
    }
    match alias_of_arn(&name) {
        None => key_named(call, &name).map(KeyName::Key),
        Some((account, region, alias)) => {
            let caller = &call.face.caller;
            if region != caller.region.as_str() {
                return Err(invalid_arn(&format!("Invalid region {region}")));
            }
            if account != caller.account.as_str() {
                let message = format!("Nobody lets {} see {name}", caller.user());
                return Err(AwsError::new("AccessDeniedException", message));
            }
            alias_named(&alias).map(KeyName::Alias)
        }
    }
}

/// A key by id or ARN.
pub(super) fn key(call: &Call<'_>, name: Option<String>) -> Result<KeyArn, AwsError> {
    key_named(call, &checked(name, "keyId")?)
}

/// The same, by another member.
pub(super) fn target(call: &Call<'_>, name: Option<String>) -> Result<KeyArn, AwsError> {
    key_named(call, &checked(name, "targetKeyId")?)
}

/// An alias that is to be made.
pub(super) fn new_alias(name: Option<String>) -> Result<KeyAlias, AwsError> {
    let name = required(name, "aliasName")?;
    if !name.starts_with("alias/") {
        let message = "Invalid identifier: an alias starts with \"alias/\"";
        return Err(invalid(message));
    }
    name.parse().map_err(|error| AwsError::new("InvalidAliasNameException", format!("{error}")))
}

/// An alias that is there.
pub(super) fn alias(name: Option<String>) -> Result<KeyAlias, AwsError> {
    alias_named(&required(name, "aliasName")?)
}

fn alias_named(name: &str) -> Result<KeyAlias, AwsError> {
    name.parse()
        .map_err(|_| AwsError::new("NotFoundException", format!("Alias {name} is not found.")))
}

fn checked(name: Option<String>, member: &str) -> Result<String, AwsError> {
    let name = required(name, member)?;
    if name.is_empty() || name.chars().count() > LONGEST {
        return Err(invalid(format!("{member} must have 1 to {LONGEST} characters")));
    }
    Ok(name)
}

fn key_named(call: &Call<'_>, name: &str) -> Result<KeyArn, AwsError> {
    if name.starts_with("arn:") {
        return name.parse().map_err(|_| invalid_arn(&format!("Invalid arn {name}")));
    }
    let unknown = || AwsError::new("NotFoundException", format!("Invalid keyId {name}"));
    let id: KeyId = name.parse().map_err(|_| unknown())?;
    let caller = &call.face.caller;
    let arn = format!("arn:aws:kms:{}:{}:key/{id}", caller.region, caller.account);
    arn.parse().map_err(|_| unknown())
}

/// Account, region and name of an alias that is given by its ARN.
fn alias_of_arn(name: &str) -> Option<(String, String, String)> {
    let arn: Arn = name.parse().ok()?;
    let arn = arn.require_service("kms").ok()?;
    let is_alias = arn.resource().starts_with("alias/");
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    is_alias.then(|| (part(arn.account()), part(arn.region()), arn.resource().to_owned()))
}

fn invalid_arn(message: &str) -> AwsError {
    AwsError::new("InvalidArnException", message)
}
