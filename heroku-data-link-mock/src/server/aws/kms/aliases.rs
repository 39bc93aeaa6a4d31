//! Aliases.

use std::time::SystemTime;

use heroku_data_link::model::{KeyAlias, KeyArn};
use heroku_data_link::provider::Keys;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::operation::{DELETE_ALIAS, LIST_ALIASES, UPDATE_ALIAS};
use super::input::Input;
use super::page::{Bounds, Page};
use super::{Answer, Call, change, names, read, refused};
use crate::server::respond::seconds;

/// Aliases on a page (KMS API reference).
const PAGE: Bounds = Bounds { default: 50, most: 100 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ListAliases {
    key_id: Option<String>,
    limit: Option<i64>,
    marker: Option<String>,
}

pub(super) async fn list(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let ListAliases { key_id, limit, marker } = input.read()?;
    let key = key_id.map(|name| names::key(call, Some(name))).transpose()?;
    let is_alias = |name: &str| name.parse::<KeyAlias>().is_ok();
    let page = Page::read(call, limit, marker.as_deref(), &PAGE, is_alias)?;
    let detail = key.as_ref().map_or("all", KeyArn::as_str);
    let listed = read(call, LIST_ALIASES, detail, |state, caller, at| {
        if let Some(key) = &key {
            state.aws.known_key(caller, key, at)?;
        }
        let aliases = state.aws.named_keys(caller, at);
        let wanted = aliases.filter(|alias| key.as_ref().is_none_or(|key| key == alias.key));
        let entries = wanted.map(|it| (it.alias.as_str(), entry(it.alias, it.key, it.dates)));
        Ok(page.of("Aliases", entries))
    });
    listed.await.map(Some)
}

fn entry(alias: &KeyAlias, key: &KeyArn, (created, changed): (SystemTime, SystemTime)) -> Value {
    json!({
        "AliasName": alias.as_str(),
        "AliasArn": format!("arn:{}:kms:{}:{}:{alias}", key.partition(), key.region(), key.account()),
        "TargetKeyId": key.id().as_str(),
        "CreationDate": seconds(created),
        "LastUpdatedDate": seconds(changed),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct OfAliasAndKey {
    alias_name: Option<String>,
    target_key_id: Option<String>,
}

pub(super) async fn create(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfAliasAndKey { alias_name, target_key_id } = input.read()?;
    let alias = names::new_alias(alias_name)?;
    let arn = names::target(call, target_key_id)?;
    call.face.create_key_alias(&alias, &arn).await.map_err(|error| refused(&error))?;
    Ok(None)
}

pub(super) async fn update(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfAliasAndKey { alias_name, target_key_id } = input.read()?;
    let alias = names::alias(alias_name)?;
    let arn = names::target(call, target_key_id)?;
    let detail = format!("{alias} of {arn}");
    let updated = change(call, UPDATE_ALIAS, &detail, |state, caller, now| {
        state.update_key_alias(caller, now, &alias, &arn)
    });
    updated.await?;
    Ok(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DeleteAlias {
    alias_name: Option<String>,
}

pub(super) async fn delete(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let DeleteAlias { alias_name } = input.read()?;
    let alias = names::alias(alias_name)?;
    let deleted = change(call, DELETE_ALIAS, alias.as_str(), |state, caller, now| {
        state.delete_key_alias(caller, now, &alias)
    });
    deleted.await?;
    Ok(None)
}
