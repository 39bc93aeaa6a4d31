//! What can be done with a key, and until when there is one.

use heroku_data_link::model::{DeletionWindow, KeyState};
use heroku_data_link::provider::{Keys, operation};
use serde::Deserialize;
use serde_json::json;

use super::input::{Input, OfKey, days};
use super::{Answer, Call, change, names, refused};
use crate::server::respond::seconds;

pub(super) async fn enable(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let arn = names::key(call, key_id)?;
    call.face.enable_key(&arn).await.map_err(|error| refused(&error))?;
    Ok(None)
}

pub(super) async fn disable(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let arn = names::key(call, key_id)?;
    call.face.disable_key(&arn).await.map_err(|error| refused(&error))?;
    Ok(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ScheduleKeyDeletion {
    key_id: Option<String>,
    pending_window_in_days: Option<i64>,
}

/// The contract of the face takes a repeat for a success; KMS does not.
pub(super) async fn schedule_deletion(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let ScheduleKeyDeletion { key_id, pending_window_in_days } = input.read()?;
    let arn = names::key(call, key_id)?;
    let default = DeletionWindow::default().days();
    let window = days(pending_window_in_days, "PendingWindowInDays", default)?;
    let detail = format!("{arn} in {window} days");
    let operation = operation::SCHEDULE_KEY_DELETION;
    let deletion_at = change(call, operation, &detail, |state, caller, now| {
        state.schedule_key_deletion(caller, now, &arn, window)
    });
    Ok(Some(json!({
        "KeyId": arn.as_str(),
        "DeletionDate": seconds(deletion_at.await?),
        "KeyState": KeyState::PendingDeletion.as_str(),
        "PendingWindowInDays": window,
    })))
}

/// The contract of the face takes a key that is not pending deletion for a success; KMS does not.
pub(super) async fn cancel_deletion(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let OfKey { key_id } = input.read()?;
    let arn = names::key(call, key_id)?;
    let operation = operation::CANCEL_KEY_DELETION;
    let cancelled = change(call, operation, arn.as_str(), |state, caller, now| {
        state.cancel_key_deletion(caller, now, &arn)
    });
    cancelled.await?;
    Ok(Some(json!({ "KeyId": arn.as_str() })))
}
