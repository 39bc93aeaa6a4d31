//! The operator on simulated clouds and a simulated API server.

mod api;
mod bench;
mod life;
mod schema;
