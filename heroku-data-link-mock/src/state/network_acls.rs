//! Network ACLs.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, NetworkAclId, SubnetId, VpcId};
use heroku_data_link::provider::{AclAction, AclEntry, NetworkAcl};

use super::State;
use super::aws::{AwsState, Caller};
use crate::history::History;

#[derive(Debug)]
pub(crate) struct NetworkAclRecord {
    pub(crate) vpc: VpcId,
    /// It has the subnets that no other one has.
    pub(crate) is_default: bool,
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) entries: History<AclEntries>,
}

/// The entries of a network ACL but for the last ones, which deny the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct AclEntries {
    pub(crate) ingress: Vec<AclEntry>,
    pub(crate) egress: Vec<AclEntry>,
}

impl AclEntries {
    /// As AWS makes them for a VPC: everything may come and go.
    pub(crate) fn open() -> Self {
        let everything = vec![AclEntry::everything(100, AclAction::Allow)];
        Self { ingress: everything.clone(), egress: everything }
    }
}

impl AwsState {
    pub(crate) fn network_acls(
        &self,
        caller: &Caller,
        vpc: &VpcId,
        at: SystemTime,
    ) -> Vec<NetworkAcl> {
        let ids = self.vpcs.get(vpc).map_or(&[][..], |record| &record.network_acls);
        let found = ids.iter().filter_map(|id| self.network_acl(caller, id, at));
        found.map(|(acl, _)| acl).collect()
    }

    /// An ACL of a VPC that the caller can see, and who owns it.
    pub(crate) fn network_acl(
        &self,
        caller: &Caller,
        id: &NetworkAclId,
        at: SystemTime,
    ) -> Option<(NetworkAcl, &AccountId)> {
        let record = self.network_acls.get(id)?;
        let owner = &self.vpc(caller, &record.vpc)?.vpc.owner;
        let entries = record.entries.at(at).cloned().unwrap_or_default();
        let acl = NetworkAcl {
            id: id.clone(),
            vpc: record.vpc.clone(),
            is_default: record.is_default,
            subnets: self.subnets_of(record),
            ingress: with_last(entries.ingress),
            egress: with_last(entries.egress),
        };
        Some((acl, owner))
    }

    /// AWS lists the subnets of the default one like those of any other.
    fn subnets_of(&self, acl: &NetworkAclRecord) -> BTreeSet<SubnetId> {
        if !acl.is_default {
            return acl.subnets.clone();
        }
        let Some(vpc) = self.vpcs.get(&acl.vpc) else { return BTreeSet::new() };
        let others = vpc.network_acls.iter().filter_map(|id| self.network_acls.get(id));
        let taken: BTreeSet<_> = others.flat_map(|other| &other.subnets).collect();
        vpc.subnets.iter().filter(|id| !taken.contains(id)).cloned().collect()
    }
}

fn with_last(mut entries: Vec<AclEntry>) -> Vec<AclEntry> {
    entries.sort_by_key(|entry| entry.number);
    entries.push(AclEntry::everything(AclEntry::LAST, AclAction::Deny));
    entries
}

impl State {
    /// An ACL, without checks.
    pub(crate) fn plant_network_acl(
        &mut self,
        from: SystemTime,
        vpc: &VpcId,
        is_default: bool,
        subnets: BTreeSet<SubnetId>,
        entries: AclEntries,
    ) -> NetworkAclId {
        let id = self.ids.network_acl();
        if let Some(record) = self.aws.vpcs.get_mut(vpc) {
            record.network_acls.push(id.clone());
        }
        let (vpc, entries) = (vpc.clone(), History::new(from, entries));
        let record = NetworkAclRecord { vpc, is_default, subnets, entries };
        self.aws.network_acls.insert(id.clone(), record);
        id
    }
}
