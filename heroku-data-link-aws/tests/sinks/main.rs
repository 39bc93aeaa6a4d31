//! The sinks against canned answers, and their behaviour against moto.
#![allow(clippy::unwrap_used, clippy::expect_used)]

// The tests of EC2 need the rest of it.
#[allow(dead_code)]
#[path = "../main/moto/account.rs"]
mod account;
mod moto;
mod parameters;
mod permissions;
mod requests;
mod secrets;
#[path = "../main/moto/server.rs"]
mod server;
mod silence;

use std::fmt::Debug;

use heroku_data_link::bundle::Destination;
use heroku_data_link::model::{KeyArn, LinkId, Secret, Stamp};
use heroku_data_link::provider::{Delivery, ErrorKind, ProviderResult, Sink, Tags};
use heroku_data_link::reconcile::ownership::{KIND_TAG, LINK_TAG, TARGET_NAME_TAG};

/// A copy that a test delivers.
#[derive(Debug, Clone)]
struct Copy {
    at: Destination,
    text: Secret,
    tags: Tags,
}

impl Copy {
    fn new(sink: &str, name: &str, text: &str) -> Self {
        let at = Destination::new(sink.parse().unwrap(), name.parse().unwrap());
        let tags = [(LINK_TAG, "cache"), (KIND_TAG, "privatelink"), (TARGET_NAME_TAG, "redis-1")];
        Self { at, text: Secret::new(text), tags: tags_of(tags) }
    }

    fn with_text(&self, text: &str) -> Self {
        Self { text: Secret::new(text), ..self.clone() }
    }

    fn under(&self, key: &KeyArn) -> Self {
        let mut copy = self.clone();
        copy.at.kms_key = Some(key.clone());
        copy
    }

    fn stamp(&self) -> Stamp {
        let link: LinkId = "cache".parse().unwrap();
        Stamp::of(&link, self.text.expose())
    }

    fn delivery(&self, replaces: bool) -> Delivery<'_> {
        let Self { at, text, tags } = self;
        Delivery { at, text, stamp: self.stamp(), tags, replaces }
    }

    /// Has a sink make it.
    async fn create(&self, sink: &dyn Sink) -> ProviderResult<()> {
        sink.deliver(&self.delivery(false)).await
    }

    /// Has a sink replace what is there by it.
    async fn renew(&self, sink: &dyn Sink) -> ProviderResult<()> {
        sink.deliver(&self.delivery(true)).await
    }

    /// The stamp of what is there.
    async fn stored_stamp(&self, sink: &dyn Sink) -> Option<Stamp> {
        sink.stored(&self.at).await.unwrap().unwrap().stamp
    }
}

fn tags_of<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The kind of a failure.
fn kind<T: Debug>(result: ProviderResult<T>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}
