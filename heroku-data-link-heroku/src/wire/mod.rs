//! What the two APIs put on the wire, read tolerantly, and turned into the model's values.

mod addon;
mod attachment;
mod peering;
mod private_link;
mod service;
mod space;

use serde::Deserialize;

pub(crate) use addon::{Addon, AddonRow, create_addon, secrets};
pub(crate) use attachment::{Attachment, create_attachment};
pub(crate) use peering::{Peering, PeeringInfo};
pub(crate) use private_link::PrivateLink;
pub(crate) use service::{ServiceInfo, Wait};
pub(crate) use space::{Account, App, Region, Space};

/// A reference to something else: id and name, or more when it was asked for.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned")]
struct Named<T> {
    name: T,
}
