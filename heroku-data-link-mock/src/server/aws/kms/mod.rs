//! KMS's JSON protocol: the action is in `X-Amz-Target`.

mod aliases;
mod input;
mod keys;
mod metadata;
mod names;
mod page;
mod policies;
mod rotation;
mod states;
mod tags;

use std::time::SystemTime;

use axum::http::{HeaderMap, header};
use heroku_data_link::provider::ProviderError;
use serde_json::Value;

use self::input::Input;
use super::error::{self, AwsError};
use super::scope::Service;
use super::{Call, Reply};
use crate::journal::Request;
use crate::server::requests::Cloud;
use crate::state::{self, Caller, State};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TARGET: &str = "TrentService.";

/// What an action answers; `None` is an empty body.
type Answer = Result<Option<Value>, AwsError>;

pub(super) async fn reply(call: &Call<'_>, headers: &HeaderMap, body: &[u8]) -> Reply {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let target = text("x-amz-target").unwrap_or_default();
    let action = target.strip_prefix(TARGET).unwrap_or_default();
    let content_type = text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(CONTENT_TYPE) {
        call.shared.count(Cloud::Aws, "unknown");
        let message = format!("A body is {CONTENT_TYPE}, and no {media_type:?}.");
        return Err(AwsError::new("UnknownOperationException", message));
    }
    let input = Input::new(body);
    let answer = match action {
        "CreateKey" => keys::create(call, &input).await,
        "DescribeKey" => keys::describe(call, &input).await,
        "ListKeys" => keys::list(call, &input).await,
        "EnableKey" => states::enable(call, &input).await,
        "DisableKey" => states::disable(call, &input).await,
        "ScheduleKeyDeletion" => states::schedule_deletion(call, &input).await,
        "CancelKeyDeletion" => states::cancel_deletion(call, &input).await,
        "GetKeyPolicy" => policies::get(call, &input).await,
        "PutKeyPolicy" => policies::put(call, &input).await,
        "ListKeyPolicies" => policies::list(call, &input).await,
        "ListAliases" => aliases::list(call, &input).await,
        "CreateAlias" => aliases::create(call, &input).await,
        "UpdateAlias" => aliases::update(call, &input).await,
        "DeleteAlias" => aliases::delete(call, &input).await,
        "ListResourceTags" => tags::list(call, &input).await,
        "TagResource" => tags::tag(call, &input).await,
        "UntagResource" => tags::untag(call, &input).await,
        "GetKeyRotationStatus" => rotation::status(call, &input).await,
        "EnableKeyRotation" => rotation::enable(call, &input).await,
        "DisableKeyRotation" => rotation::disable(call, &input).await,
        _ => {
            call.shared.count(Cloud::Aws, "unknown");
            let message = format!("The operation {target:?} is unknown.");
            return Err(AwsError::new("UnknownOperationException", message));
        }
    };
    call.shared.count(Cloud::Aws, &format!("kms:{action}"));
    Ok(answer?.map_or_else(String::new, |body| body.to_string()))
}

/// A call that shows more than the contract of the face does.
async fn read<T>(
    call: &Call<'_>,
    operation: &'static str,
    detail: &str,
    look: impl FnOnce(&State, &Caller, SystemTime) -> state::Reply<T>,
) -> Result<T, AwsError> {
    let face = &call.face;
    let request = Request::new(operation, detail);
    let verdict = face.world.read(request, |state, at| look(state, &face.caller, at));
    verdict.settle().await.map_err(|error| refused(&error))
}

/// A change that KMS refuses more strictly than the contract of the face does.
async fn change<T>(
    call: &Call<'_>,
    operation: &'static str,
    detail: &str,
    mut effect: impl FnMut(&mut State, &Caller, SystemTime) -> state::Reply<T>,
) -> Result<T, AwsError> {
    let face = &call.face;
    let request = Request::new(operation, detail);
    let verdict = face.world.mutate(request, |state, now| effect(state, &face.caller, now));
    verdict.settle().await.map_err(|error| refused(&error))
}

fn refused(error: &ProviderError) -> AwsError {
    error::of(Service::Kms, error)
}
