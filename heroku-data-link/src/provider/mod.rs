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
//! - **Absence is data**: `Ok(None)` or an empty list, never [`ErrorKind::NotFound`]. It is the cloud
//!   itself that says so: the 404 of a proxy is [`ErrorKind::Protocol`].
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
//! - **Messages carry no secrets and no response bodies**, and every text that comes from a cloud
//!   has passed a [`TextFilter`](crate::model::TextFilter).

mod addon_lifecycle;
mod attachment;
mod aws;
mod call;
mod clouds;
mod command;
mod error;
mod error_code;
mod heroku;
mod key;
mod network_acl;
pub mod operation;
mod peering;
mod receipt;
mod rehearsal;
mod route_table;
mod security_group;
mod sink;
mod vpc_peering;

pub use addon_lifecycle::{AddonLifecycle, AddonOption, NewAddon, Readiness, ServiceInfo};
pub use attachment::{Attachment, Attachments, NewAttachment};
pub use aws::{
    CallerIdentity, EndpointChange, EndpointQuery, EndpointService, EndpointServices, Identity,
    NetworkInterface, NetworkInterfaces, NewEndpoint, Subnet, SubnetQuery, Tag, Tags, Vpc,
    VpcEndpoint, VpcEndpoints, Vpcs,
};
pub use call::{
    AddonHandle, AddonRequest, AddonSource, AttachmentRequest, Call, Caution, Ec2Call, Ec2Resource,
    EndpointRequest, HerokuCall, KmsCall, PeeringRequest, RouteRequest, Sent, SinkCall,
};
pub(crate) use call::{age_of_token, variable};
pub use clouds::{AwsCloud, Clouds, HerokuCloud};
pub use command::{Command, Word};
pub use error::{ErrorKind, ProviderError, ProviderResult, Retry};
pub use error_code::ErrorCode;
pub use heroku::{
    Addon, AddonList, Addons, AllAddons, AllowedAccount, App, ConfigVars, EndpointConnection,
    PrivateLink, PrivateLinks, Space, Spaces, UnreadableAddon,
};
pub use key::{Key, Keys, NewKey, Rotation};
pub use network_acl::{AclAction, AclBlock, AclEntry, NetworkAcl, NetworkAcls};
pub use peering::{Peering, PeeringInfo, SpacePeerings};
pub use receipt::note_request_id;
pub use rehearsal::{Rehearsal, Rehearsals, Verdict};
pub use route_table::{NewRoute, Route, RouteTable, RouteTableQuery, RouteTables, RouteTarget};
pub use security_group::{
    GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroup,
    SecurityGroups,
};
pub use sink::{Delivery, Sink, Sinks, StoredCopy};
pub use vpc_peering::{
    NewPeeringConnection, PeeringConnection, PeeringEnd, PeeringQuery, VpcPeerings,
};
