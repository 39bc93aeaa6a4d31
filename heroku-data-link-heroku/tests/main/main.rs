//! The dialect of the adapter, on servers of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod absence;
mod addons;
mod attachments;
mod bounds;
mod budget;
mod canary;
mod contract;
mod every_call;
mod from_environment;
mod hostile;
mod pass;
mod peerings;
mod private_links;
mod redirects;
mod secrets;
mod services;
mod spaces;
mod statuses;
mod support;
