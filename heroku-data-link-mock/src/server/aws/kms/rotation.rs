//! The automatic rotation of a key's material.

use heroku_data_link::model::RotationPeriod;
use heroku_data_link::provider::Keys;
use serde::Deserialize;
use serde_json::json;

use super::super::operation::DISABLE_KEY_ROTATION;
use super::input::{Input, OfKey, days};
use super::{Answer, Call, change, names, refused};
use crate::server::respond::seconds;

pub(super) async fn status(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let arn = names::key(call, key_id)?;
    let rotation = call.face.key_rotation(&arn).await.map_err(|error| refused(&error))?;
    let mut status = json!({ "KeyId": arn.as_str(), "KeyRotationEnabled": rotation.enabled });
    if let Some(days) = rotation.period_days {
        status["RotationPeriodInDays"] = days.into();
    }
    if let Some(next) = rotation.next {
        status["NextRotationDate"] = seconds(next).into();
    }
    Ok(Some(status))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct EnableKeyRotation {
    key_id: Option<String>,
    rotation_period_in_days: Option<i64>,
}

pub(super) async fn enable(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let EnableKeyRotation { key_id, rotation_period_in_days } = input.read()?;
    let arn = names::key(call, key_id)?;
    let default = RotationPeriod::default().days();
    let period = days(rotation_period_in_days, "RotationPeriodInDays", default)?;
    let enabled = call.face.enable_key_rotation(&arn, period).await;
    enabled.map_err(|error| refused(&error))?;
    Ok(None)
}

pub(super) async fn disable(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let arn = names::key(call, key_id)?;
    let disabled = change(call, DISABLE_KEY_ROTATION, arn.as_str(), |state, caller, now| {
        state.rotate_key(caller, now, &arn, None)
    });
    disabled.await?;
    Ok(None)
}
