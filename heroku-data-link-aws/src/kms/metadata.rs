use std::time::SystemTime;

use aws_sdk_kms::primitives::DateTime;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata};
use heroku_data_link::model::KeyState;
use heroku_data_link::provider::{Key, ProviderResult};

use crate::reading::needed;

/// A key as KMS describes it.
pub(super) fn key(operation: &'static str, it: &KeyMetadata) -> ProviderResult<Key> {
    Ok(Key {
        arn: needed(operation, "Arn", it.arn())?,
        state: KeyState::from(it.key_state().map_or("", |state| state.as_str())),
        usage: it.key_usage().map_or("", |usage| usage.as_str()).to_owned(),
        spec: it.key_spec().map_or("", |spec| spec.as_str()).to_owned(),
        origin: it.origin().map_or("", |origin| origin.as_str()).to_owned(),
        description: it.description().unwrap_or_default().to_owned(),
        is_aws_managed: it.key_manager() == Some(&KeyManagerType::Aws),
        is_multi_region: it.multi_region().unwrap_or_default(),
        created_at: time(it.creation_date()),
        deletion_at: time(it.deletion_date()),
    })
}

pub(super) fn time(time: Option<&DateTime>) -> Option<SystemTime> {
    time.and_then(|time| SystemTime::try_from(*time).ok())
}
