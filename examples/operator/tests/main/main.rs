//! The operator on simulated clouds and a simulated API server.

mod api;
mod bench;
mod control;
mod crash;
mod lease;
mod life;
mod load;
mod schema;
