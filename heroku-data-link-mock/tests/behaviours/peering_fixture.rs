use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::model::{PeeringConnectionId, PeeringStatus, RouteState};
use heroku_data_link::provider::{
    NewPeeringConnection, NewRoute, Peering, PeeringConnection, PeeringQuery, Route,
    RouteTableQuery, RouteTables, SpacePeerings, VpcPeerings,
};
use heroku_data_link_mock::{AwsFace, PeeringProcedure, World};

use crate::fixture::secs;

pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The world of the article on peering, some way into its procedure.
pub(crate) struct PeeringSite {
    pub(crate) world: World,
    pub(crate) site: PeeringProcedure,
}

impl PeeringSite {
    pub(crate) fn new() -> Self {
        let (world, site) = World::of_the_peering_procedure();
        Self { world, site }
    }

    pub(crate) fn aws(&self) -> Arc<AwsFace> {
        self.world.aws_in(self.site.account.clone(), self.site.region.clone())
    }

    /// The space's VPC, as EC2 shows it to its owner.
    pub(crate) fn aws_of_heroku(&self) -> Arc<AwsFace> {
        self.world.aws_in(self.site.space_account.clone(), self.site.space_region.clone())
    }

    /// The right request.
    pub(crate) fn new_connection(&self) -> NewPeeringConnection {
        NewPeeringConnection {
            vpc: self.site.vpc.clone(),
            peer_vpc: self.site.space_vpc.clone(),
            peer_account: self.site.space_account.clone(),
            peer_region: self.site.space_region.clone(),
            tags: BTreeMap::from([("heroku-data-link:link".to_owned(), "a".to_owned())]),
        }
    }

    pub(crate) async fn request(&self) -> PeeringConnectionId {
        self.aws().create_peering_connection(&self.new_connection()).await.unwrap()
    }

    /// A request that Heroku lists.
    pub(crate) async fn listed(&self) -> PeeringConnectionId {
        let id = self.request().await;
        self.world.advance(secs(180));
        assert_eq!(self.row(&id).await.unwrap().status, PeeringStatus::PendingAcceptance);
        id
    }

    pub(crate) async fn accept(&self, id: &PeeringConnectionId) {
        self.world.heroku().accept_peering(&self.site.space, id).await.unwrap();
    }

    /// A connection that is active on both sides.
    pub(crate) async fn active(&self) -> PeeringConnectionId {
        let id = self.listed().await;
        self.accept(&id).await;
        self.world.advance(secs(180));
        assert_eq!(self.status(&id).await, Some(PeeringStatus::Active));
        id
    }

    pub(crate) async fn describe(&self, id: &PeeringConnectionId) -> Option<PeeringConnection> {
        let query = PeeringQuery::Id(id.clone());
        self.aws().peering_connections(&query).await.unwrap().pop()
    }

    /// As EC2 shows it to the VPC that asked.
    pub(crate) async fn status(&self, id: &PeeringConnectionId) -> Option<PeeringStatus> {
        self.describe(id).await.map(|connection| connection.status)
    }

    /// As Heroku lists it.
    pub(crate) async fn row(&self, id: &PeeringConnectionId) -> Option<Peering> {
        let rows = self.world.heroku().peerings(&self.site.space).await.unwrap();
        rows.into_iter().find(|row| row.id.as_ref() == Some(id))
    }

    /// As EC2 shows it to the VPC that asked, and as Heroku lists it.
    pub(crate) async fn both(
        &self,
        id: &PeeringConnectionId,
    ) -> (Option<PeeringStatus>, Option<PeeringStatus>) {
        (self.status(id).await, self.row(id).await.map(|row| row.status))
    }

    /// The space's block, in the main table.
    pub(crate) fn new_route(&self, id: &PeeringConnectionId) -> NewRoute {
        NewRoute {
            table: self.site.tables[0].clone(),
            destination: "10.0.0.0/16".parse().unwrap(),
            peering: id.clone(),
        }
    }

    pub(crate) async fn routes(&self) -> Vec<Route> {
        let query = RouteTableQuery::Ids([self.site.tables[0].clone()].into());
        self.aws().route_tables(&query).await.unwrap().pop().unwrap().routes
    }

    pub(crate) async fn route_state(&self) -> Option<RouteState> {
        let destination = self.new_route(&"pcx-0".parse().unwrap()).destination;
        let routes = self.routes().await;
        routes.into_iter().find(|route| route.destination == destination).map(|it| it.state)
    }
}
