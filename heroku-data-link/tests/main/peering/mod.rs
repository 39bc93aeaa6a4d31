//! The peering workflow on the simulated world.

mod adoption;
mod bad_input;
mod convergence;
mod crash;
mod golden;
mod identity;
mod inbound;
mod policy;
mod preflight;

use heroku_data_link::model::RouteTableId;
use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow, RouteTableChoice};
use heroku_data_link::provider::{CallerIdentity, Route, RouteTableQuery, RouteTables};
use heroku_data_link::reconcile::{Blocker, Driver};
use heroku_data_link_mock::{AwsFace, PeeringProcedure, World};
use std::sync::Arc;

pub(crate) type Link = Driver<PeeringWorkflow>;

/// The world of the procedure, and a spec that leads all of its tables to the space.
pub(crate) fn procedure() -> (World, PeeringProcedure, PeeringSpec) {
    let (world, site) = World::of_the_peering_procedure();
    let spec = spec_for(&site);
    (world, site, spec)
}

pub(crate) fn spec_for(site: &PeeringProcedure) -> PeeringSpec {
    let mut spec = PeeringSpec::new("demo".parse().unwrap(), site.space.clone(), site.vpc.clone());
    spec.route_tables = RouteTableChoice::All;
    spec
}

/// AWS as the VPC's owner sees it.
pub(crate) fn aws(world: &World, site: &PeeringProcedure) -> Arc<AwsFace> {
    world.aws_in(site.account.clone(), site.region.clone())
}

pub(crate) fn driver(world: &World, site: &PeeringProcedure, spec: &PeeringSpec) -> Link {
    let workflow = PeeringWorkflow::new(spec.clone(), world.heroku(), aws(world, site));
    Driver::new(workflow, world.clock())
}

/// The blockers of an attempt that must have changed nothing.
async fn blockers(world: &World, site: &PeeringProcedure, spec: &PeeringSpec) -> Vec<Blocker> {
    crate::support::blockers_of(world, &driver(world, site, spec)).await
}

/// One blocker of this code, whose text has all of these parts.
async fn assert_blocked(
    (world, site): (&World, &PeeringProcedure),
    spec: &PeeringSpec,
    code: &str,
    parts: &[&str],
) {
    let found = blockers(world, site, spec).await;
    crate::support::assert_blocker(&found, code, parts);
}

/// The routes of a table to peering connections.
async fn routes(world: &World, site: &PeeringProcedure, table: &RouteTableId) -> Vec<Route> {
    let ids = RouteTableQuery::Ids([table.clone()].into());
    let mut tables = aws(world, site).route_tables(&ids).await.unwrap();
    let mut routes = tables.remove(0).routes;
    routes.retain(|route| route.target.to_string().starts_with("pcx-"));
    routes
}

fn caller(site: &PeeringProcedure) -> CallerIdentity {
    CallerIdentity {
        account: site.account.clone(),
        arn: format!("arn:aws:iam::{}:user/x", site.account).parse().unwrap(),
    }
}
