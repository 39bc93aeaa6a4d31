//! The operator on simulated clouds and a simulated API server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod bench;
mod control;
mod crash;
mod lease;
mod life;
mod load;
mod real;
mod schema;
