//! The world as the clients of both clouds see it: over HTTP.

mod fuzz;
mod kms;
mod kms_lists;
mod support;
mod world;
