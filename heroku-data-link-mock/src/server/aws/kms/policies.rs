//! Policies of keys. A key has one, of the name `default`.

use heroku_data_link::provider::Keys;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::operation::LIST_KEY_POLICIES;
use super::input::{Input, invalid, required};
use super::keys::check_bypass;
use super::page::{Bounds, Page};
use super::{Answer, AwsError, Call, names, read, refused};

const NAME: &str = "default";
/// Names on a page (KMS API reference).
const PAGE: Bounds = Bounds { default: 100, most: 1000 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct GetKeyPolicy {
    key_id: Option<String>,
    policy_name: Option<String>,
}

fn check_name(name: Option<&str>) -> Result<(), AwsError> {
    if name.is_none_or(|name| name == NAME) {
        return Ok(());
    }
    Err(AwsError::new("NotFoundException", "No such policy exists"))
}

pub(super) async fn get(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let GetKeyPolicy { key_id, policy_name } = input.read()?;
    let arn = names::key(call, key_id)?;
    check_name(policy_name.as_deref())?;
    let policy = call.face.key_policy(&arn).await.map_err(|error| refused(&error))?;
    Ok(Some(json!({ "Policy": policy, "PolicyName": NAME })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct PutKeyPolicy {
    key_id: Option<String>,
    policy_name: Option<String>,
    policy: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
}

pub(super) async fn put(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let input: PutKeyPolicy = input.read()?;
    let arn = names::key(call, input.key_id)?;
    check_name(input.policy_name.as_deref())?;
    check_bypass(input.bypass_policy_lockout_safety_check)?;
    let policy = required(input.policy, "policy")?;
    if policy.is_empty() {
        return Err(invalid("Policy must not be empty"));
    }
    call.face.put_key_policy(&arn, &policy).await.map_err(|error| refused(&error))?;
    Ok(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ListKeyPolicies {
    key_id: Option<String>,
    limit: Option<i64>,
    marker: Option<String>,
}

pub(super) async fn list(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let ListKeyPolicies { key_id, limit, marker } = input.read()?;
    let arn = names::key(call, key_id)?;
    let page = Page::read(call, limit, marker.as_deref(), &PAGE, |name| name == NAME)?;
    let listed = read(call, LIST_KEY_POLICIES, arn.as_str(), |state, caller, at| {
        state.aws.known_key(caller, &arn, at)?;
        Ok(page.of("PolicyNames", [(NAME, Value::from(NAME))]))
    });
    listed.await.map(Some)
}
