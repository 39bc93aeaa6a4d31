//! The workflows on the simulated world.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adoption;
mod bad_input;
mod canary;
mod convergence;
mod copies;
mod costs;
mod crash;
mod discover;
mod encryption;
mod engine;
mod fleet;
mod golden;
mod hooks;
mod identity;
mod links;
mod memory;
mod misplaced;
mod network;
mod peering;
mod policy;
mod preflight;
mod principals;
mod references;
mod rules;
mod schedules;
#[cfg(feature = "schemars")]
mod schema;
mod scripts;
mod services;
mod support;
mod tags;
