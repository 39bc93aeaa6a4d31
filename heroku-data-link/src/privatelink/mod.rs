//! PrivateLink: from a VPC to a Key-Value Store, Apache Kafka or Postgres add-on.
//!
//! ```
//! use heroku_data_link::model::DataService;
//! use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
//! use heroku_data_link::reconcile::Driver;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (world, site) = World::of_the_procedures(DataService::Kafka);
//! let mut spec = PrivateLinkSpec::new("events".parse()?, site.addon, site.vpc);
//! spec.heroku_teardown = HerokuTeardown::Delete;
//!
//! let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
//! let driver = Driver::new(workflow, world.clock());
//! let link = driver.establish().await?;
//! assert_eq!(link.connections[0].url.hosts().len(), 3); // one for each broker
//! # Ok(())
//! # }
//! ```
//!
//! # Expected flow
//! 1. Everything that can be known beforehand is checked, AWS's quotas, security groups that are not
//!    the link's own and network ACLs included; a blocker stops here. [`PrivateLinkWorkflow::preflight`] tells which IAM actions are missing.
//! 2. The add-on's endpoint service is created, or the one that is there is reused; the principals
//!    are allowed.
//! 3. Heroku calls it operational and the principals active, and AWS sees its name.
//! 4. One subnet is picked in every common zone, compared by zone id.
//! 5. The security group and the interface endpoint are made, tagged.
//! 6. Heroku accepts the endpoint, AWS calls it available, Heroku lists the connection, and the
//!    config variables appear.
//!
//! # Guarantees
//! At most one endpoint of the link stays, whatever crashed when. Nothing is changed or deleted that
//! does not carry the link's tags, made for this add-on. The add-on itself is never touched. A
//! teardown that would cut off another endpoint is refused, and so is one whose security group a rule
//! of another group refers to. A rule or principal is taken away only once those that replace it are
//! in place.
//!
//! # Assumptions
//! The AWS side speaks to the VPC's own region and account. The principals include one of that
//! account, and all are of its partition. Zones that AWS does not publish for a service may all be used.
//!
//! # Caveats
//! The zones of a service can be read only once the service is there, so the lack of a common zone
//! is found after step 3, before anything is made on AWS. Heroku has no tags, so a teardown does on
//! its side just what [`HerokuTeardown`] says; by default, nothing.
//!
//! Of the network, the endpoint's end is looked at: its security groups, and the network ACLs of its
//! subnets. Whether the clients' own subnets and routes let them out is not. Nothing that stays
//! within one subnet passes a network ACL, so a client in the endpoint's own subnet may always reach
//! it: then a network ACL that denies everything is a note, and no blocker.
//!
//! # Errors
//! [`Blocker`](crate::reconcile::Blocker)s carry a stable code, the value and the rule that it
//! breaks, and the remedy. [`Code`](crate::reconcile::Code) lists all codes.

mod acls;
mod checks;
mod commands;
mod copies;
mod facts;
mod network;
mod observe;
mod output;
mod plan;
mod preflight;
mod principals;
mod quotas;
mod references;
mod run;
mod snapshot;
mod spec;
mod steps;
mod teardown;
mod zones;

pub use output::{Connection, Delivered, PrivateLinkOutput};
pub use quotas::Quotas;
pub use run::PrivateLinkWorkflow;
pub use spec::{
    Client, Clients, Deadlines, EndpointChoice, GroupChoice, HerokuTeardown, Principals,
    PrivateLinkSpec, SubnetChoice,
};
