//! The behaviours of the world, each in a test of its name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addons;
mod attachments;
mod clock;
mod encryption;
mod endpoints;
mod faults;
mod fixture;
mod fleet;
mod groups;
mod harness;
mod heroku;
mod key_policies;
mod keys;
mod leftovers;
mod lookups;
mod network_acls;
mod oddities;
mod peering_fixture;
mod peering_requests;
mod peerings;
mod routes;
mod setup;
mod space_peerings;
