//! The thin part: reads and calls, and nothing decided.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{try_join, try_join5};

use super::action::Action;
use super::output::PeeringOutput;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice};
use super::{plan, teardown};
use crate::model::LinkId;
use crate::provider::{
    CallerIdentity, ErrorKind, GroupQuery, Identity, Peering, PeeringConnection, PeeringInfo,
    PeeringQuery, ProviderError, ProviderResult, Rehearsals, RouteTable, RouteTableQuery,
    RouteTables, SecurityGroup, SecurityGroups, Space, SpacePeerings, Spaces, Subnet, SubnetQuery,
    Vpc, VpcPeerings, Vpcs,
};
use crate::reach;
use crate::reconcile::{Goal, Moment, Plan, Remembered, Workflow, distinct, ownership, sealed};

/// What this workflow needs of Heroku. Implemented by everything that has the capabilities.
pub trait HerokuSide: Spaces + SpacePeerings {}
impl<T: Spaces + SpacePeerings> HerokuSide for T {}

/// What this workflow needs of AWS. Implemented by everything that has the capabilities.
pub trait AwsSide:
    Identity + Vpcs + VpcPeerings + RouteTables + SecurityGroups + Rehearsals
{
}
impl<T> AwsSide for T where
    T: Identity + Vpcs + VpcPeerings + RouteTables + SecurityGroups + Rehearsals
{
}

/// The peering workflow of one link; give it to a [`Driver`](crate::reconcile::Driver).
#[derive(Debug)]
pub struct PeeringWorkflow {
    spec: PeeringSpec,
    heroku: Arc<dyn HerokuSide>,
    aws: Arc<dyn AwsSide>,
    known: Known,
}

/// Facts that do not change, so that a pass need not read them again.
#[derive(Debug, Default)]
struct Known {
    caller: Remembered<CallerIdentity>,
    space: Remembered<Option<Space>>,
    info: Remembered<Option<PeeringInfo>>,
    /// Which VPC they are in: kept once all of them were found.
    subnets: Remembered<Vec<Subnet>>,
}

impl Known {
    fn forget(&self) {
        let Self { caller, space, info, subnets } = self;
        caller.forget();
        space.forget();
        info.forget();
        subnets.forget();
    }
}

impl PeeringWorkflow {
    /// The workflow of `spec` on these two clouds.
    ///
    /// The AWS side's region must be that of the VPC, and its account the VPC's owner. The space
    /// may be in another region.
    pub fn new(spec: PeeringSpec, heroku: Arc<dyn HerokuSide>, aws: Arc<dyn AwsSide>) -> Self {
        Self { spec, heroku, aws, known: Known::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &PeeringSpec {
        &self.spec
    }

    pub(super) fn aws(&self) -> &dyn AwsSide {
        &*self.aws
    }

    async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.aws.caller_identity()).await
    }

    async fn space(&self) -> ProviderResult<Option<Space>> {
        let read = self.heroku.space(&self.spec.space);
        self.known.space.get_or_read_until(Option::is_some, read).await
    }

    async fn info(&self) -> ProviderResult<Option<PeeringInfo>> {
        let read = self.heroku.peering_info(&self.spec.space);
        self.known.info.get_or_read_until(Option::is_some, read).await
    }

    async fn heroku_side(
        &self,
        goal: Goal,
    ) -> ProviderResult<(Option<Space>, Option<PeeringInfo>, Vec<Peering>)> {
        match goal {
            Goal::Established => {
                let space = self.space().await?;
                // Heroku has nothing to say of spaces that cannot be peered.
                if space.as_ref().is_none_or(|space| reach::check_generation(space).is_err()) {
                    return Ok((space, None, Vec::new()));
                }
                let peerings = self.heroku.peerings(&self.spec.space);
                let (info, peerings) = try_join(self.info(), peerings).await?;
                Ok((space, info, peerings))
            }
            // What was made for this space is the link's own; the space's addresses tell which
            // routes and rules the spec means.
            Goal::TornDown => {
                let (space, info) = try_join(self.space(), self.info()).await?;
                Ok((space, info, Vec::new()))
            }
        }
    }

    async fn vpc(&self, goal: Goal) -> ProviderResult<Option<Vpc>> {
        match goal {
            Goal::Established => self.aws.vpc(&self.spec.vpc).await,
            Goal::TornDown => Ok(None),
        }
    }

    async fn connections(&self) -> ProviderResult<Vec<PeeringConnection>> {
        let tag = ownership::tag_of(&self.spec.link);
        self.aws.peering_connections(&PeeringQuery::Tagged(tag)).await
    }

    async fn groups(&self) -> ProviderResult<Vec<SecurityGroup>> {
        let Some(inbound) = &self.spec.inbound else { return Ok(Vec::new()) };
        let ids = BTreeSet::from([inbound.security_group.clone()]);
        self.aws.security_groups(&GroupQuery::Ids(ids)).await
    }

    async fn subnets(&self, goal: Goal) -> ProviderResult<Vec<Subnet>> {
        let (Goal::Established, RouteTableChoice::OfSubnets(ids)) = (goal, &self.spec.route_tables)
        else {
            return Ok(Vec::new());
        };
        let query = SubnetQuery::Ids(ids.as_set().clone());
        let are_all = |subnets: &Vec<Subnet>| {
            ids.iter().all(|id| subnets.iter().any(|subnet| subnet.id == *id))
        };
        self.known.subnets.get_or_read_until(are_all, self.aws.subnets(&query)).await
    }

    async fn tables(&self, goal: Goal) -> ProviderResult<Vec<RouteTable>> {
        let vpc = self.spec.vpc.clone();
        let mut tables = self.aws.route_tables(&RouteTableQuery::InVpc(vpc)).await?;
        if let (Goal::Established, RouteTableChoice::Ids(ids)) = (goal, &self.spec.route_tables) {
            let elsewhere: BTreeSet<_> = ids
                .iter()
                .filter(|id| !tables.iter().any(|table| table.id == **id))
                .cloned()
                .collect();
            if !elsewhere.is_empty() {
                tables.extend(self.aws.route_tables(&RouteTableQuery::Ids(elsewhere)).await?);
            }
        }
        Ok(tables)
    }

    /// What only the first reads can tell the need of: all connections of the VPC, while the link
    /// has none of its own, and the one that the spec names.
    async fn look_closer(&self, seen: &mut Snapshot) -> ProviderResult<()> {
        let owned = self.spec.owns_connection();
        if owned && seen.connection(&self.spec).is_some() {
            return Ok(());
        }
        let of_vpc = PeeringQuery::OfVpc(self.spec.vpc.clone());
        let mut found = self.aws.peering_connections(&of_vpc).await?;
        if let PeeringChoice::Existing(id) = &self.spec.peering {
            if !found.iter().any(|it| it.id == *id) {
                let query = PeeringQuery::Id(id.clone());
                found.extend(self.aws.peering_connections(&query).await?);
            }
        }
        // What was read first may be older: the later look counts.
        let all = seen.connections.drain(..).chain(found);
        seen.connections = distinct(all, |it| it.id.clone());
        seen.neighbours_read = true;
        Ok(())
    }
}

/// Heroku may call it an invalid request when there is nothing to accept any more, as an earlier
/// process has accepted it and reads do not show that yet.
fn nothing_to_accept(error: ProviderError) -> ProviderError {
    match error.kind() {
        ErrorKind::InvalidRequest => {
            ProviderError::new(error.operation(), ErrorKind::Conflict, error.message())
                .with_source(error)
        }
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::RateLimited { .. }
        | ErrorKind::Unauthorized
        | ErrorKind::TwoFactorRequired
        | ErrorKind::Forbidden
        | ErrorKind::QuotaExceeded
        | ErrorKind::Transient
        | ErrorKind::Timeout
        | ErrorKind::Protocol => error,
    }
}

impl sealed::Sealed for PeeringWorkflow {}

#[async_trait]
impl Workflow for PeeringWorkflow {
    type Snapshot = Snapshot;
    type Action = Action;
    type Output = PeeringOutput;

    fn link(&self) -> &LinkId {
        &self.spec.link
    }

    async fn observe(&self, goal: Goal) -> ProviderResult<Snapshot> {
        let aws = try_join5(
            self.caller(),
            self.vpc(goal),
            self.connections(),
            self.tables(goal),
            try_join(self.groups(), self.subnets(goal)),
        );
        let ((caller, vpc, connections, tables, (groups, subnets)), (space, info, peerings)) =
            try_join(aws, self.heroku_side(goal)).await?;
        let mut seen = Snapshot {
            caller,
            region: self.aws.region().clone(),
            space,
            info,
            vpc,
            connections,
            neighbours_read: false,
            peerings,
            tables,
            subnets,
            groups,
        };
        if goal == Goal::Established {
            self.look_closer(&mut seen).await?;
        }
        Ok(seen)
    }

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan<Action> {
        match goal {
            Goal::Established => plan::establish(&self.spec, seen),
            Goal::TornDown => teardown::tear_down(&self.spec, seen),
        }
    }

    /// Nothing is held back: no call here has a token. A request that is repeated before reads
    /// show the first one is refused by AWS, which allows one live connection of two VPCs.
    fn hold(&self, _: &Action, _: Moment) -> Option<Duration> {
        None
    }

    async fn apply(&self, action: &Action, _: &Snapshot, _: Moment) -> ProviderResult<()> {
        let (heroku, aws) = (&self.heroku, &self.aws);
        let result = match action {
            Action::Request(request) => aws.create_peering_connection(request).await.map(drop),
            Action::Tag(id, tags) => aws.tag_peering_connection(id, tags).await,
            Action::Accept(id) => {
                heroku.accept_peering(&self.spec.space, id).await.map_err(nothing_to_accept)
            }
            Action::CreateRoute(route) => aws.create_route(route).await,
            Action::DeleteRoute(table, destination) => aws.delete_route(table, destination).await,
            Action::Authorize(group, rule) => aws.authorize_ingress(group, rule).await,
            Action::Revoke(group, rule) => aws.revoke_ingress(group, rule).await,
            Action::DeleteConnection(id) => aws.delete_peering_connection(id).await,
        };
        // What was known may no longer be there.
        if result.as_ref().is_err_and(|error| *error.kind() == ErrorKind::NotFound) {
            self.known.forget();
        }
        result
    }

    fn output(&self, seen: &Snapshot) -> Option<PeeringOutput> {
        let info = seen.info.as_ref()?;
        Some(PeeringOutput {
            link: self.spec.link.clone(),
            space: self.spec.space.clone(),
            space_vpc: info.vpc.clone()?,
            space_region: info.region.clone()?,
            vpc: self.spec.vpc.clone(),
            vpc_cidrs: seen.vpc.as_ref()?.cidrs.clone(),
            peering: seen.connection(&self.spec)?.id.clone(),
            routed_cidrs: seen.destinations(&self.spec),
            dyno_cidrs: info.space_cidrs.clone(),
            route_tables: seen.chosen(&self.spec).map(|table| table.id.clone()).collect(),
        })
    }
}
