//! Checked values: what a spec, a plan and a report are made of.
//!
//! A type here refuses what would let a mistake of ours through: one kind of id in the place of
//! another, text that could break out of a URL path, two spellings of one thing that compare as
//! different. It does not repeat the whole grammar of AWS or Heroku, for refusing an id that a
//! cloud has just sent would only blind us.
//!
//! Every value prints as it parses: `text.parse::<T>()?.to_string().parse() == Ok(value)`. The
//! exception is what holds a secret, which prints `***` in its place.

#[macro_use]
pub(crate) mod text;

mod account;
mod addon_ref;
mod allowed_principal;
mod arn;
pub(crate) mod choice;
mod cidr;
mod cidr_set;
mod config_var;
mod connection_scheme;
mod connection_url;
mod endpoint_service;
mod error;
mod host_port;
mod ids;
mod key;
mod key_days;
mod link_kind;
mod names;
mod non_empty;
mod own_tags;
mod plan;
mod ports;
mod principal;
mod region;
#[cfg(feature = "schemars")]
pub(crate) mod schema;
mod secret;
mod service;
mod ssl_mode;
mod stamp;
mod status;
pub(crate) mod text_filter;
mod tls;
mod uuid;
mod zone;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use account::{AccountId, HEROKU_DATA_ACCOUNT};
pub use addon_ref::AddonRef;
pub use allowed_principal::AllowedPrincipal;
pub use arn::Arn;
pub use cidr::Cidr;
pub use cidr_set::CidrSet;
pub use config_var::{ConfigVarName, EndpointVariable};
pub use connection_scheme::ConnectionScheme;
pub use connection_url::ConnectionUrl;
pub use endpoint_service::EndpointServiceName;
pub use error::InvalidValue;
pub use host_port::HostPort;
pub use ids::{
    NetworkAclId, NetworkInterfaceId, PeeringConnectionId, PrefixListId, RouteTableId,
    SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
};
pub use key::{KeyAlias, KeyArn, KeyId};
pub use key_days::{DeletionWindow, RotationPeriod};
pub use link_kind::LinkKind;
pub use names::{
    AddonName, AppName, AttachmentName, CopyName, LinkId, OptionName, SecurityGroupDescription,
    SecurityGroupName, SinkName, SpaceName, TargetName, VariableName,
};
pub use non_empty::NonEmptySet;
pub use own_tags::OwnTags;
pub use plan::{PlanName, PlanTier};
pub use ports::PortRange;
pub use principal::{AwsPrincipal, PrincipalKind};
pub use region::{AwsRegion, HerokuRegion};
pub use secret::Secret;
pub use service::DataService;
pub use ssl_mode::SslMode;
pub use stamp::Stamp;
pub use status::{
    AddonState, AllowedAccountStatus, ConnectionStatus, EndpointState, Generation, KeyState,
    PeeringStatus, PeeringType, PrivateLinkStatus, RouteState,
};
pub use text_filter::TextFilter;
pub use tls::TlsMode;
pub use uuid::{AddonId, AppId, SpaceId};
pub use zone::{ZoneId, ZoneName};
