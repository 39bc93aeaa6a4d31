//! VPCs, subnets, route tables and network ACLs that are there before the story begins.

use std::collections::BTreeSet;
use std::fmt::Display;

use heroku_data_link::model::{
    AccountId, AwsRegion, Cidr, CidrSet, NetworkAclId, RouteTableId, SubnetId, VpcId, ZoneId,
    ZoneName,
};
use heroku_data_link::provider::RouteTarget;

use crate::setup::{ALWAYS, parse};
use crate::setup_error::SetupError;
use crate::specs::{NetworkAclSpec, RouteTableSpec, VpcSpec};
use crate::state::aws::{AwsState, SubnetRecord};
use crate::state::{Caller, zones};
use crate::world::{World, default_caller};

impl World {
    /// A VPC, with a main route table, and a default network ACL that lets everything pass.
    ///
    /// # Errors
    /// When a text is malformed or the id is taken.
    pub fn add_vpc(&self, spec: &VpcSpec) -> Result<VpcId, SetupError> {
        let default = default_caller();
        let account = spec.account.as_ref().map_or(Ok(default.account), parse)?;
        let region: AwsRegion = spec.region.as_ref().map_or(Ok(default.region), parse)?;
        let cidrs = spec.cidrs.iter().map(parse).collect::<Result<CidrSet, _>>()?;
        let shared_with = spec.shared_with.iter().map(parse).collect::<Result<_, _>>()?;
        let fixed = spec.id.as_ref().map(parse::<VpcId>).transpose()?;
        let mut inner = self.lock();
        let state = &mut inner.state;
        let id = fixed.unwrap_or_else(|| state.ids.vpc());
        if state.aws.vpcs.contains_key(&id) {
            return Err(SetupError::taken("VPC id", &id));
        }
        let owner = Caller { account, region };
        state.plant_vpc(ALWAYS, &owner, &id, cidrs, shared_with);
        if let Some(record) = state.aws.vpcs.get_mut(&id) {
            record.dns_hostnames = !spec.without_dns_hostnames;
        }
        Ok(id)
    }

    /// A subnet in the zone that the VPC's owner calls by this name, such as `us-east-1a`.
    ///
    /// # Errors
    /// When a text is malformed, or the VPC or the zone is not there.
    pub fn add_subnet(
        &self,
        vpc: &VpcId,
        zone: impl Display,
        cidr: impl Display,
    ) -> Result<SubnetId, SetupError> {
        let (zone, cidr): (ZoneName, Cidr) = (parse(zone)?, parse(cidr)?);
        let mut inner = self.lock();
        let state = &mut inner.state;
        let record = state.aws.vpcs.get_mut(vpc);
        let record = record.ok_or_else(|| SetupError::unknown("VPC", vpc))?;
        let zone = zones::id_of(&record.region, &record.vpc.owner, &zone)
            .ok_or_else(|| SetupError::unknown("zone", zone))?;
        let id = state.ids.subnet();
        record.subnets.push(id.clone());
        state.aws.subnets.insert(id.clone(), SubnetRecord { vpc: vpc.clone(), zone, cidr });
        Ok(id)
    }

    /// What an account calls a zone. Others call it otherwise.
    pub fn zone_name(&self, region: &AwsRegion, account: &AccountId, zone: &ZoneId) -> ZoneName {
        zones::name_of(region, account, zone)
    }

    /// The route table of a VPC that serves the subnets of no other table.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn main_route_table(&self, vpc: &VpcId) -> Result<RouteTableId, SetupError> {
        let inner = self.lock();
        let record = inner.state.aws.vpcs.get(vpc);
        let tables = record.map_or(&[][..], |record| &record.route_tables);
        tables.first().cloned().ok_or_else(|| SetupError::unknown("VPC", vpc))
    }

    /// A route table beside the main one, with the local routes of its VPC.
    ///
    /// # Errors
    /// When a text is malformed, VPC or subnet is not there, or the id, the subnet or the
    /// destination of a route is taken.
    pub fn add_route_table(&self, spec: &RouteTableSpec) -> Result<RouteTableId, SetupError> {
        let fixed = spec.id.as_ref().map(parse::<RouteTableId>).transpose()?;
        let mut inner = self.lock();
        let state = &mut inner.state;
        if !state.aws.vpcs.contains_key(&spec.vpc) {
            return Err(SetupError::unknown("VPC", &spec.vpc));
        }
        if let Some(id) = fixed.as_ref().filter(|id| state.aws.route_tables.contains_key(*id)) {
            return Err(SetupError::taken("route table id", id));
        }
        let taken = state.aws.route_tables.values().map(|table| &table.subnets);
        check_subnets(&state.aws, &spec.vpc, &spec.subnets, taken)?;
        let id = state.plant_route_table(ALWAYS, &spec.vpc, fixed, false);
        if let Some(table) = state.aws.route_tables.get_mut(&id) {
            table.subnets.clone_from(&spec.subnets);
            table.tags.clone_from(&spec.tags);
            table.unread_routes = spec.unread_routes;
        }
        drop(inner);
        for (destination, target) in &spec.routes {
            self.add_route(&id, destination, target)?;
        }
        Ok(id)
    }

    /// The network ACL of a VPC that the subnets of no other ACL have.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn default_network_acl(&self, vpc: &VpcId) -> Result<NetworkAclId, SetupError> {
        let inner = self.lock();
        let record = inner.state.aws.vpcs.get(vpc);
        let acls = record.map_or(&[][..], |record| &record.network_acls);
        acls.first().cloned().ok_or_else(|| SetupError::unknown("VPC", vpc))
    }

    /// A network ACL beside the default one.
    ///
    /// # Errors
    /// When VPC or subnet is not there, or another ACL beside the default one has the subnet.
    pub fn add_network_acl(&self, spec: &NetworkAclSpec) -> Result<NetworkAclId, SetupError> {
        let mut inner = self.lock();
        let state = &mut inner.state;
        if !state.aws.vpcs.contains_key(&spec.vpc) {
            return Err(SetupError::unknown("VPC", &spec.vpc));
        }
        let taken = state.aws.network_acls.values().map(|acl| &acl.subnets);
        check_subnets(&state.aws, &spec.vpc, &spec.subnets, taken)?;
        let (subnets, entries) = (spec.subnets.clone(), spec.entries.clone());
        Ok(state.plant_network_acl(ALWAYS, &spec.vpc, false, subnets, entries))
    }

    /// A route that somebody made: to a peering connection (`pcx-…`; unknown ones are gone, and
    /// their routes blackholes), or to anything else, such as `igw-0a1b2c3d`.
    ///
    /// # Errors
    /// When the destination is malformed or taken, or there is no such table.
    pub fn add_route(
        &self,
        table: &RouteTableId,
        destination: impl Display,
        target: impl Display,
    ) -> Result<(), SetupError> {
        let destination: Cidr = parse(destination)?;
        let target = target.to_string();
        let target = match target.parse() {
            Ok(peering) => RouteTarget::Peering(peering),
            Err(_) => RouteTarget::Other(target),
        };
        let mut inner = self.lock();
        let record = inner.state.aws.route_tables.get_mut(table);
        let record = record.ok_or_else(|| SetupError::unknown("route table", table))?;
        if record.routes.last().is_some_and(|routes| routes.contains_key(&destination)) {
            return Err(SetupError::taken("destination", destination));
        }
        record.routes.update(ALWAYS, |routes| {
            routes.insert(destination, target.clone());
        });
        Ok(())
    }
}

/// Subnets of the VPC that are not taken yet.
fn check_subnets<'a>(
    aws: &AwsState,
    vpc: &VpcId,
    subnets: &BTreeSet<SubnetId>,
    taken: impl Iterator<Item = &'a BTreeSet<SubnetId>>,
) -> Result<(), SetupError> {
    let taken: BTreeSet<_> = taken.flatten().collect();
    for subnet in subnets {
        if aws.subnets.get(subnet).is_none_or(|record| record.vpc != *vpc) {
            return Err(SetupError::unknown("subnet", subnet));
        }
        if taken.contains(subnet) {
            return Err(SetupError::taken("subnet", subnet));
        }
    }
    Ok(())
}
