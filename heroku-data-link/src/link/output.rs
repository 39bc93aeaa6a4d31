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

impl LinkOutput {
    /// The kind of link.
    pub fn kind(&self) -> LinkKind {
        match self {
            Self::PrivateLink(_) => LinkKind::PrivateLink,
            Self::Peering(_) => LinkKind::Peering,
            Self::Encryption(_) => LinkKind::Encryption,
            Self::KeyAccess(_) => LinkKind::KeyAccess,
        }
    }
}

impl From<PrivateLinkOutput> for LinkOutput {
    fn from(output: PrivateLinkOutput) -> Self {
        Self::PrivateLink(output)
    }
}

impl From<PeeringOutput> for LinkOutput {
    fn from(output: PeeringOutput) -> Self {
        Self::Peering(output)
    }
}

impl From<EncryptionOutput> for LinkOutput {
    fn from(output: EncryptionOutput) -> Self {
        Self::Encryption(output)
    }
}

impl From<KeyAccessOutput> for LinkOutput {
    fn from(output: KeyAccessOutput) -> Self {
        Self::KeyAccess(output)
    }
}
