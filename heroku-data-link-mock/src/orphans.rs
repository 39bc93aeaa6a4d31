//! What is left over, and what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};
use std::time::{Duration, SystemTime};

use heroku_data_link::provider::RouteTarget;
use heroku_data_link::reconcile::ownership::owner;

use crate::heroku::list;
use crate::history::History;
use crate::state::State;
use crate::state::endpoint::EndpointRecord;
use crate::state::peering::PeeringRecord;
use crate::world::World;

/// By when all that was begun has come to its end.
pub(crate) const EVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

impl World {
    /// What a link made and nobody uses any more, in sentences; empty when all is well.
    ///
    /// That is, with the tag `heroku-data-link:link`: security groups that no endpoint uses,
    /// endpoints whose service is gone, several endpoints of one link, VPC and service, several
    /// peering connections of one link and VPC, and routes to a peering connection that is gone.
    /// Network interfaces cannot be left over: they go with their endpoint. Of KMS keys that are
    /// not to be deleted: those that were made without that tag, those that carry it and have no
    /// alias to be found by, and several of one link in one account and region. Add-ons that are
    /// attached to no app.
    pub fn orphans(&self) -> Vec<String> {
        let now = self.now();
        let inner = self.lock();
        inner.state.orphans(now)
    }

    /// Everything there is in both clouds, as canonical text: equal worlds have equal texts.
    ///
    /// It is what the world comes to if nobody touches it: what is on its way out does not count,
    /// and what is on its way in counts as arrived; a request for a peering connection is waited
    /// for, though it would expire. Times, journal and remembered tokens do not count, and neither
    /// do the values of config variables.
    pub fn fingerprint(&self) -> String {
        let now = self.now();
        let inner = self.lock();
        inner.state.fingerprint(now)
    }
}

impl State {
    fn live_endpoints(&self, now: SystemTime) -> impl Iterator<Item = (&EndpointRecord, &str)> {
        self.aws.endpoints.values().filter(move |endpoint| endpoint.is_live(now)).map(
            move |endpoint| {
                let version = endpoint.history.at(now);
                (endpoint, version.and_then(|it| owner(&it.shape.tags)).unwrap_or_default())
            },
        )
    }

    fn orphans(&self, now: SystemTime) -> Vec<String> {
        let mut orphans = Vec::new();
        let mut twins: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        let mut in_use = BTreeSet::new();
        for (endpoint, link) in self.live_endpoints(now) {
            if let Some(version) = endpoint.history.at(now) {
                in_use.extend(&version.shape.groups);
            }
            if link.is_empty() {
                continue;
            }
            let id = endpoint.id.as_str();
            twins.entry((link, &endpoint.vpc, &endpoint.service)).or_default().push(id);
            if !self.has_service(&endpoint.service) {
                let service = &endpoint.service;
                orphans
                    .push(format!("endpoint {id} of link {link}: its service {service} is gone"));
            }
        }
        for ((link, vpc, service), ids) in twins {
            if ids.len() > 1 {
                let ids = list(ids);
                orphans.push(format!(
                    "link {link} has several endpoints of {service} in {vpc}: {ids}"
                ));
            }
        }
        for group in self.aws.groups.values().filter(|group| !in_use.contains(&group.id)) {
            let version = group.history.at(now);
            if let Some(link) = version.and_then(|version| owner(&version.tags)) {
                orphans.push(format!(
                    "security group {} of link {link}: no endpoint uses it",
                    group.id
                ));
            }
        }
        self.orphans_of_peerings(now, &mut orphans);
        orphans.extend(self.orphans_of_encryption(now));
        orphans
    }

    fn orphans_of_peerings(&self, now: SystemTime, orphans: &mut Vec<String>) {
        let mut twins: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for peering in self.aws.peerings.values().filter(|peering| peering.is_live(now)) {
            if let Some(link) = peering.link() {
                let vpc = &peering.requester.vpc;
                twins.entry((link, vpc)).or_default().push(peering.id.as_str());
            }
        }
        for ((link, vpc), ids) in twins.into_iter().filter(|(_, ids)| ids.len() > 1) {
            let ids = list(ids);
            orphans.push(format!("link {link} has several peering connections of {vpc}: {ids}"));
        }
        for table in self.aws.route_tables.values() {
            for (destination, target) in table.routes(now) {
                let RouteTarget::Peering(id) = target else { continue };
                let gone = self.aws.peerings.get(id).filter(|peering| !peering.is_live(now));
                if let Some(link) = gone.and_then(PeeringRecord::link) {
                    orphans.push(format!(
                        "route to {destination} in {} of link {link}: {id} is gone",
                        table.id
                    ));
                }
            }
        }
    }

    fn fingerprint(&self, now: SystemTime) -> String {
        let ever = now + EVER;
        let mut text = String::new();
        let mut line = |line: &dyn Display| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        };
        let heroku = &self.heroku;
        for (name, space) in &heroku.spaces {
            let (region, generation) = (&space.region, &space.generation);
            line(&format_args!("space {name} in {region}, {generation}, shield {}", space.shield));
        }
        for (name, app) in &heroku.apps {
            let space = app.space.as_ref().map_or("none", AsRef::as_ref);
            let attached = self.attached(name, ever).map(|it| format!("{} {}", it.name, it.addon));
            let vars = self.config_vars(name, ever).unwrap_or_default();
            line(&format_args!(
                "app {name} in space {space}, attached [{}], variables [{}]",
                list(attached),
                list(vars.keys())
            ));
        }
        for (id, addon) in &heroku.addons {
            if self.has_ended(addon, ever) {
                continue;
            }
            let key = addon.life.key.as_ref().map_or("no key", AsRef::as_ref);
            let copy = addon.life.copy.as_ref();
            let copy = copy.map_or_else(|| "no copy".to_owned(), |copy| copy.fingerprint(ever));
            let (name, app, plan) = (&addon.name, &addon.app, &addon.plan);
            line(&format_args!("add-on {name} {id} of {app}, {plan}, under {key}, {copy}"));
            let Some(version) = heroku.links.get(id).and_then(History::last) else { continue };
            let service = version.service_name.as_ref().map_or("none", AsRef::as_ref);
            line(&format_args!(
                "private link of {} as {service}, {}, for [{}], connected [{}]",
                addon.name,
                version.status,
                list(version.principals()),
                list(self.connected(*id, ever).map(|endpoint| &endpoint.id))
            ));
        }
        self.fingerprint_of_aws(ever, &mut line);
        self.fingerprint_of_peerings(now, &mut line);
        self.fingerprint_of_keys(ever, &mut line);
        for (name, copies) in &self.copies {
            let Some(copy) = copies.at(ever) else { continue };
            let stamp = copy.stamp.map_or_else(|| "none".to_owned(), |stamp| stamp.to_string());
            line(&format_args!("copy {name}, stamp {stamp}, tags {:?}", copy.tags));
        }
        text
    }

    fn fingerprint_of_aws(&self, ever: SystemTime, line: &mut dyn FnMut(&dyn Display)) {
        for (id, record) in &self.aws.vpcs {
            let (owner, region) = (&record.vpc.owner, &record.region);
            line(&format_args!("VPC {id} of {owner} in {region}, {}", record.vpc.cidrs));
        }
        for (id, subnet) in &self.aws.subnets {
            let free = self.aws.free_addresses(id, ever);
            line(&format_args!(
                "subnet {id} of {} in {}, {}, {free} free",
                subnet.vpc, subnet.zone, subnet.cidr
            ));
        }
        for (id, group) in &self.aws.groups {
            let Some(version) = group.history.at(ever) else { continue };
            line(&format_args!(
                "security group {id} {:?} of {}, tags {:?}, ingress [{}], egress [{}]",
                group.name,
                group.vpc,
                version.tags,
                list(version.ingress.keys()),
                list(version.egress.keys())
            ));
        }
        for (id, endpoint) in &self.aws.endpoints {
            let Some(endpoint) = endpoint.fingerprint(ever) else { continue };
            line(&format_args!("endpoint {id} {endpoint}"));
        }
    }
    fn fingerprint_of_peerings(&self, now: SystemTime, line: &mut dyn FnMut(&dyn Display)) {
        for (id, peering) in &self.aws.peerings {
            let Some(peering) = peering.fingerprint(now) else { continue };
            line(&format_args!("peering {id} {peering}"));
        }
        for (id, table) in &self.aws.route_tables {
            let routes = table.routes(now + EVER).map(|(destination, target)| {
                let peering = match target {
                    RouteTarget::Peering(id) => self.aws.peerings.get(id),
                    RouteTarget::Local | RouteTarget::Other(_) => None,
                };
                let status = peering.and_then(|peering| peering.comes_to(now));
                let status = status.map_or("", |status| status.as_str());
                format!("{destination} {target} {status}")
            });
            let kind = if table.is_main { "main " } else { "" };
            let (vpc, subnets) = (&table.vpc, list(&table.subnets));
            line(&format_args!(
                "{kind}route table {id} of {vpc}, for [{subnets}], routes [{}]",
                list(routes)
            ));
        }
    }
}
