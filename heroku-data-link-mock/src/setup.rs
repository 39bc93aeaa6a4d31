//! What is in a world before the story begins. None of it is journalled, and reads see it at
//! once, whatever their lag.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AddonName, AppName, AttachmentName, AwsPrincipal, EndpointServiceName, InvalidValue,
    PlanName, Secret, SecurityGroupId, SubnetId, VpcEndpointId, VpcId, ZoneId,
};
use heroku_data_link::provider::{App, IngressRule, NewEndpoint, NewSecurityGroup, Tags};

use crate::setup_error::SetupError;
use crate::specs::AddonSpec;
use crate::state::addons::{AddonRecord, Life};
use crate::state::group_rules::Direction;
use crate::state::{Caller, zones};
use crate::world::World;

/// When everything that is set up came to be.
pub(crate) const ALWAYS: SystemTime = SystemTime::UNIX_EPOCH;

/// The password of add-ons that are given none.
pub(crate) const PASSWORD: &str = "p-of-the-mock";

impl World {
    /// An app, in a space or on the Common Runtime.
    ///
    /// # Errors
    /// When the name is malformed or there is no such space.
    pub fn add_app(&self, name: impl Display, space: Option<&str>) -> Result<AppName, SetupError> {
        let name: AppName = parse(name)?;
        let space = space.map(parse).transpose()?;
        let mut inner = self.lock();
        let heroku = &mut inner.state.heroku;
        if let Some(space) = space.as_ref().filter(|space| !heroku.spaces.contains_key(space)) {
            return Err(SetupError::unknown("space", space));
        }
        heroku.apps.insert(name.clone(), App { name: name.clone(), space });
        Ok(name)
    }

    /// An add-on, attached to its app. Its AWS region is that of the app's space.
    ///
    /// # Errors
    /// When a text is malformed, there is no such app, or a name is taken.
    pub fn add_addon(&self, spec: &AddonSpec) -> Result<AddonId, SetupError> {
        let app: AppName = parse(&spec.app)?;
        let plan: PlanName = parse(&spec.plan)?;
        let name: AddonName = parse(&spec.name)?;
        let attachment: Option<AttachmentName> = spec.attachment.as_ref().map(parse).transpose()?;
        let now = self.now();
        let provisioned_at = spec.provisioned_after.map_or(ALWAYS, |after| now + after);
        let mut inner = self.lock();
        let state = &mut inner.state;
        if !state.heroku.apps.contains_key(&app) {
            return Err(SetupError::unknown("app", &app));
        }
        let region = state.region_of(&app);
        if state.heroku.names.contains_key(&name) {
            return Err(SetupError::taken("add-on name", &name));
        }
        let offered = match &spec.offered {
            Some(zones) => zones.iter().map(parse).collect::<Result<BTreeSet<ZoneId>, _>>()?,
            None => zones::offered(&region),
        };
        if let Some(taken) = attachment.as_ref().filter(|name| !state.is_free(&app, name, now)) {
            return Err(SetupError::taken("attachment", taken));
        }
        let attachment = attachment.unwrap_or_else(|| state.free_name(&app, plan.service(), now));
        let life = Life {
            created_at: ALWAYS,
            listed_at: ALWAYS,
            ready_at: provisioned_at,
            destroyed_at: None,
            gone_at: provisioned_at,
            key: spec.encryption_key.clone(),
            needs_key: false,
            copy: None,
        };
        let record = AddonRecord {
            name,
            app,
            plan,
            provisioned_at,
            region,
            offered,
            zones_published: !spec.zones_unpublished,
            password: Secret::new(PASSWORD),
            life,
            listed_as: None,
            key_written_as: None,
        };
        Ok(state.plant_addon(record, attachment, ALWAYS))
    }

    /// One more attachment of an add-on, to its own app or another.
    ///
    /// # Errors
    /// When the name is malformed or taken in the app, or add-on or app are not there.
    pub fn attach(
        &self,
        addon: AddonId,
        app: impl Display,
        attachment: impl Display,
    ) -> Result<(), SetupError> {
        let (app, attachment): (AppName, AttachmentName) = (parse(app)?, parse(attachment)?);
        let now = self.now();
        let mut inner = self.lock();
        let state = &mut inner.state;
        if !state.heroku.addons.contains_key(&addon) {
            return Err(SetupError::unknown("add-on", addon));
        }
        if !state.heroku.apps.contains_key(&app) {
            return Err(SetupError::unknown("app", app));
        }
        if !state.is_free(&app, &attachment, now) {
            return Err(SetupError::taken("attachment", attachment));
        }
        state.heroku.put_attachment(&app, attachment, addon, None, ALWAYS);
        Ok(())
    }

    /// The password in the add-on's config variables, so that a test can look for it elsewhere.
    ///
    /// # Errors
    /// When there is no such add-on.
    pub fn set_password(&self, addon: AddonId, password: &str) -> Result<(), SetupError> {
        let mut inner = self.lock();
        let record = inner.state.heroku.addons.get_mut(&addon);
        record.ok_or_else(|| SetupError::unknown("add-on", addon))?.password =
            Secret::new(password);
        Ok(())
    }

    /// Somebody destroys an add-on: it is gone, with its attachments, and its endpoint service is
    /// deleted.
    ///
    /// # Errors
    /// When there is no such add-on.
    pub fn destroy_addon(&self, addon: AddonId) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let state = &mut inner.state;
        state.delete_link(now, addon);
        let record = state.heroku.addons.remove(&addon);
        let record = record.ok_or_else(|| SetupError::unknown("add-on", addon))?;
        state.heroku.names.remove(&record.name);
        for attachments in state.heroku.attachments.values_mut() {
            attachments.retain(|attachment| attachment.addon != addon);
        }
        Ok(())
    }

    /// An endpoint service that has been operational for long.
    ///
    /// # Errors
    /// When a principal is malformed or there is no such add-on.
    pub fn add_private_link(
        &self,
        addon: AddonId,
        principals: &[&str],
    ) -> Result<EndpointServiceName, SetupError> {
        let principals =
            principals.iter().map(parse).collect::<Result<BTreeSet<AwsPrincipal>, _>>()?;
        let mut inner = self.lock();
        let record = inner.state.heroku.addons.get(&addon);
        let region = record.ok_or_else(|| SetupError::unknown("add-on", addon))?.region.clone();
        Ok(inner.state.plant_link(ALWAYS, addon, &region, &principals))
    }

    /// Heroku lists these as principals of an endpoint service, beside those that calls have allowed:
    /// `*`, `arn:aws:iam::*:root`, the session of a role. No call allows or removes them; another
    /// call of this one does.
    ///
    /// # Errors
    /// When there is no such add-on, or it has no endpoint service.
    pub fn list_odd_principals(&self, addon: AddonId, texts: &[&str]) -> Result<(), SetupError> {
        let now = self.now();
        let texts = texts.iter().map(ToString::to_string).collect();
        let listed = self.lock().state.set_odd_principals(now, addon, &texts);
        listed.map_err(|_| SetupError::unknown("add-on with an endpoint service", addon))
    }

    /// A security group of the VPC's owner, without rules.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn add_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        tags: &[(&str, &str)],
    ) -> Result<SecurityGroupId, SetupError> {
        let mut inner = self.lock();
        let caller = owner(&inner.state.aws, vpc)?;
        let group = NewSecurityGroup {
            vpc: vpc.clone(),
            name: name.to_owned(),
            description: name.to_owned(),
            tags: owned(tags),
        };
        Ok(inner.state.plant_group(&caller, ALWAYS, &group))
    }

    /// An outbound rule of a security group, beside the one to everywhere that each has; the
    /// rule's source is where to.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn add_outbound_rule(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> Result<(), SetupError> {
        let mut inner = self.lock();
        if !inner.state.aws.groups.contains_key(group) {
            return Err(SetupError::unknown("security group", group));
        }
        inner.state.plant_rule(ALWAYS, group, Direction::Outbound, rule);
        Ok(())
    }

    /// A VPC endpoint of the VPC's owner that has been available for long.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn add_endpoint(
        &self,
        vpc: &VpcId,
        service: &EndpointServiceName,
        subnets: &[SubnetId],
        groups: &[SecurityGroupId],
        tags: &[(&str, &str)],
    ) -> Result<VpcEndpointId, SetupError> {
        let mut inner = self.lock();
        let caller = owner(&inner.state.aws, vpc)?;
        let endpoint = NewEndpoint {
            vpc: vpc.clone(),
            service: service.clone(),
            subnets: subnets.iter().cloned().collect(),
            groups: groups.iter().cloned().collect(),
            tags: owned(tags),
            client_token: String::new(),
        };
        Ok(inner.state.plant_available_endpoint(&caller, ALWAYS, &endpoint))
    }

    /// The id of the next VPC endpoint; several calls queue up.
    pub fn fix_next_endpoint_id(&self, id: VpcEndpointId) {
        self.lock().state.ids.fixed_endpoints.push_back(id);
    }

    /// The id of the next endpoint service, `vpce-svc-…`; several calls queue up.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn fix_next_service_id(&self, id: &str) -> Result<(), SetupError> {
        let name: EndpointServiceName = parse(format!("com.amazonaws.vpce.us-east-1.{id}"))?;
        if name.service_id() != Some(id) {
            return Err(SetupError::unknown("form of an endpoint service id", id));
        }
        self.lock().state.ids.fixed_services.push_back(id.to_owned());
        Ok(())
    }
}

pub(crate) fn owner(aws: &crate::state::AwsState, vpc: &VpcId) -> Result<Caller, SetupError> {
    let record = aws.vpcs.get(vpc).ok_or_else(|| SetupError::unknown("VPC", vpc))?;
    Ok(Caller { account: record.vpc.owner.clone(), region: record.region.clone() })
}

pub(crate) fn owned(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn parse<T: FromStr<Err = InvalidValue>>(text: impl Display) -> Result<T, SetupError> {
    Ok(text.to_string().parse()?)
}
