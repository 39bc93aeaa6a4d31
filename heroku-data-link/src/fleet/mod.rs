//! A fleet: the links of a company in one reviewed document, with the AWS accounts that they are in.
//!
//! A [`Fleet`] is read from a document and checked as a whole; with clouds for each of its targets it
//! is [opened](Fleet::open) as a [`FleetDriver`], which plans, converges, checks and tears down many
//! links at once, and finds links that left the document.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::future::pending;
//!
//! use heroku_data_link::fleet::{Fleet, FleetSettings};
//! use heroku_data_link::link::Options;
//! use heroku_data_link::provider::Clouds;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let fleet = Fleet::from_json(r#"{
//!     "targets": { "main": { "account": "123456789101", "region": "us-east-1" } },
//!     "defaults": { "tags": { "team": "data" }, "privatelink": { "heroku-teardown": "delete" } },
//!     "links": [
//!         { "kind": "privatelink", "link": "events", "addon": "kafka-sushi-12345",
//!           "vpc": "vpc-0a1b2c3d4e5f60718" },
//!         { "kind": "privatelink", "link": "db", "addon": "postgresql-cubed-12345",
//!           "vpc": "vpc-0a1b2c3d4e5f60718" }
//!     ]
//! }"#)?;
//!
//! let world = World::of_all_procedures();
//! let mut clouds = BTreeMap::new();
//! for (name, target) in fleet.targets() {
//!     let account = target.account.clone().ok_or("the account is needed here")?;
//!     let aws = world.aws_in(account, target.region.clone());
//!     clouds.insert(name.clone(), Clouds::new(world.heroku(), aws));
//! }
//! let driver = fleet
//!     .open(&clouds, world.clock(), FleetSettings::default(), |_| Ok(Options::default()))
//!     .await?;
//!
//! println!("{}", driver.plan().await); // one plan for all links
//! let report = driver.establish(pending()).await; // pending: nothing stops it
//! assert!(report.is_complete(), "{report}");
//! assert!(driver.plan().await.is_in_sync());
//! # Ok(())
//! # }
//! ```
//!
//! # The document
//! JSON, or whatever else serde makes a [`Value`](serde_json::Value) of, such as TOML:
//!
//! | field | what it says | default |
//! | --- | --- | --- |
//! | `targets` | for each name, an AWS account and region: a [`Target`] | none |
//! | `defaults.target` | the target of links that name none | the only one there is |
//! | `defaults.tags` | tags of every link that makes something on AWS; a link's own win | none |
//! | `defaults.`*kind* | fields of every link of a kind (`privatelink`, `peering`, `encryption`, `key-access`); a link's own win | none |
//! | `links` | a list of [`LinkSpec`](crate::link::LinkSpec)s, each with a `target` if it likes | must be there |
//!
//! Of `tags`, `deadlines` and `quotas` the single entries are defaults, of every other field the
//! whole.
//!
//! # What is refused
//! A document is used as a whole or not at all, and [`FleetError`] names everything that is wrong with
//! it and where. Two links with one id in one account are refused, and so are two links that would
//! want the same thing: endpoints from one VPC to one add-on, peerings of one VPC with one space, two
//! encryptions that make one add-on, two that decide about the use of one key, and a PrivateLink with
//! [`exclusive_principals`](crate::privatelink::PrivateLinkSpec::exclusive_principals) beside another
//! one to its add-on.
//!
//! # Order
//! A PrivateLink to an add-on that an encryption of the same document makes is planned and established
//! after it. All other links are independent of each other: one that fails or is blocked holds up
//! nothing but what comes after it.
//!
//! # Requests
//! All passes of a fleet share the clouds that they are given, and so the budget of the Heroku client
//! behind them: give every target the same one. [`FleetSettings`] bounds how many passes are under way.

mod clashes;
mod document;
mod driver;
mod import;
mod report;
mod schedule;
#[cfg(feature = "schemars")]
mod schema;
mod strays;

pub use document::{AssumedRole, Fleet, FleetError, FleetLink, Problem, Target};
pub use driver::{FleetDriver, FleetSettings, OpenError};
pub use import::{Importable, importable};
pub use report::{
    FleetHealth, FleetPlan, FleetReport, LinkHealth, LinkPlan, LinkReport, LinkState,
};
#[cfg(feature = "schemars")]
pub use schema::schema;
pub use strays::Stray;
