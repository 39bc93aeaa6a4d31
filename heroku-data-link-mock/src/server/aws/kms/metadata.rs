//! How KMS describes a key.

use heroku_data_link::model::KeyState;
use serde_json::{Value, json};

use crate::server::respond::seconds;
use crate::state::keys::{KeyRecord, KeyVersion};

/// What an RSA key signs with (KMS API reference).
const RSA_SIGNATURES: [&str; 6] = [
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

/// `KeyMetadata`.
pub(super) fn of(record: &KeyRecord, version: &KeyVersion) -> Value {
    let arn = &record.arn;
    let mut metadata = json!({
        "AWSAccountId": arn.account().as_str(),
        "KeyId": arn.id().as_str(),
        "Arn": arn.as_str(),
        "CreationDate": seconds(record.created_at),
        "Enabled": version.state == KeyState::Enabled,
        "Description": record.description,
        "KeyUsage": record.usage,
        "KeyState": version.state.as_str(),
        "Origin": record.origin,
        "KeyManager": if record.is_aws_managed { "AWS" } else { "CUSTOMER" },
        "CustomerMasterKeySpec": record.spec,
        "KeySpec": record.spec,
        "MultiRegion": record.is_multi_region,
    });
    if record.is_symmetric() {
        metadata["EncryptionAlgorithms"] = json!([record.spec]);
    } else if record.spec.starts_with("RSA_") {
        metadata["SigningAlgorithms"] = json!(RSA_SIGNATURES);
    }
    if let Some(deletion_at) = version.deletion_at {
        metadata["DeletionDate"] = seconds(deletion_at).into();
    }
    metadata
}
