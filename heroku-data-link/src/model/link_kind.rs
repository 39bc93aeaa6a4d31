use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkKind {
    /// A VPC with a data add-on.
    #[serde(rename = "privatelink")]
    PrivateLink,
    /// A VPC with a Private Space.
    Peering,
    /// A data add-on under a key of the customer's.
    Encryption,
    /// The use of such a key.
    KeyAccess,
}

impl LinkKind {
    /// As it is written in tags and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateLink => "privatelink",
            Self::Peering => "peering",
            Self::Encryption => "encryption",
            Self::KeyAccess => "key-access",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::PrivateLink, Self::Peering, Self::Encryption, Self::KeyAccess]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
