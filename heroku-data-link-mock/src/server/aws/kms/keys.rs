//! Keys: made, described, listed.

use heroku_data_link::model::{KeyArn, KeyId};
use heroku_data_link::provider::{Keys, NewKey, operation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{Input, OfKey, TagInput, invalid, tags};
use super::names::{self, KeyName};
use super::page::{Bounds, Page};
use super::{Answer, AwsError, Call, metadata, read, refused};
use crate::key_spec::default_policy;
use crate::state::keys::{AWS_KMS, ENCRYPT_DECRYPT, SYMMETRIC};

/// Keys on a page (KMS API reference).
const PAGE: Bounds = Bounds { default: 100, most: 1000 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct CreateKey {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<String>,
    key_spec: Option<String>,
    /// The former name of `KeySpec`.
    customer_master_key_spec: Option<String>,
    origin: Option<String>,
    multi_region: Option<bool>,
    bypass_policy_lockout_safety_check: Option<bool>,
    tags: Option<Vec<TagInput>>,
}

impl CreateKey {
    /// Refuses what is not a plain symmetric key.
    fn check_kind(&self) -> Result<(), AwsError> {
        let members = [
            ("KeyUsage", &self.key_usage, ENCRYPT_DECRYPT),
            ("KeySpec", &self.key_spec, SYMMETRIC),
            ("CustomerMasterKeySpec", &self.customer_master_key_spec, SYMMETRIC),
            ("Origin", &self.origin, AWS_KMS),
        ];
        for (name, member, only) in members {
            if let Some(other) = member.as_deref().filter(|value| *value != only) {
                return Err(unsupported(&format!("{name} {other}")));
            }
        }
        if self.key_spec.is_some() && self.customer_master_key_spec.is_some() {
            return Err(invalid("KeySpec and CustomerMasterKeySpec cannot both be given"));
        }
        if self.multi_region == Some(true) {
            return Err(unsupported("MultiRegion"));
        }
        check_bypass(self.bypass_policy_lockout_safety_check)
    }
}

/// The simulated KMS always looks whether a policy locks its caller out.
pub(super) fn check_bypass(bypass: Option<bool>) -> Result<(), AwsError> {
    if bypass == Some(true) {
        return Err(unsupported("BypassPolicyLockoutSafetyCheck"));
    }
    Ok(())
}

fn unsupported(what: &str) -> AwsError {
    let message = format!("The simulated KMS does not have {what}.");
    AwsError::new("UnsupportedOperationException", message)
}

pub(super) async fn create(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let input: CreateKey = input.read()?;
    input.check_kind()?;
    let policy = input.policy.unwrap_or_else(|| default_policy(&call.face.caller.account));
    let description = input.description.unwrap_or_default();
    let tags = tags(input.tags.unwrap_or_default())?;
    let key = NewKey { policy, description, tags };
    let arn = call.face.create_key(&key).await.map_err(|error| refused(&error))?;
    Ok(Some(json!({ "KeyMetadata": made(call, &arn) })))
}

/// A key that was made by this very call.
fn made(call: &Call<'_>, arn: &KeyArn) -> Value {
    let world = &call.face.world;
    let now = world.now();
    let inner = world.lock();
    let record = inner.state.aws.kms.keys.get(arn);
    let version = record.and_then(|record| Some((record, record.history.at(now)?)));
    version.map_or(Value::Null, |(record, version)| metadata::of(record, version))
}

pub(super) async fn describe(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let described = match names::any(call, key_id)? {
        KeyName::Key(arn) => {
            read(call, operation::DESCRIBE_KEY, arn.as_str(), |state, caller, at| {
                let (record, version) = state.aws.described_key(caller, &arn, at)?;
                Ok(metadata::of(record, version))
            })
            .await
        }
        KeyName::Alias(alias) => {
            read(call, operation::DESCRIBE_KEY, alias.as_str(), |state, caller, at| {
                let (record, version) = state.aws.described_alias(caller, &alias, at)?;
                Ok(metadata::of(record, version))
            })
            .await
        }
    };
    Ok(Some(json!({ "KeyMetadata": described? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ListKeys {
    limit: Option<i64>,
    marker: Option<String>,
}

pub(super) async fn list(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let ListKeys { limit, marker } = input.read()?;
    let is_id = |name: &str| name.parse::<KeyId>().is_ok();
    let page = Page::read(call, limit, marker.as_deref(), &PAGE, is_id)?;
    let listed = read(call, operation::LIST_KEYS, "all", |state, caller, at| {
        let keys = state.aws.listed_keys(caller, at).map(|(record, _)| {
            let arn = &record.arn;
            (arn.id().as_str(), json!({ "KeyId": arn.id().as_str(), "KeyArn": arn.as_str() }))
        });
        Ok(page.of("Keys", keys))
    });
    listed.await.map(Some)
}
