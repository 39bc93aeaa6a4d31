//! Route tables.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use heroku_data_link::model::{
    Cidr, PeeringConnectionId, PeeringStatus, RouteState, RouteTableId, SubnetId, VpcId,
};
use heroku_data_link::provider::{NewRoute, Route, RouteTable, RouteTableQuery, RouteTarget, Tags};

use super::aws::{AwsState, Caller, VpcRecord};
use super::peering_changes::no_peering;
use super::{Absent, Refusal, Reply, State};
use crate::history::History;

#[derive(Debug)]
pub(crate) struct RouteTableRecord {
    pub(crate) id: RouteTableId,
    pub(crate) vpc: VpcId,
    pub(crate) is_main: bool,
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) tags: Tags,
    pub(crate) routes: History<BTreeMap<Cidr, RouteTarget>>,
    /// Routes to IPv6 blocks and prefix lists.
    pub(crate) unread_routes: usize,
}

impl RouteTableRecord {
    pub(crate) fn routes(&self, at: SystemTime) -> impl Iterator<Item = (&Cidr, &RouteTarget)> {
        self.routes.at(at).into_iter().flatten()
    }

    fn count(&self, at: SystemTime) -> usize {
        self.routes(at).count() + self.unread_routes
    }
}

impl AwsState {
    pub(crate) fn route_tables(
        &self,
        caller: &Caller,
        query: &RouteTableQuery,
        at: SystemTime,
    ) -> Vec<RouteTable> {
        let ids: BTreeSet<&RouteTableId> = match query {
            RouteTableQuery::InVpc(vpc) => self.tables_in(vpc).iter().collect(),
            RouteTableQuery::Ids(ids) => ids.iter().collect(),
        };
        ids.into_iter()
            .filter_map(|id| self.route_table(caller, id))
            .map(|(table, _)| self.describe_table(table, at))
            .collect()
    }

    fn tables_in(&self, vpc: &VpcId) -> &[RouteTableId] {
        self.vpcs.get(vpc).map_or(&[], |record| &record.route_tables)
    }

    /// A table of a VPC that the caller can see.
    pub(crate) fn route_table(
        &self,
        caller: &Caller,
        id: &RouteTableId,
    ) -> Option<(&RouteTableRecord, &VpcRecord)> {
        let table = self.route_tables.get(id)?;
        Some((table, self.vpc(caller, &table.vpc)?))
    }

    pub(crate) fn describe_table(&self, table: &RouteTableRecord, at: SystemTime) -> RouteTable {
        let routes = table.routes(at).map(|(destination, target)| Route {
            destination: *destination,
            target: target.clone(),
            state: self.route_state(target, at),
        });
        RouteTable {
            id: table.id.clone(),
            vpc: table.vpc.clone(),
            is_main: table.is_main,
            subnets: table.subnets.clone(),
            routes: routes.collect(),
            route_count: table.count(at),
            tags: table.tags.clone(),
        }
    }

    /// Traffic to a peering connection is dropped unless it is active.
    pub(crate) fn route_state(&self, target: &RouteTarget, at: SystemTime) -> RouteState {
        let RouteTarget::Peering(id) = target else { return RouteState::Active };
        let status = self.peerings.get(id).and_then(|record| record.truth.at(at));
        if status == Some(&PeeringStatus::Active) {
            RouteState::Active
        } else {
            RouteState::Blackhole
        }
    }

    /// A table whose routes the caller may change.
    pub(crate) fn own_table(
        &self,
        caller: &Caller,
        id: &RouteTableId,
    ) -> Reply<(&RouteTableRecord, &VpcRecord)> {
        let found = self.route_table(caller, id);
        let (table, vpc) = found.ok_or_else(|| {
            Refusal::not_found(format!(
                "InvalidRouteTableID.NotFound: The routeTable ID '{id}' does not exist"
            ))
        })?;
        vpc.check_owner(caller)?;
        Ok((table, vpc))
    }

    /// A live connection of the caller and of this VPC.
    fn check_target(
        &self,
        caller: &Caller,
        vpc: &VpcId,
        id: &PeeringConnectionId,
        now: SystemTime,
    ) -> Reply<()> {
        let record = self.peerings.get(id).filter(|record| record.is_live(now));
        let record = record.filter(|record| {
            record.side_of(caller).is_some_and(|side| record.end(side).shown.at(now).is_some())
        });
        let record = record.ok_or_else(|| no_peering(id))?;
        if record.requester.vpc != *vpc && record.accepter.vpc != *vpc {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: route table and {id} belong to different networks"
            )));
        }
        Ok(())
    }

    fn change_routes(
        &mut self,
        id: &RouteTableId,
        now: SystemTime,
        change: impl FnMut(&mut BTreeMap<Cidr, RouteTarget>),
    ) {
        if let Some(table) = self.route_tables.get_mut(id) {
            table.routes.update(now, change);
        }
    }
}

impl State {
    /// A table with the local routes of its VPC, without checks.
    pub(crate) fn plant_route_table(
        &mut self,
        from: SystemTime,
        vpc: &VpcId,
        id: Option<RouteTableId>,
        is_main: bool,
    ) -> RouteTableId {
        let id = id.unwrap_or_else(|| self.ids.route_table());
        let Some(record) = self.aws.vpcs.get_mut(vpc) else { return id };
        record.route_tables.push(id.clone());
        let local = record.vpc.cidrs.iter().map(|cidr| (*cidr, RouteTarget::Local)).collect();
        let table = RouteTableRecord {
            id: id.clone(),
            vpc: vpc.clone(),
            is_main,
            subnets: BTreeSet::new(),
            tags: Tags::new(),
            routes: History::new(from, local),
            unread_routes: 0,
        };
        self.aws.route_tables.insert(id.clone(), table);
        id
    }

    pub(crate) fn create_route(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewRoute,
    ) -> Reply<()> {
        let (table, vpc) = self.aws.own_table(caller, &new.table)?;
        self.aws.check_target(caller, &table.vpc, &new.peering, now)?;
        let destination = new.destination;
        if vpc.vpc.cidrs.covers(&destination) {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: {destination} is within the VPC's own blocks"
            )));
        }
        if table.routes(now).any(|(taken, _)| *taken == destination) {
            return Err(Refusal::conflict(format!(
                "RouteAlreadyExists: The route identified by {destination} already exists"
            )));
        }
        if table.count(now) >= self.limits.routes_per_table {
            return Err(Refusal::quota(format!(
                "RouteLimitExceeded: The maximum number of routes in {} has been reached",
                new.table
            )));
        }
        self.aws.change_routes(&new.table, now, |routes| {
            routes.insert(destination, RouteTarget::Peering(new.peering.clone()));
        });
        Ok(())
    }

    /// Leads a route that is there to another connection.
    pub(crate) fn replace_route(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewRoute,
    ) -> Reply<()> {
        let (table, _) = self.aws.own_table(caller, &new.table)?;
        self.aws.check_target(caller, &table.vpc, &new.peering, now)?;
        let destination = new.destination;
        let target = table.routes(now).find(|(known, _)| **known == destination);
        if target.is_none_or(|(_, target)| *target == RouteTarget::Local) {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: There is no route defined for '{destination}' in the route \
                 table. Use CreateRoute instead."
            )));
        }
        self.aws.change_routes(&new.table, now, |routes| {
            routes.insert(destination, RouteTarget::Peering(new.peering.clone()));
        });
        Ok(())
    }

    pub(crate) fn delete_route(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &RouteTableId,
        destination: Cidr,
        absent: Absent,
    ) -> Reply<()> {
        let (table, _) = self.aws.own_table(caller, id)?;
        let Some((_, target)) = table.routes(now).find(|(known, _)| **known == destination) else {
            return absent.reply(|| {
                Refusal::not_found(format!(
                    "InvalidRoute.NotFound: no route with destination-cidr-block {destination} in \
                     route table {id}"
                ))
            });
        };
        if *target == RouteTarget::Local {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: cannot remove local route {destination} in {id}"
            )));
        }
        self.aws.change_routes(id, now, |routes| {
            routes.remove(&destination);
        });
        Ok(())
    }
}
