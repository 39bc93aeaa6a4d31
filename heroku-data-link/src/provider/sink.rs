//! Where copies of a link's connection are delivered.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::{ProviderResult, Tags};
use crate::bundle::Destination;
use crate::model::{KeyArn, Secret, SinkName, Stamp};

/// A place where copies of a link's connection are kept for those who connect.
///
/// # The contract
/// That of [every provider](super), and
/// - [`stored`](Self::stored) reads no secret where it can be helped, and says whose the copy is by the
///   tags that [`deliver`](Self::deliver) gave it;
/// - [`deliver`](Self::deliver) makes a new version only where the stamp differs, and readers see the
///   former text or the new one, never a part;
/// - a copy that is not expected is never overwritten.
#[async_trait]
pub trait Sink: Debug + Send + Sync {
    /// Whether a copy can be called and kept as asked for: a sentence that begins with "it must".
    ///
    /// # Errors
    /// The rule that is broken.
    fn check(&self, at: &Destination) -> Result<(), String> {
        let _ = at;
        Ok(())
    }

    /// How many bytes a copy can have; `None` where that does not matter.
    fn longest(&self) -> Option<usize> {
        None
    }

    /// The copy that is there, if any.
    ///
    /// # Errors
    /// When it cannot be read. Absence is not a failure.
    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>>;

    /// Makes the copy be as the delivery says: its text, its key, its tags.
    ///
    /// # Errors
    /// `Conflict` when there is one and [`Delivery::replaces`] is false.
    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()>;

    /// Deletes the copy. One that is gone, or going, is `Ok`.
    ///
    /// # Errors
    /// When it cannot be deleted.
    async fn remove(&self, at: &Destination) -> ProviderResult<()>;
}

/// A copy as a sink has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredCopy {
    /// Its tags, which say whose it is.
    pub tags: Tags,
    /// The stamp of its text; `None` where the text is not what was delivered.
    pub stamp: Option<Stamp>,
    /// The customer's key under which it is kept, if it is.
    pub kms_key: Option<KeyArn>,
    /// Whether it is being deleted, and its name is not free yet.
    pub is_going: bool,
}

/// What a sink is given.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Where to.
    pub at: &'a Destination,
    /// The text.
    pub text: &'a Secret,
    /// Its stamp.
    pub stamp: Stamp,
    /// The tags of the copy, which say whose it is. Others that it has are left alone.
    pub tags: &'a Tags,
    /// Whether a copy of the link's own is there, and is replaced.
    pub replaces: bool,
}

/// The sinks that a program offers, by name.
pub type Sinks = BTreeMap<SinkName, Arc<dyn Sink>>;
