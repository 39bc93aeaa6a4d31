use std::time::SystemTime;

use aws_sdk_kms::primitives::DateTime;
use aws_sdk_kms::types::{self, KeyManagerType, KeyMetadata};
use heroku_data_link::model::KeyState;
use heroku_data_link::provider::{Key, ProviderResult};

use crate::reading::Reading;

/// A key as KMS describes it.
pub(super) fn key(reading: &Reading, it: &KeyMetadata) -> ProviderResult<Key> {
    Ok(Key {
        arn: reading.needed("Arn", it.arn())?,
        state: KeyState::from(reading.text(it.key_state().map(types::KeyState::as_str))),
        usage: reading.text(it.key_usage().map(types::KeyUsageType::as_str)),
        spec: reading.text(it.key_spec().map(types::KeySpec::as_str)),
        origin: reading.text(it.origin().map(types::OriginType::as_str)),
        description: reading.name(it.description()),
        is_aws_managed: it.key_manager() == Some(&KeyManagerType::Aws),
        is_multi_region: it.multi_region().unwrap_or_default(),
        created_at: time(it.creation_date()),
        deletion_at: time(it.deletion_date()),
    })
}

pub(super) fn time(time: Option<&DateTime>) -> Option<SystemTime> {
    time.and_then(|time| SystemTime::try_from(*time).ok())
}
