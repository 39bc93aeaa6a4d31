//! A sink of the world: what is delivered there can be looked at, and goes wrong as any call can.

use std::time::SystemTime;

use async_trait::async_trait;
use heroku_data_link::bundle::Destination;
use heroku_data_link::model::{CopyName, KeyArn, Secret, Stamp};
use heroku_data_link::provider::{Delivery, ProviderResult, Sink, StoredCopy, Tags, operation};

use crate::history::History;
use crate::journal::Request;
use crate::state::{Refusal, Reply};
use crate::world::World;

/// A place for copies of connections, which lasts as long as the world. Made by [`World::sink`].
///
/// What is deleted keeps its name for [`Timings::copy_deletion`](crate::Timings::copy_deletion), as with
/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct WorldSink {
    world: World,
}

/// A copy that was delivered to a [`WorldSink`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredCopy {
    /// Its tags.
    pub tags: Tags,
    /// What is in it.
    pub text: Secret,
    /// Its stamp, as it was delivered.
    pub stamp: Option<Stamp>,
    /// The key under which it is kept.
    pub kms_key: Option<KeyArn>,
    /// How many times its text was written.
    pub version: u32,
    /// Whether it is being deleted.
    pub is_going: bool,
}

impl World {
    /// A sink that keeps copies in this world. All sinks of a world are one.
    pub fn sink(&self) -> WorldSink {
        WorldSink { world: self.clone() }
    }

    /// The copy of this name now.
    pub fn copy(&self, name: &CopyName) -> Option<DeliveredCopy> {
        let now = self.now();
        self.lock().state.copies.get(name)?.at(now).cloned()
    }

    /// Somebody puts a text where a copy may be, in the place of what is there, with these tags.
    pub fn put_copy(&self, name: &CopyName, text: &str, tags: &Tags) {
        let now = self.now();
        let mut inner = self.lock();
        let copies = inner.state.copies.entry(name.clone()).or_insert_with(History::empty);
        let version = copies.at(now).map_or(1, |former| former.version + 1);
        let (text, tags) = (Secret::new(text), tags.clone());
        let copy =
            DeliveredCopy { tags, text, stamp: None, kms_key: None, version, is_going: false };
        copies.set(now, copy);
    }
}

#[async_trait]
impl Sink for WorldSink {
    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>> {
        let request = Request::new(operation::READ_COPY, at.name.as_str());
        let look = |state: &crate::state::State, time: SystemTime| {
            let copy = state.copies.get(&at.name).and_then(|copies| copies.at(time));
            Ok(copy.map(|copy| StoredCopy {
                tags: copy.tags.clone(),
                stamp: copy.stamp,
                kms_key: copy.kms_key.clone(),
                is_going: copy.is_going,
            }))
        };
        self.world.read(request, look).settle().await
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let request = Request::new(operation::DELIVER_COPY, delivery.at.name.as_str());
        let deliver = self.world.mutate(request, |state, now| {
            let copies =
                state.copies.entry(delivery.at.name.clone()).or_insert_with(History::empty);
            put(copies, now, delivery)
        });
        deliver.settle().await
    }

    async fn remove(&self, at: &Destination) -> ProviderResult<()> {
        let request = Request::new(operation::REMOVE_COPY, at.name.as_str());
        let remove = self.world.mutate(request, |state, now| {
            let gone = now + state.timings.copy_deletion;
            if let Some(copies) = state.copies.get_mut(&at.name) {
                if let Some(copy) = copies.at(now).filter(|copy| !copy.is_going).cloned() {
                    copies.set(now, DeliveredCopy { is_going: true, ..copy });
                    copies.end(gone);
                }
            }
            Ok(())
        });
        remove.settle().await
    }
}

fn put(copies: &mut History<DeliveredCopy>, now: SystemTime, it: &Delivery<'_>) -> Reply<()> {
    let former = copies.at(now).cloned();
    match &former {
        Some(copy) if copy.is_going => {
            return Err(Refusal::conflict(format!("{} is being deleted", it.at.name)));
        }
        Some(_) if !it.replaces => {
            return Err(Refusal::conflict(format!("{} exists already", it.at.name)));
        }
        Some(_) | None => {}
    }
    let (mut tags, version, stamp) =
        former.map_or((Tags::new(), 0, None), |former| (former.tags, former.version, former.stamp));
    tags.extend(it.tags.clone());
    let is_new = stamp != Some(it.stamp);
    copies.set(
        now,
        DeliveredCopy {
            tags,
            text: it.text.clone(),
            stamp: Some(it.stamp),
            kms_key: it.at.kms_key.clone(),
            version: version + u32::from(is_new),
            is_going: false,
        },
    );
    Ok(())
}
