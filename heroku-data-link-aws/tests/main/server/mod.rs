//! The adapter over a server of the simulated world: the contract of the provider traits, and
//! whole workflows beside the adapter of Heroku.
#![cfg(all(feature = "ec2", feature = "kms", feature = "sts"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract;
mod workflows;

use heroku_data_link::model::{AccountId, AwsRegion};
use heroku_data_link_aws::{Client, Credentials};
use heroku_data_link_mock::{SECRET_ACCESS_KEY, Server, access_key};

/// A client of the server, for a user of this account in this region.
fn aws(server: &Server, account: &AccountId, region: &AwsRegion) -> Client {
    let credentials =
        Credentials::new(access_key(account), SECRET_ACCESS_KEY, None, None, "the simulated world");
    Client::builder(region.clone(), credentials).endpoint_url(server.url()).build()
}
