//! The world as the clients of both clouds see it: over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fuzz;
mod heroku;
mod kms;
mod kms_lists;
mod support;
mod world;
