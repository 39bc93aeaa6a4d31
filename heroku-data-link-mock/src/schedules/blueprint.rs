//! What a link makes, so that people can make something alike.

use std::collections::BTreeSet;

use heroku_data_link::model::{
    AddonName, AppName, Cidr, KeyAlias, PlanName, RouteTableId, SecurityGroupId, SubnetId, VpcId,
};
use heroku_data_link::provider::{IngressRule, Tags};

use crate::world::World;

/// What an undisturbed run had made when the link was established.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blueprint {
    pub(crate) groups: Vec<(VpcId, String)>,
    pub(crate) endpoints: Vec<(VpcId, BTreeSet<SubnetId>)>,
    /// Rules in groups that are not the link's own.
    pub(crate) rules: Vec<(SecurityGroupId, IngressRule)>,
    pub(crate) routes: Vec<(RouteTableId, Cidr)>,
    pub(crate) peers: Vec<(VpcId, VpcId)>,
    pub(crate) aliases: Vec<KeyAlias>,
    pub(crate) addons: Vec<(AppName, AddonName, PlanName)>,
    /// Those of what carries any.
    pub(crate) tags: Tags,
}

impl Blueprint {
    /// Of a world that is watched.
    pub(crate) fn read(world: &World) -> Self {
        let now = world.now();
        let inner = world.lock();
        let Some(watch) = &inner.control.watch else { return Self::default() };
        let (aws, heroku) = (&inner.state.aws, &inner.state.heroku);
        let mut found = Self::default();
        for (id, group) in &aws.groups {
            let Some(version) = group.history.at(now) else { continue };
            if watch.is_own(format_args!("security group {id}")) {
                found.groups.push((group.vpc.clone(), group.name.clone()));
                found.tags.clone_from(&version.tags);
                continue;
            }
            let rules = version.ingress.keys();
            let own = rules.filter(|rule| watch.is_own(format_args!("rule of {id}: {rule}")));
            found.rules.extend(own.map(|rule| (id.clone(), rule.clone())));
        }
        for (id, endpoint) in &aws.endpoints {
            let Some(version) = endpoint.history.at(now) else { continue };
            if watch.is_own(format_args!("endpoint {id}")) {
                found.endpoints.push((endpoint.vpc.clone(), version.shape.subnets.clone()));
            }
        }
        for (id, table) in &aws.route_tables {
            let routes = table.routes(now).map(|(destination, _)| destination);
            let own = routes.filter(|to| watch.is_own(format_args!("route to {to} in {id}")));
            found.routes.extend(own.map(|to| (id.clone(), *to)));
        }
        for (id, peering) in &aws.peerings {
            if watch.is_own(format_args!("peering {id}")) {
                let (requester, accepter) = (&peering.requester.vpc, &peering.accepter.vpc);
                found.peers.push((requester.clone(), accepter.clone()));
                found.tags = peering.requester.tags.at(now).cloned().unwrap_or_default();
            }
        }
        for (arn, key) in &aws.kms.keys {
            let Some(version) = key.history.at(now) else { continue };
            if watch.is_own(format_args!("key {arn}")) {
                found.tags.clone_from(&version.tags);
            }
        }
        let aliases = aws.kms.aliases.keys().map(|(_, _, alias)| alias);
        found.aliases.extend(aliases.filter(|alias| watch.is_own(alias)).cloned());
        for addon in heroku.addons.values() {
            let name = &addon.name;
            if watch.is_own(format_args!("add-on {name}")) {
                found.addons.push((addon.app.clone(), name.clone(), addon.plan.clone()));
            }
        }
        found
    }
}
