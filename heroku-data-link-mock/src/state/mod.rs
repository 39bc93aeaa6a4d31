//! What is true in the world, and what changes it. Pure: time and caller are parameters.

pub(crate) mod addon_creation;
pub(crate) mod addon_life;
pub(crate) mod addon_options;
pub(crate) mod addons;
pub(crate) mod attachments;
pub(crate) mod aws;
pub(crate) mod config_vars;
pub(crate) mod endpoint;
pub(crate) mod endpoint_changes;
pub(crate) mod endpoint_creation;
pub(crate) mod group_rules;
pub(crate) mod groups;
#[cfg(feature = "server")]
pub(crate) mod heroku_changes;
pub(crate) mod ids;
pub(crate) mod interfaces;
pub(crate) mod key_changes;
pub(crate) mod key_policy;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod named;
pub(crate) mod network_acls;
pub(crate) mod peering;
pub(crate) mod peering_changes;
pub(crate) mod peering_creation;
pub(crate) mod plans;
pub(crate) mod refusal;
pub(crate) mod releases;
pub(crate) mod route_tables;
pub(crate) mod space_peerings;
pub(crate) mod tags;
pub(crate) mod zones;

pub(crate) use aws::{AwsState, Caller};
pub(crate) use ids::{Ids, known};
pub(crate) use refusal::{Absent, Refusal, Reply};

use std::collections::BTreeMap;

use heroku_data_link::model::CopyName;

use crate::history::History;
use crate::{DeliveredCopy, Limits, Timings};

/// Both clouds.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) timings: Timings,
    pub(crate) limits: Limits,
    pub(crate) ids: Ids,
    pub(crate) heroku: addons::HerokuState,
    pub(crate) aws: AwsState,
    /// What was delivered to the world's sink, by name.
    pub(crate) copies: BTreeMap<CopyName, History<DeliveredCopy>>,
}
