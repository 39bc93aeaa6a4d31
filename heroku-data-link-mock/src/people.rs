//! What people do to the two clouds while the story goes on. None of it is journalled or can fail
//! for a fault, and reads see it as late as everything else.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AddonName, AppName, Cidr, EndpointServiceName, KeyAlias, KeyArn, KeyState,
    NetworkAclId, PeeringConnectionId, PlanName, RouteTableId, Secret, SecurityGroupId, SpaceName,
    SubnetId, VpcEndpointId, VpcId,
};
use heroku_data_link::provider::{IngressRule, NewEndpoint, NewSecurityGroup, RouteTarget, Tags};

use crate::key_spec::console_policy;
use crate::setup::{PASSWORD, owner};
use crate::setup_error::SetupError;
use crate::specs::NetworkAclSpec;
use crate::state::addons::{AddonRecord, Life};
use crate::state::keys::{KeyRecord, Schedule};
use crate::state::peering::Side;
use crate::state::tags::TagChange;
use crate::state::{Absent, Caller, Reply, State, zones};
use crate::world::{World, default_caller};

impl World {
    /// Somebody gives a network ACL the entries of this spec, instead of those that it has.
    ///
    /// # Errors
    /// When there is no such ACL.
    pub fn set_network_acl(
        &self,
        acl: &NetworkAclId,
        spec: &NetworkAclSpec,
    ) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let record = inner.state.aws.network_acls.get_mut(acl);
        let record = record.ok_or_else(|| SetupError::unknown("network ACL", acl))?;
        record.entries.set(now, spec.entries.clone());
        Ok(())
    }

    /// Somebody deletes a VPC endpoint; it takes its usual time to go.
    ///
    /// # Errors
    /// When there is no such endpoint.
    pub fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> Result<(), SetupError> {
        let caller = {
            let inner = self.lock();
            let record = inner.state.aws.endpoints.get(endpoint);
            let record = record.ok_or_else(|| SetupError::unknown("endpoint", endpoint))?;
            Caller { account: record.owner.clone(), region: record.region.clone() }
        };
        self.edit("endpoint", endpoint, |state, now| {
            state.delete_endpoint(&caller, now, endpoint, Absent::Refused)
        })
    }

    /// Somebody deletes a peering connection, from the side that asked for it.
    ///
    /// # Errors
    /// When there is no such connection, or it is in a state in which EC2 refuses that.
    pub fn delete_peering(&self, peering: &PeeringConnectionId) -> Result<(), SetupError> {
        self.edit("live peering", peering, |state, now| {
            state.end_peering(now, peering, Side::Requester)
        })
    }

    /// Somebody deletes a peering of a space, on Heroku; a request is rejected.
    ///
    /// # Errors
    /// When the space does not list such a peering.
    pub fn delete_space_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> Result<(), SetupError> {
        self.edit("listed peering", peering, |state, now| {
            state.delete_space_peering(now, space, peering)
        })
    }

    /// Somebody replaces all tags of a VPC endpoint (`vpce-…`), a security group (`sg-…`), a peering
    /// connection (`pcx-…`, at its requester's end) or a KMS key (its ARN): with none, as a tag
    /// cleaner does.
    ///
    /// # Errors
    /// When there is no such resource.
    pub fn replace_tags(&self, resource: &str, tags: &Tags) -> Result<(), SetupError> {
        if let Ok(key) = resource.parse::<KeyArn>() {
            let tags = Arc::new(tags.clone());
            return self.edit_key(&key, |record, now| {
                record.history.update(now, |version| version.tags = Arc::clone(&tags));
            });
        }
        let (caller, former) = {
            let now = self.now();
            let inner = self.lock();
            inner
                .state
                .tags_of(resource, now)
                .ok_or_else(|| SetupError::unknown("tagged resource", resource))?
        };
        let removed = former.into_keys().map(|key| (key, None)).collect();
        let ids = [resource.to_owned()];
        self.edit("tagged resource", resource, |state, now| {
            state.change_tags(&caller, now, &ids, &TagChange::Remove(removed))?;
            state.change_tags(&caller, now, &ids, &TagChange::Set(tags.clone()))
        })
    }

    /// Somebody adds a rule to a security group. It is not checked.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn add_rule(&self, group: &SecurityGroupId, rule: &IngressRule) -> Result<(), SetupError> {
        self.change_rules(group, |rules| {
            rules.insert(rule.clone(), Arc::from(""));
        })
    }

    /// Somebody takes a rule out of a security group.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn remove_rule(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> Result<(), SetupError> {
        self.change_rules(group, |rules| {
            rules.remove(rule);
        })
    }

    fn change_rules(
        &self,
        group: &SecurityGroupId,
        mut change: impl FnMut(&mut BTreeMap<IngressRule, Arc<str>>),
    ) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let record = inner.state.aws.groups.get_mut(group);
        let record = record.filter(|record| record.history.at(now).is_some());
        let record = record.ok_or_else(|| SetupError::unknown("security group", group))?;
        record.history.update(now, |version| change(&mut version.ingress));
        Ok(())
    }

    /// Somebody makes a security group, now.
    ///
    /// # Errors
    /// When there is no such VPC, or the name is taken in it.
    pub fn make_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, SetupError> {
        let caller = owner(&self.lock().state.aws, vpc)?;
        let new = NewSecurityGroup {
            vpc: vpc.clone(),
            name: name.to_owned(),
            description: name.to_owned(),
            tags: tags.clone(),
        };
        self.edit("free name of a group", name, |state, now| state.create_group(&caller, now, &new))
    }

    /// Somebody deletes a security group.
    ///
    /// # Errors
    /// When there is no such group, or something uses it.
    pub fn delete_security_group(&self, group: &SecurityGroupId) -> Result<(), SetupError> {
        let caller = {
            let inner = self.lock();
            let record = inner.state.aws.groups.get(group);
            let record = record.ok_or_else(|| SetupError::unknown("security group", group))?;
            Caller { account: record.owner.clone(), region: record.region.clone() }
        };
        self.edit("unused security group", group, |state, now| {
            state.delete_group(&caller, now, group, Absent::Refused)
        })
    }

    /// Somebody makes a VPC endpoint, now; it is available at once.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn make_endpoint(
        &self,
        vpc: &VpcId,
        service: &EndpointServiceName,
        subnets: &[SubnetId],
        groups: &[SecurityGroupId],
        tags: &Tags,
    ) -> Result<VpcEndpointId, SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let caller = owner(&inner.state.aws, vpc)?;
        let new = NewEndpoint {
            vpc: vpc.clone(),
            service: service.clone(),
            subnets: subnets.iter().cloned().collect(),
            groups: groups.iter().cloned().collect(),
            tags: tags.clone(),
            client_token: String::new(),
        };
        Ok(inner.state.plant_available_endpoint(&caller, now, &new))
    }

    /// Somebody deletes an add-on's endpoint service; endpoints that lead to it are rejected.
    pub fn delete_private_link(&self, addon: AddonId) {
        let now = self.now();
        self.lock().state.delete_link(now, addon);
    }

    /// Somebody leads a destination elsewhere, whatever it led to: to a peering connection
    /// (`pcx-…`) or anything else, such as `igw-0a1b2c3d`; or, with `None`, deletes the route.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn set_route(
        &self,
        table: &RouteTableId,
        destination: Cidr,
        target: Option<&str>,
    ) -> Result<(), SetupError> {
        let now = self.now();
        let target = target.map(|target| match target.parse() {
            Ok(peering) => RouteTarget::Peering(peering),
            Err(_) => RouteTarget::Other(target.to_owned()),
        });
        let mut inner = self.lock();
        let record = inner.state.aws.route_tables.get_mut(table);
        let record = record.ok_or_else(|| SetupError::unknown("route table", table))?;
        record.routes.update(now, |routes| {
            match &target {
                Some(target) => routes.insert(destination, target.clone()),
                None => routes.remove(&destination),
            };
        });
        Ok(())
    }

    /// Somebody makes a KMS key, now, which only its owner can use, in the account and region of
    /// [`World::aws`].
    pub fn make_key(&self, tags: &Tags) -> KeyArn {
        let now = self.now();
        let caller = default_caller();
        let mut inner = self.lock();
        let arn = inner.state.new_key_arn(&caller);
        let policy = console_policy(&caller.account, None);
        inner.state.plant_key(now, arn.clone(), &policy, tags).is_set_up = true;
        arn
    }

    /// Somebody enables or disables a key, or schedules its deletion in 30 days.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn set_key_state(&self, key: &KeyArn, state: &KeyState) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        if inner.state.aws.kms.keys.get(key).is_none_or(|it| it.history.at(now).is_none()) {
            return Err(SetupError::unknown("key", key));
        }
        inner.state.set_key_state(now, key, state);
        Ok(())
    }

    /// Somebody switches the rotation of a key off, or on with a period in days.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn set_key_rotation(&self, key: &KeyArn, days: Option<u32>) -> Result<(), SetupError> {
        self.edit_key(key, |record, now| {
            let rotation = days.map(|period_days| Schedule { period_days, since: now });
            record.history.update(now, |version| version.rotation = rotation);
        })
    }

    /// Somebody lets an alias name a key, whatever it named; or, with `None`, deletes it.
    pub fn set_key_alias(&self, alias: &KeyAlias, key: Option<&KeyArn>) {
        let now = self.now();
        let caller = default_caller();
        let mut inner = self.lock();
        if let Some(key) = key {
            inner.state.plant_alias(now, alias, key);
            return;
        }
        let name = (caller.account, caller.region, alias.clone());
        if let Some(target) = inner.state.aws.kms.aliases.get_mut(&name) {
            target.end(now);
        }
    }

    /// Somebody makes an add-on under a key, or under none: it is ready at once.
    ///
    /// # Errors
    /// When there is no such app, or the name is taken.
    pub fn make_addon(
        &self,
        app: &AppName,
        name: &AddonName,
        plan: &PlanName,
        key: Option<&KeyArn>,
    ) -> Result<AddonId, SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let state = &mut inner.state;
        if !state.heroku.apps.contains_key(app) {
            return Err(SetupError::unknown("app", app));
        }
        if state.addon_named(name, now).is_some() {
            return Err(SetupError::taken("add-on name", name));
        }
        let region = state.region_of(app);
        let life = Life {
            created_at: now,
            listed_at: now,
            ready_at: now,
            destroyed_at: None,
            gone_at: now,
            key: key.cloned(),
            needs_key: false,
            copy: None,
        };
        let record = AddonRecord {
            name: name.clone(),
            app: app.clone(),
            plan: plan.clone(),
            provisioned_at: now,
            offered: zones::offered(&region),
            region,
            zones_published: true,
            key_written_as: None,
            listed_as: None,
            password: Secret::new(PASSWORD),
            life,
        };
        let attachment = state.free_name(app, plan.service(), now);
        Ok(state.plant_addon(record, attachment, now))
    }

    fn edit_key(
        &self,
        key: &KeyArn,
        change: impl FnOnce(&mut KeyRecord, SystemTime),
    ) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let record = inner.state.aws.kms.keys.get_mut(key);
        let record = record.filter(|record| record.history.at(now).is_some());
        change(record.ok_or_else(|| SetupError::unknown("key", key))?, now);
        Ok(())
    }

    fn edit<T>(
        &self,
        what: &'static str,
        name: impl Display,
        change: impl FnOnce(&mut State, SystemTime) -> Reply<T>,
    ) -> Result<T, SetupError> {
        let now = self.now();
        let edited = change(&mut self.lock().state, now);
        edited.map_err(|_| SetupError::unknown(what, name))
    }
}

impl State {
    /// Who can change the tags of a resource of EC2, and what they are.
    fn tags_of(&self, resource: &str, now: SystemTime) -> Option<(Caller, Tags)> {
        if let Ok(id) = resource.parse::<VpcEndpointId>() {
            let record = self.aws.endpoints.get(&id)?;
            let caller = Caller { account: record.owner.clone(), region: record.region.clone() };
            return Some((caller, record.history.at(now)?.shape.tags.clone()));
        }
        if let Ok(id) = resource.parse::<SecurityGroupId>() {
            let record = self.aws.groups.get(&id)?;
            let caller = Caller { account: record.owner.clone(), region: record.region.clone() };
            return Some((caller, record.history.at(now)?.tags.as_ref().clone()));
        }
        let id = resource.parse::<PeeringConnectionId>().ok()?;
        let end = &self.aws.peerings.get(&id)?.requester;
        let caller = Caller { account: end.account.clone(), region: end.region.clone() };
        Some((caller, end.tags.at(now).cloned().unwrap_or_default()))
    }
}
