//! What a workflow remembers between passes, so that a link never has two keys. Times are those at
//! which observations began.

use std::collections::HashMap;
use std::time::Duration;

use super::snapshot::{Snapshot, description};
use super::spec::EncryptionSpec;
use crate::model::KeyArn;
use crate::provider::{Call, Caution, ErrorKind, HerokuCall, KmsCall, ProviderResult, Sent};
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
    wanted: HashMap<Call, Spell>,
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
        self.wanted.retain(|call, _| match call {
            Call::Kms { request: KmsCall::CreateKey(_), .. } => {
                keys.found.is_empty() && keys.missing.is_none()
            }
            Call::Kms { request: KmsCall::CreateAlias { key, .. }, .. } => {
                only.map(|only| &only.arn) == key.as_ref()
            }
            Call::Heroku { request: HerokuCall::CreateAddon(_) } => seen.addon.is_none(),
            Call::Ec2 { .. } | Call::Kms { .. } | Call::Heroku { .. } => false,
        });
    }

    /// How long a call that is wanted must still be held back.
    pub(super) fn hold(&mut self, call: &Call, now: Moment) -> Option<Duration> {
        let quiet = match call.caution() {
            Caution::SeenMissing => match call {
                Call::Kms { request: KmsCall::CreateKey(_), .. } if self.is_unanswered => {
                    QUIET_AFTER_LOSS
                }
                Call::Kms { request: KmsCall::CreateAlias { .. }, .. } if self.is_missing => {
                    Spell::go_on(&mut self.missing, now);
                    return Some(LOOK);
                }
                Call::Ec2 { .. } | Call::Kms { .. } | Call::Heroku { .. } => QUIET,
            },
            Caution::NaturalKey | Caution::TokenOfTheHour => return None,
        };
        let spell = self.wanted.entry(call.clone()).or_insert(Spell::begin(now));
        if spell.has_gap(now) {
            *spell = Spell::begin(now);
        }
        spell.last = now;
        let left = quiet.saturating_sub(spell.length());
        (!left.is_zero()).then_some(left.min(LOOK))
    }

    /// A call is about to be sent. Should nobody ever learn what came of it, it was done.
    pub(super) fn send(&mut self, call: &Call) {
        // What is missing again some day must be seen to be missing for a while again.
        self.wanted.remove(call);
        self.is_unanswered |= matches!(call, Call::Kms { request: KmsCall::CreateKey(_), .. });
    }

    /// What came of a call.
    pub(super) fn answer(&mut self, call: &Call, answer: &ProviderResult<Sent>, now: Moment) {
        match call {
            Call::Kms { request: KmsCall::CreateKey(_), .. } => self.answer_key(answer),
            Call::Heroku { request: HerokuCall::CreateAddon(_) } => match answer {
                Err(error) if *error.kind() == ErrorKind::Conflict => {
                    Spell::go_on(&mut self.name_taken, now);
                }
                Ok(_) | Err(_) => self.name_taken = None,
            },
            Call::Ec2 { .. } | Call::Kms { .. } | Call::Heroku { .. } => {}
        }
    }

    fn answer_key(&mut self, answer: &ProviderResult<Sent>) {
        match answer {
            Ok(sent) => {
                self.key = sent.made.as_ref().and_then(|arn| arn.parse().ok());
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
}
