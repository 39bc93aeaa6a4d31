//! The hello of each service, by its own client.

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
pub(crate) async fn hello(
    url: &ConnectionUrl,
    wire: Wire,
    seen: &Seen,
) -> Result<Vec<HostPort>, Trouble> {
    match url.service() {
        DataService::KeyValueStore => redis::hello(url, wire).await.map(|()| Vec::new()),
        DataService::Postgres => postgres::hello(url, wire, seen).await.map(|()| Vec::new()),
        DataService::Kafka => kafka::hello(wire).await,
    }
}
