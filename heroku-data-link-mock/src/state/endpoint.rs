//! VPC endpoints: what they are, and how they are described.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{
    AccountId, AwsRegion, EndpointServiceName, EndpointState, SecurityGroupId, SubnetId,
    VpcEndpointId, VpcId,
};
use heroku_data_link::provider::{EndpointQuery, Tags, VpcEndpoint};

use super::aws::{AwsState, Caller, carries};
use super::interfaces::Interface;
use super::{ids::hash, zones};
use crate::heroku::list;
use crate::history::History;

/// EC2's own words for the states of an endpoint.
pub(crate) mod word {
    pub(crate) const PENDING_ACCEPTANCE: &str = "pendingAcceptance";
    pub(crate) const PENDING: &str = "pending";
    pub(crate) const AVAILABLE: &str = "available";
    pub(crate) const REJECTED: &str = "rejected";
    pub(crate) const FAILED: &str = "failed";
    pub(crate) const EXPIRED: &str = "expired";
    pub(crate) const DELETING: &str = "deleting";
    pub(crate) const DELETED: &str = "deleted";
}

#[derive(Debug)]
pub(crate) struct EndpointRecord {
    pub(crate) id: VpcEndpointId,
    pub(crate) owner: AccountId,
    pub(crate) region: AwsRegion,
    pub(crate) vpc: VpcId,
    pub(crate) service: EndpointServiceName,
    pub(crate) created_at: SystemTime,
    pub(crate) history: History<EndpointVersion>,
}

#[derive(Debug, Clone)]
pub(crate) struct EndpointVersion {
    /// As EC2 spells it.
    pub(crate) state: Cow<'static, str>,
    pub(crate) shape: Arc<Shape>,
    pub(crate) interfaces: Arc<BTreeMap<SubnetId, Interface>>,
    /// Whether Heroku has accepted it: from then on it has interfaces and names.
    pub(crate) accepted: bool,
    /// Since when it can be used.
    pub(crate) available_since: Option<SystemTime>,
    pub(crate) last_error: Option<&'static str>,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) groups: BTreeSet<SecurityGroupId>,
    pub(crate) tags: Tags,
}

impl EndpointVersion {
    pub(crate) fn is_live(&self) -> bool {
        self.state != word::DELETING && self.state != word::DELETED
    }
}

impl EndpointRecord {
    /// How it is, in one line, while it is there and not going away.
    pub(crate) fn fingerprint(&self, at: SystemTime) -> Option<String> {
        let version = self.history.at(at).filter(|version| version.is_live())?;
        let (shape, state) = (&version.shape, &version.state);
        Some(format!(
            "of {} to {}, {state}, subnets [{}], groups [{}], tags {:?}",
            self.vpc,
            self.service,
            list(&shape.subnets),
            list(&shape.groups),
            shape.tags
        ))
    }

    /// Whether it is there and not going away.
    pub(crate) fn is_live(&self, at: SystemTime) -> bool {
        self.history.at(at).is_some_and(EndpointVersion::is_live)
    }

    /// Since when Heroku counts it as connected; it does not notice at once that one is going.
    pub(crate) fn connected_since(&self, at: SystemTime) -> Option<SystemTime> {
        let version = self.history.at(at)?;
        let connected = [word::AVAILABLE, word::PENDING, word::DELETING];
        version.available_since.filter(|_| connected.contains(&version.state.as_ref()))
    }

    /// Whether a security group cannot be deleted because of it.
    pub(crate) fn holds(&self, group: &SecurityGroupId, at: SystemTime) -> bool {
        self.history.at(at).is_some_and(|version| {
            let there = version.state != word::DELETED || !version.interfaces.is_empty();
            there && version.shape.groups.contains(group)
        })
    }

    /// The name that answers with a healthy interface of any zone.
    pub(crate) fn regional_name(&self) -> String {
        self.name("")
    }

    fn name(&self, zone: &str) -> String {
        let service = self.service.service_id().unwrap_or("vpce-svc-0");
        let random = random(self.id.as_str());
        format!("{}-{random}{zone}.{service}.{}.vpce.amazonaws.com", self.id, self.region)
    }

    pub(crate) fn describe(
        &self,
        aws: &AwsState,
        caller: &Caller,
        at: SystemTime,
    ) -> Option<VpcEndpoint> {
        let version = self.history.at(at)?;
        let gone = version.state == word::DELETED;
        let mut dns_names = BTreeSet::new();
        if version.accepted && !gone {
            dns_names.insert(self.regional_name());
            for subnet in &version.shape.subnets {
                let Some(subnet) = aws.subnets.get(subnet) else { continue };
                let zone = zones::name_of(&self.region, &caller.account, &subnet.zone);
                dns_names.insert(self.name(&format!("-{zone}")));
            }
        }
        let interfaces = version.interfaces.values().filter(|_| !gone).map(|it| it.id.clone());
        Some(VpcEndpoint {
            id: self.id.clone(),
            vpc: self.vpc.clone(),
            service: self.service.to_string(),
            state: EndpointState::from(version.state.as_ref()),
            subnets: version.shape.subnets.clone(),
            groups: version.shape.groups.clone(),
            interfaces: interfaces.collect(),
            dns_names,
            tags: version.shape.tags.clone(),
            created_at: self.created_at,
            last_error: version.last_error.map(str::to_owned),
        })
    }
}

impl AwsState {
    pub(crate) fn endpoints(
        &self,
        caller: &Caller,
        query: &EndpointQuery,
        at: SystemTime,
    ) -> Vec<VpcEndpoint> {
        let found: Vec<&EndpointRecord> = match query {
            EndpointQuery::Tagged(tag) => {
                let ids = self.tagged_endpoints.get(tag).into_iter().flatten();
                let carries = |endpoint: &&EndpointRecord| {
                    let version = endpoint.history.at(at);
                    version.is_some_and(|version| carries(&version.shape.tags, tag))
                };
                ids.filter_map(|id| self.endpoints.get(id)).filter(carries).collect()
            }
            EndpointQuery::WithTag(key) => {
                let carries = |endpoint: &&EndpointRecord| {
                    let version = endpoint.history.at(at);
                    version.is_some_and(|version| version.shape.tags.contains_key(key))
                };
                self.endpoints.values().filter(carries).collect()
            }
            EndpointQuery::InVpc(vpc) => self.endpoints_in(vpc).collect(),
            EndpointQuery::Id(id) => self.endpoints.get(id).into_iter().collect(),
        };
        found
            .into_iter()
            .filter(|endpoint| endpoint.is_visible(caller))
            .filter_map(|endpoint| endpoint.describe(self, caller, at))
            .collect()
    }
}

impl EndpointRecord {
    pub(crate) fn is_visible(&self, caller: &Caller) -> bool {
        self.owner == caller.account && self.region == caller.region
    }
}

/// The random part of an endpoint's names: eight letters and digits that depend on its id only.
fn random(id: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    hash(id).to_be_bytes().map(|byte| char::from(DIGITS[usize::from(byte % 36)])).iter().collect()
}
