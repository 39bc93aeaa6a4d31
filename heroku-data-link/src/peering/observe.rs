//! The thin part: reads, and nothing decided.

use std::collections::BTreeSet;

use futures_util::future::{try_join, try_join5};

use super::facts::Facts;
use super::run::PeeringWorkflow;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, RouteTableChoice};
use super::steps;
use crate::provider::{
    CallerIdentity, GroupQuery, Peering, PeeringConnection, PeeringInfo, PeeringQuery,
    ProviderResult, RouteTable, RouteTableQuery, SecurityGroup, Space, Subnet, SubnetQuery, Vpc,
};
use crate::reach;
use crate::reconcile::{Fresh, Goal, Remembered, distinct, ownership};

/// What does not change, so that a pass need not read it again.
#[derive(Debug, Default)]
pub(super) struct Known {
    caller: Remembered<CallerIdentity>,
    space: Remembered<Option<Space>>,
    info: Remembered<Option<PeeringInfo>>,
    /// Which VPC they are in: kept once all of them were found.
    subnets: Remembered<Vec<Subnet>>,
    /// For the time of a run.
    vpc: Remembered<Option<Vpc>>,
}

impl Known {
    /// Who acts on AWS, once that was asked.
    pub(super) fn caller(&self) -> Option<CallerIdentity> {
        self.caller.get()
    }

    /// What was kept for the time of a run is to be read anew; with `everything`, all.
    pub(super) fn forget(&self, everything: bool) {
        let Self { caller, space, info, subnets, vpc } = self;
        vpc.forget();
        if everything {
            caller.forget();
            space.forget();
            info.forget();
            subnets.forget();
        }
    }
}

impl PeeringWorkflow {
    pub(super) async fn observe(
        &self,
        goal: Goal,
        fresh: &Fresh<'_, Snapshot>,
    ) -> ProviderResult<Snapshot> {
        let aws = try_join5(
            self.caller(),
            self.vpc(goal),
            self.connections(),
            self.tables(goal),
            try_join(self.groups(), self.subnets(goal)),
        );
        let ((caller, vpc, connections, tables, (groups, subnets)), (space, info, peerings)) =
            try_join(aws, self.heroku_side(goal, fresh)).await?;
        let mut seen = Snapshot {
            caller,
            region: self.clouds.vpc_region().clone(),
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
        let former = Facts::of(&self.spec, &seen).former_groups();
        if !former.is_empty() {
            let groups = self.clouds.aws.security_groups(&GroupQuery::Ids(former)).await?;
            seen.groups.extend(groups);
        }
        Ok(seen)
    }

    pub(super) async fn refresh(
        &self,
        seen: &Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Snapshot> {
        let mut now = seen.clone();
        for source in sources {
            match *source {
                steps::CONNECTIONS_OF_AWS => {
                    let mut read = self.connections().await?;
                    if let PeeringChoice::Existing(id) = &self.spec.peering {
                        let query = PeeringQuery::Id(id.clone());
                        read.extend(self.clouds.aws.peering_connections(&query).await?);
                    }
                    // Of one that was read twice, the later look counts.
                    let is_own =
                        |it: &PeeringConnection| ownership::is_owned(&self.spec.link, &it.tags);
                    now.connections.retain(|it| !is_own(it));
                    let all = now.connections.drain(..).chain(read);
                    now.connections = distinct(all, |it| it.id.clone());
                }
                steps::PEERINGS_OF_HEROKU => {
                    now.peerings = self.clouds.heroku.peerings(&self.spec.space).await?;
                }
                _ => {}
            }
        }
        Ok(now)
    }

    async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.clouds.aws.caller_identity()).await
    }

    async fn space(&self) -> ProviderResult<Option<Space>> {
        let read = self.clouds.heroku.space(&self.spec.space);
        self.known.space.get_or_read_until(Option::is_some, read).await
    }

    async fn info(&self) -> ProviderResult<Option<PeeringInfo>> {
        let read = self.clouds.heroku.peering_info(&self.spec.space);
        self.known.info.get_or_read_until(Option::is_some, read).await
    }

    async fn heroku_side(
        &self,
        goal: Goal,
        fresh: &Fresh<'_, Snapshot>,
    ) -> ProviderResult<(Option<Space>, Option<PeeringInfo>, Vec<Peering>)> {
        match goal {
            Goal::Established => {
                let space = self.space().await?;
                // Heroku has nothing to say of spaces that cannot be peered.
                if space.as_ref().is_none_or(|space| reach::check_generation(space).is_err()) {
                    return Ok((space, None, Vec::new()));
                }
                let peerings = async {
                    match fresh.of(steps::PEERINGS_OF_HEROKU) {
                        Some(seen) => Ok(seen.peerings.clone()),
                        None => self.clouds.heroku.peerings(&self.spec.space).await,
                    }
                };
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
            Goal::Established => {
                let read = self.clouds.aws.vpc(&self.spec.vpc);
                self.known.vpc.get_or_read_until(Option::is_some, read).await
            }
            Goal::TornDown => Ok(None),
        }
    }

    async fn connections(&self) -> ProviderResult<Vec<PeeringConnection>> {
        let tag = ownership::tag_of(&self.spec.link);
        self.clouds.aws.peering_connections(&PeeringQuery::Tagged(tag)).await
    }

    async fn groups(&self) -> ProviderResult<Vec<SecurityGroup>> {
        let Some(inbound) = &self.spec.inbound else { return Ok(Vec::new()) };
        let ids = BTreeSet::from([inbound.security_group.clone()]);
        self.clouds.aws.security_groups(&GroupQuery::Ids(ids)).await
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
        self.known.subnets.get_or_read_until(are_all, self.clouds.aws.subnets(&query)).await
    }

    async fn tables(&self, goal: Goal) -> ProviderResult<Vec<RouteTable>> {
        let vpc = self.spec.vpc.clone();
        let mut tables = self.clouds.aws.route_tables(&RouteTableQuery::InVpc(vpc)).await?;
        if let (Goal::Established, RouteTableChoice::Ids(ids)) = (goal, &self.spec.route_tables) {
            let elsewhere: BTreeSet<_> = ids
                .iter()
                .filter(|id| !tables.iter().any(|table| table.id == **id))
                .cloned()
                .collect();
            if !elsewhere.is_empty() {
                tables
                    .extend(self.clouds.aws.route_tables(&RouteTableQuery::Ids(elsewhere)).await?);
            }
        }
        Ok(tables)
    }

    /// What only the first reads can tell the need of: all connections of the VPC, while the link
    /// has none of its own, and the one that the spec names.
    async fn look_closer(&self, seen: &mut Snapshot) -> ProviderResult<()> {
        let owned = self.spec.owns_connection();
        if owned && Facts::of(&self.spec, seen).connection.is_some() {
            return Ok(());
        }
        let of_vpc = PeeringQuery::OfVpc(self.spec.vpc.clone());
        let mut found = self.clouds.aws.peering_connections(&of_vpc).await?;
        if let PeeringChoice::Existing(id) = &self.spec.peering {
            if !found.iter().any(|it| it.id == *id) {
                let query = PeeringQuery::Id(id.clone());
                found.extend(self.clouds.aws.peering_connections(&query).await?);
            }
        }
        // What was read first may be older: the later look counts.
        let all = seen.connections.drain(..).chain(found);
        seen.connections = distinct(all, |it| it.id.clone());
        seen.neighbours_read = true;
        Ok(())
    }
}
