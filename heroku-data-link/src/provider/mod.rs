//! What each cloud must be able to do, as small object-safe traits.
//!
//! A workflow takes an `Arc<dyn Capability>` for exactly what it uses. One real client implements
//! several of them, and so does the simulated world.
//!
//! # The contract
//!
//! Every implementation keeps these promises; workflows rely on them.
//!
//! - **Reads never modify**, and may lag behind writes: both clouds are eventually consistent.
//! - **Absence is data**: `Ok(None)` or an empty list, never [`ErrorKind::NotFound`].
//! - **Lists are complete**: all pages, and resources in every state that is still described
//!   (a deleted endpoint stays visible for a while, and is reported).
//! - **A create that finds its natural key taken returns [`ErrorKind::Conflict`].** It never
//!   adopts silently.
//! - **Deleting what is gone, or going, is `Ok`.**
//! - **One call is one attempt.** Implementations do not retry, but bound every request with a
//!   timeout. The [driver](crate::reconcile::Driver) is the one retry loop.
//! - **A failure inside a success is an error** (EC2's `unsuccessful` items in a 200).
//! - **A dropped future may or may not have had its effect.** So may a call that failed with
//!   [`ErrorKind::Timeout`] or [`ErrorKind::Transient`].
//! - **Messages carry no secrets and no response bodies.**

mod addon_lifecycle;
mod attachment;
mod aws;
mod error;
mod heroku;
pub mod operation;
mod peering;
mod security_group;

pub use addon_lifecycle::{AddonLifecycle, AddonOption, NewAddon, Readiness, ServiceInfo};
pub use attachment::{Attachment, Attachments, NewAttachment};
pub use aws::{
    CallerIdentity, EndpointChange, EndpointQuery, EndpointService, EndpointServices, Identity,
    NetworkInterface, NetworkInterfaces, NewEndpoint, Subnet, SubnetQuery, Tag, Tags, Vpc,
    VpcEndpoint, VpcEndpoints, Vpcs,
};
pub use error::{ErrorKind, ProviderError, ProviderResult, Retry};
pub use heroku::{
    Addon, Addons, AllowedAccount, App, ConfigVars, EndpointConnection, PrivateLink, PrivateLinks,
    Space, Spaces,
};
pub use peering::{Peering, PeeringInfo, SpacePeerings};
pub use security_group::{
    GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroup,
    SecurityGroups,
};
