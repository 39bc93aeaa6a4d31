//! What a workflow remembers between passes, so that a link never has two keys. Times are those at
//! which observations began.

use std::collections::HashMap;
use std::time::Duration;

use super::action::Action;
use super::commands::description;
use super::snapshot::Snapshot;
use super::spec::EncryptionSpec;
use crate::model::KeyArn;
use crate::provider::{ErrorKind, ProviderError, ProviderResult};
use crate::reconcile::Moment;

/// For how long a workflow must have seen that something is missing before it makes it, and that
/// its key is the only one before it names it.
///
/// KMS has no idempotency token: a key that a former process made a moment ago must have time to
/// be seen, or there are two. And KMS says that a policy may take minutes to be in force
/// everywhere, while Heroku gives an add-on up whose key it cannot use. Twice the usual lag.
const QUIET: Duration = Duration::from_secs(60);
/// The same after a creation of a key whose answer was lost: the key is probably there, and reads
/// of KMS may lag by minutes.
const QUIET_AFTER_LOSS: Duration = Duration::from_secs(600);
/// When to look again meanwhile.
const LOOK: Duration = Duration::from_secs(20);
/// Two looks that are further apart do not make one quiet time: somebody else may have been at
/// work between them.
const GAP: Duration = Duration::from_secs(45);
/// For how long a cloud may not show what it said is there, before that needs somebody's eyes.
pub(super) const SHOWN_WITHIN: Duration = Duration::from_secs(600);

/// What is remembered. Nothing in the clouds tells it, and a key costs money for a week at least.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The link's own key: what `CreateKey` returned, or what was seen.
    key: Option<KeyArn>,
    /// Whether a creation of a key was sent whose answer is not known.
    is_unanswered: bool,
    /// Whether the last look did not show the key.
    is_missing: bool,
    /// For how long no look has shown it.
    missing: Option<Spell>,
    /// For how long Heroku has said that the add-on's name is taken, and shown no such add-on.
    name_taken: Option<Spell>,
    /// For how long actions that must be held back have been wanted without a gap.
    wanted: HashMap<Action, Spell>,
}

/// A time through which something was so whenever somebody looked.
#[derive(Debug, Clone, Copy)]
struct Spell {
    since: Moment,
    last: Moment,
}

impl Spell {
    fn begin(now: Moment) -> Self {
        Self { since: now, last: now }
    }

    fn length(self) -> Duration {
        self.last.since(self.since)
    }

    /// Whether the look before this one is long ago. A machine that sleeps may stop the time that
    /// never goes back, and not the calendar.
    fn has_gap(self, now: Moment) -> bool {
        let by_calendar = now.now.duration_since(self.last.now).unwrap_or_default();
        now.since(self.last).max(by_calendar) > GAP
    }

    /// Goes on, whatever was between.
    fn go_on(spell: &mut Option<Self>, now: Moment) {
        spell.get_or_insert(Self::begin(now)).last = now;
    }
}

impl Memory {
    /// The link's own key.
    pub(super) fn key(&self) -> Option<&KeyArn> {
        self.key.as_ref()
    }

    /// For how long the key has not been shown.
    pub(super) fn missing_for(&self) -> Duration {
        self.missing.map_or(Duration::ZERO, Spell::length)
    }

    /// For how long the add-on's name has been taken by what is not shown.
    pub(super) fn name_taken_for(&self) -> Duration {
        self.name_taken.map_or(Duration::ZERO, Spell::length)
    }

    /// Takes in what was seen. What was seen once, and is then missing from a read that lags, is
    /// missing anew: the quiet time of an earlier time must not count.
    pub(super) fn see(&mut self, spec: &EncryptionSpec, seen: &Snapshot) {
        let keys = &seen.keys;
        if let Some(key) = seen.key().filter(|_| spec.owns_key() && seen.is_own_key(spec)) {
            // One that was found by its tag alone may have that from another.
            let is_sure = keys.has_alias || key.description == description(&spec.link);
            if keys.missing.is_none() && is_sure {
                self.key = Some(key.arn.clone());
                self.is_unanswered = false;
            }
        }
        self.is_missing = keys.missing.is_some();
        if !self.is_missing {
            self.missing = None;
        }
        // Forgotten once it was told, so that running again tries again.
        if seen.addon.is_some() || seen.name_taken >= SHOWN_WITHIN {
            self.name_taken = None;
        }
        let only = seen.key().filter(|_| !keys.has_alias && keys.missing.is_none());
        self.wanted.retain(|action, _| match action {
            Action::CreateKey => keys.found.is_empty() && keys.missing.is_none(),
            Action::CreateAlias(key) => only.is_some_and(|only| only.arn == *key),
            Action::CreateAddon(..) => seen.addon.is_none(),
            Action::PutPolicy(..)
            | Action::EnableRotation(_)
            | Action::Unfollow
            | Action::Keep(..)
            | Action::Promote(_) => false,
        });
    }

    /// How long an action that is wanted must still be held back.
    pub(super) fn hold(&mut self, action: &Action, now: Moment) -> Option<Duration> {
        let quiet = match action {
            Action::CreateKey if self.is_unanswered => QUIET_AFTER_LOSS,
            Action::CreateAlias(_) if self.is_missing => {
                Spell::go_on(&mut self.missing, now);
                return Some(LOOK);
            }
            Action::CreateKey | Action::CreateAlias(_) | Action::CreateAddon(..) => QUIET,
            Action::PutPolicy(..)
            | Action::EnableRotation(_)
            | Action::Unfollow
            | Action::Keep(..)
            | Action::Promote(_) => return None,
        };
        let spell = self.wanted.entry(action.clone()).or_insert(Spell::begin(now));
        if spell.has_gap(now) {
            *spell = Spell::begin(now);
        }
        spell.last = now;
        let left = quiet.saturating_sub(spell.length());
        (!left.is_zero()).then_some(left.min(LOOK))
    }

    /// An action is about to be sent. Should nobody ever learn what came of it, it was done.
    pub(super) fn send(&mut self, action: &Action) {
        // What is missing again some day must be seen to be missing for a while again.
        self.wanted.remove(action);
        self.is_unanswered |= *action == Action::CreateKey;
    }

    /// What came of the creation of a key.
    pub(super) fn answer(&mut self, made: &ProviderResult<KeyArn>) {
        match made {
            Ok(key) => {
                self.key = Some(key.clone());
                self.is_unanswered = false;
            }
            Err(error) => {
                self.is_unanswered = match error.kind() {
                    ErrorKind::Transient | ErrorKind::Timeout | ErrorKind::Protocol => true,
                    ErrorKind::NotFound
                    | ErrorKind::Conflict
                    | ErrorKind::RateLimited { .. }
                    | ErrorKind::Unauthorized
                    | ErrorKind::TwoFactorRequired
                    | ErrorKind::Forbidden
                    | ErrorKind::InvalidRequest
                    | ErrorKind::QuotaExceeded => false,
                };
            }
        }
    }

    /// What came of the creation of an add-on.
    pub(super) fn answer_addon(&mut self, made: &ProviderResult<()>, now: Moment) {
        match made.as_ref().map_err(ProviderError::kind) {
            Err(ErrorKind::Conflict) => Spell::go_on(&mut self.name_taken, now),
            Ok(()) | Err(_) => self.name_taken = None,
        }
    }
}
