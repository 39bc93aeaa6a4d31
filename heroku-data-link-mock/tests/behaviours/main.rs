//! The behaviours of the world, each in a test of its name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clock;
mod encryption;
mod endpoints;
mod faults;
mod fixture;
mod fleet;
mod groups;
mod harness;
mod heroku;
mod leftovers;
mod lookups;
mod setup;
