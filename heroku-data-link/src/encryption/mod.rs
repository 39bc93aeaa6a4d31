//! Encryption: data add-ons under the customer's own KMS key.
//!
//! ```
//! use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow};
//! use heroku_data_link::model::DataService;
//! use heroku_data_link::reconcile::Driver;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
//! let spec =
//!     EncryptionSpec::new("vault".parse()?, site.app, site.plan, "shop-redis".parse()?);
//!
//! let workflow = EncryptionWorkflow::new(spec, world.heroku(), world.aws());
//! let output = Driver::new(workflow, world.clock()).establish().await?;
//! assert_eq!(output.alias.map(|it| it.to_string()).as_deref(), Some("alias/heroku-data-link-vault"));
//! # Ok(())
//! # }
//! ```
//!
//! # Expected flow
//! 1. Everything that can be known beforehand is checked: plan, space, region, the key, an add-on
//!    of the name, the old add-on of a [`Migration`]. A blocker stops here.
//! 2. The link's own key is made with the [`KeyPolicy`](crate::key_policy::KeyPolicy) that Heroku Data needs and tagged; a minute
//!    later, when no other key of the link has shown, it gets its alias and rotation; or the key that the spec names is looked at, and mended if the spec
//!    lets it.
//! 3. The add-on is made under the key, provisioned and ready, and Heroku says the same key.
//! 4. A migration forks or follows the old add-on, waits until the copy has caught up, gives the
//!    old add-on another attachment where it would lose its last, and promotes the new one.
//!
//! [`KeyAccessWorkflow`](crate::key_access::KeyAccessWorkflow) ends the use of a key, and gives it back; [`Inventory`](crate::key_access::Inventory) says who uses
//! which key.
//!
//! # Guarantees
//! Whatever crashed when, the link has one key: a second one is never made while one with its
//! alias or tag can be seen, nor by a workflow that has made or seen one, which looks for it by its
//! ARN. A key that has the link's tags and was not made by a link is left alone; several are named in a
//! blocker that says which is in use and how to get out. A policy is
//! merged, never
//! replaced; that of a key that the spec names is left alone unless it may be mended. No add-on
//! and no key is ever destroyed by a teardown; an old add-on only gets one attachment more. A key
//! is disabled, or its deletion scheduled, only with a [`Confirmation`](crate::key_access::Confirmation) of what was shown. An add-on
//! that cannot be read or asked counts as one that may use the key: it blocks a deletion, and a
//! disabling that was confirmed without it. The URL
//! of a store that is forked is read when it is sent, and is nowhere else.
//!
//! # Assumptions
//! The AWS side speaks to the region of the app's space, with credentials of the key's account.
//! One driver at a time works on a link, and lives for minutes: a key, its alias, and an add-on,
//! are made only after one driver has seen for a minute that they are missing, as KMS has no
//! idempotency token and policies take time to be in force. It must look at least every 45 seconds
//! meanwhile: [`reconcile_once`](crate::reconcile::Driver::reconcile_once) asks for 20, and a longer
//! gap begins the minute anew. An engine that makes a new driver for every pass, or looks seldom, hands
//! on a [`Memory`](crate::reconcile::Memory) with a [store](crate::reconcile::MemoryStore) instead: then
//! only a new policy is waited for, and ten minutes when the answer to the creation of a key was lost.
//!
//! **Two drivers at once on one encryption link are not supported.** Each may make a key before it
//! can see the other's. That ends in the blocker `several-keys`, and never in damage: neither key is
//! named or used by whoever sees two, nobody makes a third, and nothing is deleted. Where several
//! processes may run, use a lock or a queue that hands a link to one worker, such as the leader of a
//! controller; or make the key beforehand and name it with [`KeyChoice::Existing`], which makes
//! nothing on AWS. Others may [`plan`](crate::reconcile::Driver::plan) and
//! [`verify`](crate::reconcile::Driver::verify) as they like.
//!
//! # Caveats
//! - A key cannot be given to an add-on that is there, nor taken from it. Apache Kafka can be
//!   neither forked nor followed, so its data moves by other means.
//! - A fork of Postgres holds what was there when it began; a follower follows until it is
//!   promoted. What is written between the last copy and the promotion stays behind: put the app
//!   into maintenance mode, and see [`Migration::hold`].
//! - Only the spec's app is moved. Others that are attached to the old add-on stay with it.
//! - An inventory, and so the [`Consequences`](crate::key_access::Consequences), know what the token can see. Add-ons on plans of a
//!   tier that is not known here, Postgres Advanced among them, are unknown unless their service
//!   names a key.
//! - A process that ends between the creation of a key and its alias knows it again by its tag alone.
//!   Let tag cleaners and Terraform (`ignore_tags`) leave tags alone that begin with
//!   `heroku-data-link:`.
//! - Heroku documents how long services take to stop and to come back, but no words for it.
//!
//! # Errors
//! [`Blocker`](crate::reconcile::Blocker)s carry a stable code, the value and the rule that it
//! breaks, and the remedy. [`Code`](crate::reconcile::Code) lists all codes.

mod checks;
mod commands;
mod facts;
mod observe;
mod output;
mod plan;
mod remembered;
mod run;
mod snapshot;
mod spec;
mod steps;

pub use output::{EncryptionOutput, Replaced};
pub use run::EncryptionWorkflow;
pub use spec::{CopyBy, Deadlines, EncryptionSpec, KEY_OPTION, KeyChoice, Migration};
