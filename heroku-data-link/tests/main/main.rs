//! The workflows on the simulated world.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adoption;
mod bad_input;
mod canary;
mod convergence;
mod crash;
mod encryption;
mod engine;
mod golden;
mod misplaced;
mod identity;
mod peering;
mod policy;
mod preflight;
mod references;
mod rules;
mod services;
mod support;
