//! Peering: a VPC joined with a Private Space, so that it reaches the dynos and they reach it.
//!
//! ```
//! use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow, RouteTableChoice};
//! use heroku_data_link::reconcile::Driver;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (world, site) = World::of_the_peering_procedure();
//! let mut spec = PeeringSpec::new("network".parse()?, site.space, site.vpc);
//! spec.route_tables = RouteTableChoice::All;
//!
//! let aws = world.aws_in(site.account, site.region);
//! let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
//! let driver = Driver::new(workflow, world.clock());
//! let link = driver.establish().await?;
//! assert_eq!(link.route_tables.len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! # Expected flow
//! 1. Everything that can be known beforehand is checked; every conflict is told, and nothing is
//!    changed while there is one. [`PeeringWorkflow::preflight`] tells which IAM actions are
//!    missing.
//! 2. The VPC asks the space's VPC for a connection, also in another region.
//! 3. Minutes later Heroku lists the request, and is told to accept it.
//! 4. Both clouds call the connection active.
//! 5. The chosen route tables get their routes, and then the security group its rules.
//!
//! # Guarantees
//! At most one connection of the link stays, whatever crashed when. A connection without the
//! link's tag is never deleted, a route to anything else never changed, and what Heroku manages for
//! itself never touched. A request is found in Heroku's list by its id alone.
//!
//! Routes carry no tags, and neither do the rules of a security group that is not the link's own.
//! What the link is about to make of them is recorded in the tags of its connection, 40 route tables
//! and port ranges at most, and fewer beside more than 4 of the spec's own
//! [`tags`](PeeringSpec::tags); a teardown deletes what is recorded, in every table of the VPC and in
//! every group. What was there before, what somebody else made, and what belongs to a connection that
//! the spec only names stays and is named in the plan, with the command that deletes it. A group that
//! the spec no longer names loses the link's rules when the link is established, too, unless
//! [`keep_inbound`](PeeringTeardown::keep_inbound) says otherwise.
//!
//! A request that failed, lapsed or was rejected is a blocker for as long as AWS shows it (hours or
//! days), or until the spec's [`replaces`](PeeringSpec::replaces) names it. A connection of the
//! link's own that somebody deleted is made again.
//!
//! # Assumptions
//! The AWS side speaks to the VPC's own region, as its owner. The addresses of a space do not
//! change. AWS allows two VPCs one live connection: its call takes no token, so this is what makes
//! a repeated request harmless; should there be two, the younger one is deleted.
//!
//! # Caveats
//! Addresses are compared before the request only: what is connected has proved that they fit. A
//! route that leads nowhere since before AWS forgot its connection cannot be told from that of
//! another owner; a plan names it and leaves it. IPv4 only. A peering reaches no data add-on: see
//! [`reach`](crate::reach).
//!
//! # Errors
//! [`Blocker`](crate::reconcile::Blocker)s carry a stable code, the values and the rule that they
//! break, and the remedy. [`Code`](crate::reconcile::Code) lists all codes.

mod addresses;
mod checks;
mod commands;
mod facts;
mod observe;
mod output;
mod plan;
mod preflight;
mod record;
mod run;
mod snapshot;
mod spec;
mod states;
mod steps;
mod teardown;

pub use output::PeeringOutput;
pub(crate) use record::Record;
pub use run::PeeringWorkflow;
pub use spec::{
    Inbound, PeeringChoice, PeeringDeadlines, PeeringSpec, PeeringTeardown, Quotas,
    RouteTableChoice, RouteWidth,
};
