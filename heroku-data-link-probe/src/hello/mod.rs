//! The hello of each service, by its own client.

pub(crate) mod http;
mod kafka;
mod postgres;
mod redis;

use heroku_data_link::model::{ConnectionUrl, DataService, HostPort};

use crate::failure::HelloFailure;
use crate::wire::{Seen, Wire};

/// Why a hello failed.
pub(crate) enum Trouble {
    /// The service said so.
    Told(HelloFailure),
    /// The client gave up: what was seen on the connection says why.
    Broken,
}

/// Says hello, and returns the brokers that a Kafka cluster advertises.
///
/// `is_known`: whether TLS has shown that the server is the one that the URL is of.
pub(crate) async fn hello(
    url: &ConnectionUrl,
    wire: Wire,
    seen: &Seen,
    is_known: bool,
) -> Result<Vec<HostPort>, Trouble> {
    let said = match url.service() {
        // Its protocol has no other way to log in than to send the password.
        DataService::KeyValueStore => redis::hello(url, wire).await.map(|()| Vec::new()),
        DataService::Postgres => {
            postgres::hello(url, wire, seen, is_known).await.map(|()| Vec::new())
        }
        DataService::Kafka => kafka::hello(wire).await,
    };
    said.map_err(|trouble| match trouble {
        // What reads like a code is the password, sent back.
        Trouble::Told(HelloFailure::Rejected(code))
            if url.password().is_some_and(|it| code.as_str().contains(it.expose())) =>
        {
            Trouble::Broken
        }
        other => other,
    })
}
