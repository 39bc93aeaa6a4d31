//! Security groups.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, AwsRegion, SecurityGroupId, VpcId};
use heroku_data_link::provider::{
    GroupQuery, IngressRule, IngressSource, NetworkInterface, NewSecurityGroup, SecurityGroup, Tags,
};

use super::aws::{AwsState, Caller, carries, index};
use super::{Refusal, Reply, State};
use crate::history::History;

/// Rules per group and direction.
const RULES: usize = 60;
/// Characters of a name or description.
const LONGEST: usize = 255;
/// Tags per resource.
const TAGS: usize = 50;

#[derive(Debug)]
pub(crate) struct GroupRecord {
    pub(crate) id: SecurityGroupId,
    pub(crate) owner: AccountId,
    pub(crate) region: AwsRegion,
    pub(crate) vpc: VpcId,
    pub(crate) name: String,
    pub(crate) history: History<GroupVersion>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupVersion {
    pub(crate) tags: Arc<Tags>,
    pub(crate) ingress: BTreeSet<IngressRule>,
}

impl GroupRecord {
    fn is_visible(&self, caller: &Caller) -> bool {
        self.owner == caller.account && self.region == caller.region
    }

    fn has_name(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    fn describe(&self, at: SystemTime) -> Option<SecurityGroup> {
        let version = self.history.at(at)?;
        Some(SecurityGroup {
            id: self.id.clone(),
            name: self.name.clone(),
            vpc: self.vpc.clone(),
            tags: version.tags.as_ref().clone(),
            ingress: version.ingress.clone(),
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
            GroupQuery::Named { vpc, name } => {
                self.groups_in(vpc).filter(|group| group.has_name(name)).collect()
            }
            GroupQuery::Ids(ids) => ids.iter().filter_map(get).collect(),
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

    /// The interfaces that carry a group.
    pub(crate) fn interfaces_using(
        &self,
        caller: &Caller,
        id: &SecurityGroupId,
        at: SystemTime,
    ) -> Vec<NetworkInterface> {
        let Some(group) = self.groups.get(id).filter(|group| group.is_visible(caller)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for endpoint in self.endpoints_in(&group.vpc) {
            let version = endpoint.history.at(at);
            let Some(version) = version.filter(|it| it.shape.groups.contains(id)) else { continue };
            found.extend(version.interfaces.values().map(|interface| NetworkInterface {
                id: interface.clone(),
                description: format!("VPC Endpoint Interface {}", endpoint.id),
            }));
        }
        found
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
        let version = GroupVersion { tags: Arc::new(new.tags.clone()), ingress: BTreeSet::new() };
        let record = GroupRecord {
            id: id.clone(),
            owner: caller.account.clone(),
            region: caller.region.clone(),
            vpc: new.vpc.clone(),
            name: new.name.clone(),
            history: History::new(from, version),
        };
        index(&mut self.aws.tagged_groups, &new.tags, &id);
        if let Some(vpc) = self.aws.vpcs.get_mut(&new.vpc) {
            vpc.groups.push(id.clone());
        }
        self.aws.groups.insert(id.clone(), record);
        id
    }

    pub(crate) fn authorize(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        rule: &IngressRule,
    ) -> Reply<()> {
        let (_, version) = self.aws.group(caller, id, now).ok_or_else(|| no_group(id))?;
        if let IngressSource::Group(source) = &rule.source {
            self.aws.group(caller, source, now).ok_or_else(|| no_group(source))?;
        }
        if version.ingress.contains(rule) {
            return Err(Refusal::conflict(format!(
                "InvalidPermission.Duplicate: the specified rule \"{rule}\" already exists"
            )));
        }
        if version.ingress.len() >= RULES {
            return Err(Refusal::quota(
                "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security \
                 group has been reached.",
            ));
        }
        self.change_group(now, id, |version| {
            version.ingress.insert(rule.clone());
        });
        Ok(())
    }

    pub(crate) fn revoke(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        rule: &IngressRule,
    ) -> Reply<()> {
        let (_, version) = self.aws.group(caller, id, now).ok_or_else(|| no_group(id))?;
        if version.ingress.contains(rule) {
            self.change_group(now, id, |version| {
                version.ingress.remove(rule);
            });
        }
        Ok(())
    }

    fn change_group(
        &mut self,
        now: SystemTime,
        id: &SecurityGroupId,
        change: impl FnMut(&mut GroupVersion),
    ) {
        if let Some(group) = self.aws.groups.get_mut(id) {
            group.history.update(now, change);
        }
    }

    pub(crate) fn delete_group(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
    ) -> Reply<()> {
        let Some((group, _)) = self.aws.group(caller, id, now) else { return Ok(()) };
        let used = self.aws.endpoints_in(&group.vpc).any(|endpoint| endpoint.holds(id, now));
        let referred = self.aws.groups_in(&group.vpc).any(|other| {
            let version = other.history.at(now).filter(|_| other.id != *id);
            version.is_some_and(|version| {
                version.ingress.iter().any(|rule| rule.source == IngressSource::Group(id.clone()))
            })
        });
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

pub(crate) fn no_group(id: &SecurityGroupId) -> Refusal {
    Refusal::not_found(format!("InvalidGroup.NotFound: The security group '{id}' does not exist"))
}

fn check_name(name: &str) -> Reply<()> {
    if name.eq_ignore_ascii_case("default") {
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

/// The tags of a resource after some were added.
pub(crate) fn with_tags(tags: &Tags, added: &Tags) -> Reply<Tags> {
    let mut all = tags.clone();
    all.extend(added.iter().map(|(key, value)| (key.clone(), value.clone())));
    check_tags(&all)?;
    Ok(all)
}

pub(crate) fn check_tags(tags: &Tags) -> Reply<()> {
    if tags.len() > TAGS {
        return Err(Refusal::quota("TagLimitExceeded: more than 50 tags"));
    }
    for (key, value) in tags {
        let length = |text: &str| text.chars().count();
        if key.is_empty() || length(key) > 128 || key.starts_with("aws:") || length(value) > 256 {
            return Err(Refusal::invalid(format!("InvalidTagKey.Malformed: Tag '{key}'")));
        }
    }
    Ok(())
}
