//! The world as the clients of both clouds see it: over HTTP.

mod support;
mod world;
