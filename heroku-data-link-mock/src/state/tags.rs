//! Tags of AWS's resources after these were made.

use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{PeeringConnectionId, RouteTableId, SecurityGroupId, VpcEndpointId};
use heroku_data_link::provider::Tags;

use super::aws::{AwsState, Caller, index};
use super::peering::Side;
use super::{Refusal, Reply, State};

/// Tags per resource.
const TAGS: usize = 50;

/// What is done to the tags of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TagChange {
    /// These are set; those of the same key are replaced.
    Set(Tags),
    /// These keys are removed, where a value is given only with that value.
    Remove(Vec<(String, Option<String>)>),
}

impl TagChange {
    /// The keys that it is about.
    pub(crate) fn keys(&self) -> Vec<&str> {
        match self {
            Self::Set(tags) => tags.keys().map(String::as_str).collect(),
            Self::Remove(keys) => keys.iter().map(|(key, _)| key.as_str()).collect(),
        }
    }

    /// The tags of a resource afterwards.
    fn applied(&self, tags: &Tags) -> Reply<Tags> {
        let mut all = tags.clone();
        match self {
            Self::Set(added) => {
                all.extend(added.iter().map(|(key, value)| (key.clone(), value.clone())));
                check_tags(&all)?;
            }
            Self::Remove(removed) => {
                for (key, value) in removed {
                    let same = |found: &String| value.as_ref().is_none_or(|value| value == found);
                    if all.get(key).is_some_and(same) {
                        all.remove(key);
                    }
                }
            }
        }
        Ok(all)
    }
}

/// What carries tags that can be changed.
#[derive(Debug)]
enum Tagged {
    Group(SecurityGroupId),
    Endpoint(VpcEndpointId),
    Peering(PeeringConnectionId, Side),
    RouteTable(RouteTableId),
}

impl State {
    /// Changes the tags of all of these, or of none.
    pub(crate) fn change_tags(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        ids: &[String],
        change: &TagChange,
    ) -> Reply<()> {
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            let (resource, tags) = self.tagged(caller, now, id)?;
            let after = change.applied(&tags)?;
            if after != tags {
                changes.push((resource, after));
            }
        }
        for (resource, tags) in changes {
            self.set_tags(now, &resource, &tags);
        }
        Ok(())
    }

    /// What an id names, and the tags that it has.
    fn tagged(&self, caller: &Caller, now: SystemTime, id: &str) -> Reply<(Tagged, Tags)> {
        if let Ok(id) = id.parse::<VpcEndpointId>() {
            let (_, version) = self.aws.live_endpoint(caller, &id, now)?;
            let tags = version.shape.tags.clone();
            return Ok((Tagged::Endpoint(id), tags));
        }
        if let Ok(id) = id.parse::<SecurityGroupId>() {
            let (_, version) = self.aws.known_group(caller, &id, now)?;
            let tags = version.tags.as_ref().clone();
            return Ok((Tagged::Group(id), tags));
        }
        if let Ok(id) = id.parse::<PeeringConnectionId>() {
            let (record, side) = self.aws.peering(caller, &id, now)?;
            let tags = record.end(side).tags.at(now).cloned().unwrap_or_default();
            return Ok((Tagged::Peering(id, side), tags));
        }
        if let Ok(id) = id.parse::<RouteTableId>() {
            let (table, _) = self.aws.own_table(caller, &id)?;
            let tags = table.tags.clone();
            return Ok((Tagged::RouteTable(id), tags));
        }
        if ["vpc-", "subnet-", "eni-", "sgr-"].iter().any(|prefix| id.starts_with(prefix)) {
            return Err(Refusal::invalid(format!(
                "UnsupportedOperation: The simulated AWS keeps no tags of '{id}'"
            )));
        }
        Err(Refusal::invalid(format!("InvalidID: The ID '{id}' is not valid")))
    }

    fn set_tags(&mut self, now: SystemTime, resource: &Tagged, tags: &Tags) {
        let aws = &mut self.aws;
        match resource {
            Tagged::Group(id) => {
                index(&mut aws.tagged_groups, tags, id);
                let shared = Arc::new(tags.clone());
                if let Some(group) = aws.groups.get_mut(id) {
                    group.history.update(now, |version| version.tags = Arc::clone(&shared));
                }
            }
            Tagged::Endpoint(id) => {
                index(&mut aws.tagged_endpoints, tags, id);
                if let Some(endpoint) = aws.endpoints.get_mut(id) {
                    endpoint.history.update(now, |version| {
                        Arc::make_mut(&mut version.shape).tags.clone_from(tags);
                    });
                }
            }
            Tagged::Peering(id, side) => {
                index(&mut aws.tagged_peerings, tags, id);
                if let Some(peering) = aws.peerings.get_mut(id) {
                    peering.end_mut(*side).tags.set(now, tags.clone());
                }
            }
            Tagged::RouteTable(id) => {
                if let Some(table) = aws.route_tables.get_mut(id) {
                    table.tags.clone_from(tags);
                }
            }
        }
    }
}

impl AwsState {
    /// All that carries tags, by kind and id.
    pub(crate) fn tagged_resources(
        &self,
        caller: &Caller,
        at: SystemTime,
    ) -> Vec<(&'static str, String, Tags)> {
        let mut found = Vec::new();
        for (id, group) in self.groups.iter().filter(|(_, group)| group.is_visible(caller)) {
            let version = group.history.at(at);
            found.extend(version.map(|it| ("security-group", id.to_string(), (*it.tags).clone())));
        }
        for (id, endpoint) in self.endpoints.iter().filter(|(_, it)| it.is_visible(caller)) {
            let version = endpoint.history.at(at);
            let tags = version.map(|version| version.shape.tags.clone());
            found.extend(tags.map(|tags| ("vpc-endpoint", id.to_string(), tags)));
        }
        for (id, peering) in &self.peerings {
            let Some(side) = peering.side_of(caller) else { continue };
            let shown = peering.end(side).shown.at(at).is_some();
            let tags = peering.end(side).tags.at(at).filter(|_| shown).cloned();
            found.extend(tags.map(|tags| ("vpc-peering-connection", id.to_string(), tags)));
        }
        for (id, table) in &self.route_tables {
            if self.vpc(caller, &table.vpc).is_some() {
                found.push(("route-table", id.to_string(), table.tags.clone()));
            }
        }
        found
    }
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
