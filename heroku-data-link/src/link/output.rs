//! What an established link of any kind gives to its user.

use serde::Serialize;

use crate::encryption::EncryptionOutput;
use crate::key_access::KeyAccessOutput;
use crate::model::LinkKind;
use crate::peering::PeeringOutput;
use crate::privatelink::PrivateLinkOutput;

/// What an established link gives to its user. As JSON it is the kind's own output with a field
/// `kind`; printing and serialising it shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkOutput {
    /// Of a PrivateLink.
    #[serde(rename = "privatelink")]
    PrivateLink(PrivateLinkOutput),
    /// Of a peering.
    Peering(PeeringOutput),
    /// Of an encrypted add-on.
    Encryption(EncryptionOutput),
    /// Of a key that can be used.
    KeyAccess(KeyAccessOutput),
}

of_every_kind!(LinkOutput {
    PrivateLink(PrivateLinkOutput),
    Peering(PeeringOutput),
    Encryption(EncryptionOutput),
    KeyAccess(KeyAccessOutput),
});
