//! Security groups.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, AwsRegion, SecurityGroupId, VpcId};
use heroku_data_link::provider::{
    GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroup, Tags,
};

use super::aws::{AwsState, Caller, carries, index};
use super::group_rules::Direction;
use super::tags::check_tags;
use super::{Absent, Refusal, Reply, State, ids, known};
use crate::history::History;

/// The name of the group that every VPC has.
pub(crate) const DEFAULT: &str = "default";
/// Characters of a name or description.
const LONGEST: usize = 255;

#[derive(Debug)]
pub(crate) struct GroupRecord {
    pub(crate) id: SecurityGroupId,
    pub(crate) owner: AccountId,
    pub(crate) region: AwsRegion,
    pub(crate) vpc: VpcId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) history: History<GroupVersion>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupVersion {
    pub(crate) tags: Arc<Tags>,
    /// The rules and their descriptions, which do not count when rules are compared.
    pub(crate) ingress: BTreeMap<IngressRule, Arc<str>>,
    /// The same of outbound rules, whose source is where to.
    pub(crate) egress: BTreeMap<IngressRule, Arc<str>>,
}

impl GroupVersion {
    pub(crate) fn rules(&self, way: Direction) -> &BTreeMap<IngressRule, Arc<str>> {
        match way {
            Direction::Inbound => &self.ingress,
            Direction::Outbound => &self.egress,
        }
    }

    pub(crate) fn rules_mut(&mut self, way: Direction) -> &mut BTreeMap<IngressRule, Arc<str>> {
        match way {
            Direction::Inbound => &mut self.ingress,
            Direction::Outbound => &mut self.egress,
        }
    }

    /// Whether a rule of either direction has this group in it.
    fn refers_to(&self, group: &SecurityGroupId) -> bool {
        self.ingress.keys().chain(self.egress.keys()).any(|it| it.source.group() == Some(group))
    }
}

impl GroupRecord {
    pub(crate) fn is_visible(&self, caller: &Caller) -> bool {
        self.owner == caller.account && self.region == caller.region
    }

    fn has_name(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    fn refers_to(&self, group: &SecurityGroupId, at: SystemTime) -> bool {
        self.history.at(at).is_some_and(|version| version.refers_to(group))
    }

    fn describe(&self, at: SystemTime) -> Option<SecurityGroup> {
        let version = self.history.at(at)?;
        Some(SecurityGroup {
            id: self.id.clone(),
            name: self.name.clone(),
            vpc: self.vpc.clone(),
            tags: version.tags.as_ref().clone(),
            ingress: version.ingress.keys().cloned().collect(),
            egress_groups: version
                .egress
                .keys()
                .filter_map(|it| it.source.group())
                .cloned()
                .collect(),
        })
    }
}

impl AwsState {
    pub(crate) fn groups(
        &self,
        caller: &Caller,
        query: &GroupQuery,
        at: SystemTime,
    ) -> Vec<SecurityGroup> {
        let get = |id| self.groups.get(id);
        let found: Vec<&GroupRecord> = match query {
            GroupQuery::Tagged(tag) => {
                let ids = self.tagged_groups.get(tag).into_iter().flatten();
                let carries = |group: &&GroupRecord| {
                    group.history.at(at).is_some_and(|version| carries(&version.tags, tag))
                };
                ids.filter_map(get).filter(carries).collect()
            }
            GroupQuery::WithTag(key) => {
                let carries = |group: &&GroupRecord| {
                    group.history.at(at).is_some_and(|version| version.tags.contains_key(key))
                };
                self.groups.values().filter(carries).collect()
            }
            GroupQuery::Named { vpc, name } => {
                self.groups_in(vpc).filter(|group| group.has_name(name)).collect()
            }
            GroupQuery::Ids(ids) => ids.iter().filter_map(get).collect(),
            GroupQuery::ReferringTo(id) => {
                let others = self.groups.values().filter(|other| other.id != *id);
                others.filter(|other| other.refers_to(id, at)).collect()
            }
        };
        found
            .into_iter()
            .filter(|group| group.is_visible(caller))
            .filter_map(|group| group.describe(at))
            .collect()
    }

    /// A group of the caller that is there.
    pub(crate) fn group(
        &self,
        caller: &Caller,
        id: &SecurityGroupId,
        at: SystemTime,
    ) -> Option<(&GroupRecord, &GroupVersion)> {
        let group = self.groups.get(id).filter(|group| group.is_visible(caller))?;
        Some((group, group.history.at(at)?))
    }

    /// The same, for a call that needs it.
    pub(crate) fn known_group(
        &self,
        caller: &Caller,
        id: &SecurityGroupId,
        at: SystemTime,
    ) -> Reply<(&GroupRecord, &GroupVersion)> {
        self.group(caller, id, at).ok_or_else(|| no_group(id))
    }
}

impl State {
    pub(crate) fn create_group(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewSecurityGroup,
    ) -> Reply<SecurityGroupId> {
        check_name(&new.name)?;
        check_text("GroupDescription", &new.description)?;
        check_tags(&new.tags)?;
        self.aws.known_vpc(caller, &new.vpc)?;
        let taken =
            |group: &GroupRecord| group.has_name(&new.name) && group.history.at(now).is_some();
        if self.aws.groups_in(&new.vpc).any(taken) {
            return Err(Refusal::conflict(format!(
                "InvalidGroup.Duplicate: The security group '{}' already exists for VPC '{}'",
                new.name, new.vpc
            )));
        }
        Ok(self.plant_group(caller, now, new))
    }

    /// A group, without checks.
    pub(crate) fn plant_group(
        &mut self,
        caller: &Caller,
        from: SystemTime,
        new: &NewSecurityGroup,
    ) -> SecurityGroupId {
        let id = self.ids.group();
        self.keep_group(caller, from, new, &id, BTreeMap::new());
        id
    }

    /// The group that AWS puts on what is made in a VPC without naming a group. Who carries it can
    /// be reached by everybody else who does.
    pub(crate) fn plant_default_group(&mut self, owner: &Caller, from: SystemTime, vpc: &VpcId) {
        let id = default_group(vpc);
        let new = NewSecurityGroup {
            vpc: vpc.clone(),
            name: DEFAULT.to_owned(),
            description: "default VPC security group".to_owned(),
            tags: Tags::new(),
        };
        let from_itself = IngressRule {
            protocol: Protocol::Other("-1".to_owned()),
            ports: None,
            source: IngressSource::Group(id.clone()),
        };
        let ingress = BTreeMap::from([(from_itself, Arc::from(""))]);
        self.keep_group(owner, from, &new, &id, ingress);
    }

    fn keep_group(
        &mut self,
        caller: &Caller,
        from: SystemTime,
        new: &NewSecurityGroup,
        id: &SecurityGroupId,
        ingress: BTreeMap<IngressRule, Arc<str>>,
    ) {
        let egress = BTreeMap::from([(to_everywhere(), Arc::from(""))]);
        let version = GroupVersion { tags: Arc::new(new.tags.clone()), ingress, egress };
        let record = GroupRecord {
            id: id.clone(),
            owner: caller.account.clone(),
            region: caller.region.clone(),
            vpc: new.vpc.clone(),
            name: new.name.clone(),
            description: new.description.clone(),
            history: History::new(from, version),
        };
        index(&mut self.aws.tagged_groups, &new.tags, id);
        if let Some(vpc) = self.aws.vpcs.get_mut(&new.vpc) {
            vpc.groups.push(id.clone());
        }
        self.aws.groups.insert(id.clone(), record);
    }

    pub(crate) fn delete_group(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        absent: Absent,
    ) -> Reply<()> {
        let Some((group, _)) = self.aws.group(caller, id, now) else {
            return absent.reply(|| no_group(id));
        };
        if group.name == DEFAULT {
            return Err(Refusal::invalid(format!(
                "CannotDelete: the specified group: \"{id}\" name: \"{DEFAULT}\" cannot be deleted \
                 by a user"
            )));
        }
        let used = self.aws.endpoints_in(&group.vpc).any(|endpoint| endpoint.holds(id, now));
        // A rule of a group in another VPC becomes stale and does not count.
        let refers = |other: &GroupRecord| other.id != *id && other.refers_to(id, now);
        let referred = self.aws.groups_in(&group.vpc).any(refers);
        if used || referred {
            return Err(Refusal::conflict(format!(
                "DependencyViolation: resource {id} has a dependent object"
            )));
        }
        if let Some(group) = self.aws.groups.get_mut(id) {
            group.history.end(now);
        }
        Ok(())
    }
}

/// What a group lets out unless somebody changes it.
fn to_everywhere() -> IngressRule {
    let anywhere = IngressSource::Cidr(known("0.0.0.0/0".parse()));
    IngressRule { protocol: Protocol::Other("-1".to_owned()), ports: None, source: anywhere }
}

pub(crate) fn no_group(id: &SecurityGroupId) -> Refusal {
    Refusal::not_found(format!("InvalidGroup.NotFound: The security group '{id}' does not exist"))
}

/// The default group of a VPC.
pub(crate) fn default_group(vpc: &VpcId) -> SecurityGroupId {
    known(ids::derived("sg", vpc.as_str()).parse())
}

fn check_name(name: &str) -> Reply<()> {
    if name.eq_ignore_ascii_case(DEFAULT) {
        return Err(Refusal::invalid(format!(
            "InvalidGroup.Reserved: The security group '{name}' is reserved"
        )));
    }
    if name.is_empty() || name.to_ascii_lowercase().starts_with("sg-") {
        return Err(Refusal::invalid(format!(
            "InvalidParameterValue: Invalid value '{name}' for groupName."
        )));
    }
    check_text("groupName", name)
}

fn check_text(what: &str, text: &str) -> Reply<()> {
    let valid = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.chars().count() <= LONGEST && text.chars().all(valid) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("InvalidParameterValue: Invalid value '{text}' for {what}.")))
}
