//! What people do to endpoints and security groups.

use std::fmt::Display;

use heroku_data_link::model::{EndpointServiceName, SecurityGroupId, VpcId};
use heroku_data_link::provider::{IngressRule, IngressSource, Tags};

use super::deed::{Deed, Scene};
use crate::history::History;

impl Scene<'_> {
    pub(super) fn delete_endpoint(&mut self) -> Option<Deed> {
        let (id, _) = self.endpoint()?;
        self.world.delete_endpoint(&id).ok()?;
        Some(Deed::new(format!("deletes {id}"), [id]))
    }

    pub(super) fn make_endpoint_alike(&mut self) -> Option<Deed> {
        let service = self.services().first()?.clone();
        self.make_endpoint(&service, &Tags::new())
    }

    pub(super) fn make_endpoint_elsewhere(&mut self) -> Option<Deed> {
        let service = "com.amazonaws.us-east-1.s3".parse().ok()?;
        self.make_endpoint(&service, &self.blueprint.tags)
    }

    /// The endpoint services that are operational.
    fn services(&self) -> Vec<EndpointServiceName> {
        let inner = self.world.lock();
        let links = inner.state.heroku.links.values().filter_map(History::last);
        links.filter_map(|link| link.service_name.clone()).collect()
    }

    fn make_endpoint(&mut self, service: &EndpointServiceName, tags: &Tags) -> Option<Deed> {
        let (vpc, subnets) = self.dice.pick(&self.blueprint.endpoints)?;
        let subnets: Vec<_> = subnets.into_iter().take(1).collect();
        let group = crate::state::groups::default_group(&vpc);
        let made = self.world.make_endpoint(&vpc, service, &subnets, &[group], tags).ok()?;
        let told = format!("makes {made} from {vpc} to {service} with the tags {tags:?}");
        let id = made.clone();
        Some(Deed::new(told, [made]).undone_by(move |world| world.delete_endpoint(&id)))
    }

    pub(super) fn delete_service(&mut self) -> Option<Deed> {
        let found = {
            let inner = self.world.lock();
            let watch = inner.control.watch.as_ref()?;
            let links = inner.state.heroku.links.iter().filter_map(|(id, link)| {
                let service = link.last()?.service_name.clone()?;
                let name = &inner.state.heroku.addons.get(id)?.name;
                let own = watch.is_own(format_args!("endpoint service of {name}"));
                own.then(|| (*id, name.clone(), service))
            });
            links.collect::<Vec<_>>()
        };
        let (addon, name, service) = self.dice.pick(&found)?;
        self.world.delete_private_link(addon);
        let told = format!("deletes the endpoint service {service} of {name}");
        // Whose endpoints are rejected.
        let endpoint = self.endpoint().map(|(id, _)| id.to_string());
        Some(Deed::new(told, [name.to_string(), service.to_string()].into_iter().chain(endpoint)))
    }

    pub(super) fn make_group_alike(&mut self) -> Option<Deed> {
        let (vpc, name) = self.dice.pick(&self.blueprint.groups)?;
        self.make_group(&vpc, &name, &Tags::new())
    }

    pub(super) fn make_group_with_our_tags(&mut self) -> Option<Deed> {
        let (vpc, name) = self.dice.pick(&self.blueprint.groups)?;
        self.make_group(&vpc, &format!("{name} by hand"), &self.blueprint.tags)
    }

    pub(super) fn remove_rule_of_ours(&mut self) -> Option<Deed> {
        let (group, _) = self.group()?;
        let rule = self.dice.pick(&self.rules_of(&group))?;
        self.remove_rule(&group, &rule)
    }

    pub(super) fn remove_rule_of_theirs(&mut self) -> Option<Deed> {
        let (group, rule) = self.dice.pick(&self.blueprint.rules)?;
        let is_there = self.rules_of(&group).contains(&rule);
        (is_there && self.is_own(format_args!("rule of {group}: {rule}"))).then_some(())?;
        self.remove_rule(&group, &rule)
    }

    fn remove_rule(&self, group: &SecurityGroupId, rule: &IngressRule) -> Option<Deed> {
        self.world.remove_rule(group, rule).ok()?;
        Some(Deed::new(format!("takes {rule} out of {group}"), [group]))
    }

    pub(super) fn make_rule(&mut self) -> Option<Deed> {
        let (group, rule) = self.dice.pick(&self.blueprint.rules)?;
        (!self.rules_of(&group).contains(&rule)).then_some(())?;
        self.world.add_rule(&group, &rule).ok()?;
        let deed = Deed::new(format!("adds {rule} to {group}"), [&group]);
        Some(deed.undone_by(move |world| world.remove_rule(&group, &rule)))
    }

    fn make_group(&mut self, vpc: &VpcId, name: &str, tags: &Tags) -> Option<Deed> {
        let made = self.world.make_security_group(vpc, name, tags).ok()?;
        let told = format!("makes {made}, called {name}, with the tags {tags:?}");
        let id = made.clone();
        Some(Deed::new(told, [made]).undone_by(move |world| world.delete_security_group(&id)))
    }

    pub(super) fn refer_to_group(&mut self) -> Option<Deed> {
        let (group, _) = self.group()?;
        let vpc = self.world.lock().state.aws.groups.get(&group)?.vpc.clone();
        let other = self.world.make_security_group(&vpc, "clients by hand", &Tags::new()).ok()?;
        let ports = "443".parse().ok()?;
        let rule = IngressRule::tcp(ports, IngressSource::Group(group.clone()));
        self.world.add_rule(&other, &rule).ok()?;
        let told = format!("makes {other}, whose rule {rule} refers to {group}");
        let deed = Deed::new(told, [other.to_string()]);
        Some(deed.undone_by(move |world| world.delete_security_group(&other)))
    }

    fn rules_of(&self, group: &SecurityGroupId) -> Vec<IngressRule> {
        let now = self.world.now();
        let inner = self.world.lock();
        let version = inner.state.aws.groups.get(group).and_then(|group| group.history.at(now));
        version.map_or_else(Vec::new, |version| version.ingress.keys().cloned().collect())
    }

    fn is_own(&self, name: impl Display) -> bool {
        self.world.lock().control.watch.as_ref().is_some_and(|watch| watch.is_own(name))
    }
}
