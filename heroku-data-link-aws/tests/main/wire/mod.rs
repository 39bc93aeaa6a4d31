//! Servers on loopback that speak EC2's Query and XML, STS's Query and XML, and KMS's JSON 1.1, as
//! AWS spells them.
#![cfg(all(feature = "ec2", feature = "kms", feature = "sts"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acls;
mod config;
mod endpoints;
mod environment;
mod errors;
mod groups;
mod hostile;
mod keys;
mod keys_found;
mod limits;
mod paging;
mod pass;
mod peerings;
mod reads;
mod rehearsals;
mod roles;
mod routes;
mod secrets;
mod support;
mod targets;
mod transport;
mod traps;
