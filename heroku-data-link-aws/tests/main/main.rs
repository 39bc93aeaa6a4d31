//! The dialect of the adapter against canned answers, and its behaviour against moto.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod moto;
mod pass;
mod seconds;
mod server;
mod wire;
