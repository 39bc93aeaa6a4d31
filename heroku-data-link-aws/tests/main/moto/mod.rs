//! The adapter against moto, an AWS that lives in memory.
//!
//! One server for all tests of the process; every test has accounts of its own, so that none sees
//! what another one does. Where moto differs from AWS, the tests say so: the adapter is written for
//! AWS.
#![cfg(all(feature = "ec2", feature = "kms", feature = "sts"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod account;
mod endpoints;
mod groups;
mod keys;
mod network;
mod peerings;
mod permissions;
mod private_link;
mod rehearsals;
mod roles;
mod routes;
mod server;

use std::fmt::Debug;

use heroku_data_link::provider::{ErrorKind, ProviderResult, Tag, Tags};

use account::Account;

/// The kind of a failure.
fn kind<T: Debug>(result: ProviderResult<T>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

fn tags<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
