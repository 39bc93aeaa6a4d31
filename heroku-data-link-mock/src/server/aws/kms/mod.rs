//! KMS's JSON protocol: the action is in `X-Amz-Target`.

use axum::http::HeaderMap;
use heroku_data_link::provider::ProviderError;
use serde_json::{Map, Value};

use super::error::{self, AwsError};
use super::scope::Service;
use super::{Call, Reply};
use crate::server::requests::Cloud;

/// What an action answers.
type Answer = Result<Value, AwsError>;

pub(super) async fn reply(call: &Call<'_>, headers: &HeaderMap, body: &[u8]) -> Reply {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let action = target.and_then(|target| target.strip_prefix("TrentService."));
    let _input: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| AwsError::new("SerializationException", "The body is no JSON object."))?;
    let answer: Answer = match action {
        _ => {
            call.shared.count(Cloud::Aws, "unknown");
            let action = action.unwrap_or_default();
            return Err(AwsError::new(
                "UnknownOperationException",
                format!("The operation {action:?} is unknown."),
            ));
        }
    };
    Ok(answer?.to_string())
}

fn refused(error: &ProviderError) -> AwsError {
    error::of(Service::Kms, error)
}
