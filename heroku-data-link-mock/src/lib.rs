//! One simulated world of Heroku and AWS, in virtual time, with faults at every call.
//!
//! What is created on one face shows on the other, as in life, and takes as long; but time is
//! virtual, so that a test of an hour takes no time. What makes the real clouds hard to program
//! against is built in: states that come late, names that mean other things elsewhere, deleted
//! things that are still described.
//!
//! ```
//! use std::collections::BTreeSet;
//! use std::time::Duration;
//!
//! use heroku_data_link::model::PrivateLinkStatus;
//! use heroku_data_link::provider::{ErrorKind, PrivateLinks, operation};
//! use heroku_data_link_mock::{AddonSpec, Fault, World};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let world = World::new();
//! world.add_space("acme", "virginia")?;
//! let app = world.add_app("shop", Some("acme"))?;
//! let addon = world.add_addon(&AddonSpec::new(&app, "redis-haiku-1", "heroku-redis:private-7"))?;
//! let heroku = world.heroku();
//!
//! // The call has its effect, and its answer is lost.
//! world.fault(Fault::on(operation::CREATE_PRIVATE_LINK).after(ErrorKind::Timeout));
//! let principals = BTreeSet::from(["123456789101".parse()?]);
//! let lost = heroku.create_private_link(&addon, &principals).await;
//! assert!(lost.is_err());
//!
//! // Seven minutes later, in no time:
//! world.advance(Duration::from_secs(7 * 60));
//! let link = heroku.private_link(&addon).await?;
//! assert_eq!(link.map(|link| link.status), Some(PrivateLinkStatus::Operational));
//! # Ok(())
//! # }
//! ```
//!
//! Whoever writes a workflow, or configures one, tests it with [`survives_every_crash`] and
//! [`repeats_are_harmless`]; whoever writes an adapter or a fake, with the suites of `contract`
//! (feature `contract`). With the feature `server`, [`World::serve`] is the same world over HTTP, for
//! the clients of both clouds.

// The server asks for more of the world than its faces do.
#![cfg_attr(not(feature = "server"), allow(dead_code))]

mod aws;
mod aws_calls;
mod aws_keys;
mod aws_peering;
mod aws_rehearsals;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod faults;
mod finding;
mod gate;
mod harness;
mod heroku;
mod heroku_addons;
mod history;
mod journal;
mod key_quirks;
mod key_spec;
mod limits;
mod odd_rows;
mod orphans;
mod orphans_encryption;
mod passes;
mod people;
mod procedures;
mod schedules;
#[cfg(feature = "server")]
mod server;
mod setup;
mod setup_encryption;
mod setup_error;
mod setup_network;
mod setup_peering;
mod sink;
mod space_spec;
mod specs;
mod state;
mod timings;
mod world;

pub use aws::AwsFace;
pub use clock::VirtualClock;
pub use faults::{Answer, Fault, When};
pub use finding::{Case, Direction, Disturbance, Finding, Report};
pub use harness::{Scenario, repeats_are_harmless, survives_every_crash};
pub use heroku::HerokuFace;
pub use journal::{Call, Outcome};
pub use key_quirks::KeyQuirks;
pub use key_spec::KeySpec;
pub use limits::Limits;
pub use odd_rows::{KeyForm, OddRow};
pub use passes::TextStore;
pub use procedures::{PeeringProcedure, Procedure, Site};
pub use schedules::{Act, ScheduleFinding, ScheduleReport, Schedules, random_schedules};
#[cfg(feature = "server")]
pub use server::{Cloud, RequestCount, SECRET_ACCESS_KEY, ServeOptions, Server, TOKEN, access_key};
pub use setup_encryption::EncryptionSite;
pub use setup_error::SetupError;
pub use sink::{DeliveredCopy, WorldSink};
pub use space_spec::SpaceSpec;
pub use specs::{AddonSpec, NetworkAclSpec, RouteTableSpec, VpcSpec};
pub use timings::Timings;
pub use world::{Fate, World};

#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../README.md")]
struct Readme;
