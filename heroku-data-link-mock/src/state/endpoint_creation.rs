//! How VPC endpoints come into being.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, EndpointServiceName, SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
};
use heroku_data_link::provider::{EndpointService, NewEndpoint};

use super::aws::{Caller, TokenRecord, index};
use super::endpoint::{EndpointRecord, EndpointVersion, Shape, word};
use super::tags::check_tags;
use super::{Refusal, Reply, State};
use crate::Fate;
use crate::history::History;

/// Live interface endpoints per VPC.
const ENDPOINTS: usize = 50;
/// Characters of a client token.
const TOKEN: usize = 64;

impl State {
    /// An endpoint service as an account sees it.
    pub(crate) fn endpoint_service(
        &self,
        caller: &Caller,
        name: &EndpointServiceName,
        at: SystemTime,
    ) -> Option<EndpointService> {
        let id = self.service_for(caller, name, at)?;
        let addon = self.heroku.addons.get(&id)?;
        let zones = addon.zones_published.then(|| addon.offered.clone());
        Some(EndpointService { name: name.clone(), zones })
    }

    fn service_for(
        &self,
        caller: &Caller,
        name: &EndpointServiceName,
        at: SystemTime,
    ) -> Option<AddonId> {
        let here = name.region().as_ref() == Some(&caller.region);
        self.visible_service(name, &caller.account, at).filter(|_| here)
    }

    pub(crate) fn create_endpoint(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewEndpoint,
    ) -> Reply<VpcEndpointId> {
        if new.client_token.len() > TOKEN || !new.client_token.is_ascii() {
            return Err(Refusal::invalid("InvalidClientToken: at most 64 ASCII characters"));
        }
        let token = (caller.clone(), new.client_token.clone());
        if let Some(known) = self.aws.tokens.get(&token).filter(|known| now < known.until) {
            return if known.request == *new {
                Ok(known.made.clone())
            } else {
                Err(Refusal::invalid(format!(
                    "IdempotentParameterMismatch: client token '{}' was used with other parameters",
                    new.client_token
                )))
            };
        }
        self.check_new_endpoint(caller, now, new)?;
        let id = self.plant_endpoint(caller, now, new);
        if !new.client_token.is_empty() {
            let until = now + self.timings.token_memory;
            let record = TokenRecord { request: new.clone(), made: id.clone(), until };
            self.aws.tokens.insert(token, record);
        }
        Ok(id)
    }

    fn check_new_endpoint(&self, caller: &Caller, now: SystemTime, new: &NewEndpoint) -> Reply<()> {
        check_tags(&new.tags)?;
        let Some(addon) = self.service_for(caller, &new.service, now) else {
            return Err(Refusal::not_found(format!(
                "InvalidServiceName: The Vpc Endpoint Service '{}' does not exist",
                new.service
            )));
        };
        if self.aws.vpc(caller, &new.vpc).is_none() {
            return Err(Refusal::not_found(format!(
                "InvalidVpcId.NotFound: The Vpc Id {} does not exist",
                new.vpc
            )));
        }
        if new.subnets.is_empty() || new.groups.is_empty() {
            return Err(Refusal::invalid(
                "MissingParameter: at least one subnet and one security group",
            ));
        }
        self.check_subnets(caller, &new.vpc, &new.subnets, Some(addon), now)?;
        self.check_groups(caller, &new.vpc, &new.groups, now)?;
        let live = self.aws.endpoints_in(&new.vpc).filter(|endpoint| endpoint.is_live(now));
        if live.count() >= ENDPOINTS {
            return Err(Refusal::quota(format!(
                "VpcEndpointLimitExceeded: The maximum number of VPC endpoints for VPC {} has \
                 been reached.",
                new.vpc
            )));
        }
        Ok(())
    }

    /// Subnets to be added: of this VPC, in different zones that the service is offered in, and
    /// with an address left.
    pub(crate) fn check_subnets(
        &self,
        caller: &Caller,
        vpc: &VpcId,
        subnets: &BTreeSet<SubnetId>,
        addon: Option<AddonId>,
        now: SystemTime,
    ) -> Reply<()> {
        let offered = addon.and_then(|id| self.heroku.addons.get(&id)).map(|it| &it.offered);
        for id in subnets {
            let subnet = self.aws.subnet(caller, id).ok_or_else(|| {
                Refusal::not_found(format!(
                    "InvalidSubnetID.NotFound: The subnet ID '{id}' does not exist"
                ))
            })?;
            if subnet.vpc != *vpc {
                return Err(Refusal::invalid(format!(
                    "InvalidParameter: The subnet {id} is not in VPC {vpc}"
                )));
            }
            if offered.is_some_and(|zones| !zones.contains(&subnet.zone)) {
                return Err(Refusal::invalid(format!(
                    "InvalidParameter: The VPC endpoint service does not support the \
                     availability zone of the subnet: {id}"
                )));
            }
            if self.aws.free_addresses(id, now) == 0 {
                return Err(Refusal::quota(format!(
                    "InsufficientFreeAddressesInSubnet: Insufficient free addresses in subnet \
                     '{id}'"
                )));
            }
        }
        self.check_zones(subnets)
    }

    pub(crate) fn check_zones(&self, subnets: &BTreeSet<SubnetId>) -> Reply<()> {
        let mut zones = BTreeMap::new();
        for id in subnets {
            let Some(subnet) = self.aws.subnets.get(id) else { continue };
            if let Some(other) = zones.insert(&subnet.zone, id) {
                return Err(Refusal::invalid(format!(
                    "DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the \
                     availability zone of {id}: {other}"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn check_groups(
        &self,
        caller: &Caller,
        vpc: &VpcId,
        groups: &BTreeSet<SecurityGroupId>,
        now: SystemTime,
    ) -> Reply<()> {
        for id in groups {
            let (group, _) = self.aws.known_group(caller, id, now)?;
            if group.vpc != *vpc {
                return Err(Refusal::invalid(format!(
                    "InvalidParameter: Security group {id} does not belong to VPC {vpc}"
                )));
            }
        }
        Ok(())
    }

    /// An endpoint, without checks, that meets the next fate.
    fn plant_endpoint(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewEndpoint,
    ) -> VpcEndpointId {
        let first = waiting(new);
        let accepted_at = now + self.timings.acceptance;
        let available_at = accepted_at + self.timings.pending;
        let pending = self.accepted(&first, now);
        let fate = self.aws.fates.pop_front();
        let refused = match fate {
            Some(Fate::Rejected) => Some(ended(&first, word::REJECTED, None)),
            Some(Fate::Expired) => Some(ended(&first, word::EXPIRED, None)),
            _ => None,
        };
        let made = match &fate {
            Some(Fate::Failed) => ended(&pending, word::FAILED, Some(FAILURE)),
            Some(Fate::Stuck(state)) => {
                EndpointVersion { state: Cow::Owned(state.as_str().to_owned()), ..pending.clone() }
            }
            _ => available(&pending, available_at),
        };
        let unaccepted = made.state == word::PENDING_ACCEPTANCE;
        let mut history = History::new(now, first);
        match refused {
            Some(refused) => history.schedule(accepted_at, refused),
            None if unaccepted => {}
            None => {
                history.schedule(accepted_at, pending);
                history.schedule(available_at, made);
            }
        }
        self.keep_endpoint(caller, now, new, history)
    }

    /// An endpoint that has been available since `from`.
    pub(crate) fn plant_available_endpoint(
        &mut self,
        caller: &Caller,
        from: SystemTime,
        new: &NewEndpoint,
    ) -> VpcEndpointId {
        let version = available(&self.accepted(&waiting(new), from), from);
        self.keep_endpoint(caller, from, new, History::new(from, version))
    }

    fn accepted(&mut self, first: &EndpointVersion, now: SystemTime) -> EndpointVersion {
        EndpointVersion {
            state: Cow::Borrowed(word::PENDING),
            interfaces: Arc::new(self.new_interfaces(&first.shape.subnets, now)),
            accepted: true,
            ..first.clone()
        }
    }

    fn keep_endpoint(
        &mut self,
        caller: &Caller,
        created_at: SystemTime,
        new: &NewEndpoint,
        history: History<EndpointVersion>,
    ) -> VpcEndpointId {
        let id = self.ids.endpoint();
        let record = EndpointRecord {
            id: id.clone(),
            owner: caller.account.clone(),
            region: caller.region.clone(),
            vpc: new.vpc.clone(),
            service: new.service.clone(),
            created_at,
            history,
        };
        index(&mut self.aws.tagged_endpoints, &new.tags, &id);
        self.aws.by_service.entry(new.service.clone()).or_default().push(id.clone());
        if let Some(vpc) = self.aws.vpcs.get_mut(&new.vpc) {
            vpc.endpoints.push(id.clone());
        }
        self.aws.endpoints.insert(id.clone(), record);
        id
    }
}

/// What EC2 says of an endpoint that it could not make.
const FAILURE: &str = "InternalError: An internal error has occurred";

fn waiting(new: &NewEndpoint) -> EndpointVersion {
    EndpointVersion {
        state: Cow::Borrowed(word::PENDING_ACCEPTANCE),
        shape: Arc::new(Shape {
            subnets: new.subnets.clone(),
            groups: new.groups.clone(),
            tags: new.tags.clone(),
        }),
        interfaces: Arc::default(),
        accepted: false,
        available_since: None,
        last_error: None,
    }
}

fn available(pending: &EndpointVersion, since: SystemTime) -> EndpointVersion {
    EndpointVersion {
        state: Cow::Borrowed(word::AVAILABLE),
        available_since: Some(since),
        ..pending.clone()
    }
}

fn ended(
    version: &EndpointVersion,
    state: &'static str,
    last_error: Option<&'static str>,
) -> EndpointVersion {
    EndpointVersion { state: Cow::Borrowed(state), last_error, ..version.clone() }
}
