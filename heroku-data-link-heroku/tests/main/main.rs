//! The dialect of the adapter, on servers of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addons;
mod attachments;
mod budget;
mod contract;
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
