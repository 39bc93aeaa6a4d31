//! What a driver remembers between passes, and what it decides by that: whether a call may be sent.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::clock::Moment;
use super::pass::Settings;
use super::plan::StepName;
use super::text::timestamp;
use super::workflow::Workflow;
use crate::model::{KeyArn, LinkId, LinkKind};
use crate::provider::{
    Call, Caution, ErrorKind, HerokuCall, KmsCall, ProviderError, ProviderResult, Retry, Sent,
    age_of_token,
};

/// What this version writes.
const VERSION: u32 = 1;

/// How long nothing is created after a client token has changed: by then every read shows what was
/// made with the former token, so no crash can make a second endpoint. Twice the usual lag of reads.
const TOKEN_QUIET: Duration = Duration::from_secs(60);
/// For how long it must have been seen that something is missing before it is made, where nothing
/// else tells two creations apart from one, and where nobody kept a memory.
///
/// KMS has no idempotency token: a key that a former process made a moment ago must have time to be
/// seen, or there are two. And KMS says that a policy may take minutes to be in force everywhere,
/// while Heroku gives an add-on up whose key it cannot use. Twice the usual lag.
pub(super) const QUIET: Duration = Duration::from_secs(60);
/// The same after a creation whose answer was lost: what it made is probably there, and reads of KMS
/// may lag by minutes.
const QUIET_AFTER_LOSS: Duration = Duration::from_secs(600);
/// When to look again meanwhile.
const LOOK: Duration = Duration::from_secs(20);
/// Two looks that are further apart do not make one quiet time: somebody else may have been at work
/// between them.
const GAP: Duration = Duration::from_secs(45);

/// Everything of a driver that outlives a pass.
///
/// It is plain data. A driver that is given the memory of a former one goes on where that one
/// stopped: deadlines hold, nothing is sent twice within the grace, and what was made is known. With
/// a [store](MemoryStore) beside it, it also makes the waiting unnecessary that keeps a link from
/// getting two keys.
///
/// It is bound to one link, its kind and what it leads to, and to the version of its format, and is
/// refused whole where any of these differ. It holds ids, times and requests, and no secret.
///
/// # JSON
/// An object in kebab-case; times are seconds since 1970. Its fields may change with the version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Memory {
    version: u32,
    link: LinkId,
    kind: LinkKind,
    target: String,
    /// Whether it was kept from the link's beginning, so that what is not in it was never done.
    is_complete: bool,
    /// Calls that were sent a moment ago, whose effect may not be visible yet.
    sent: Vec<At>,
    /// Since when each step is awaited.
    awaited: BTreeMap<StepName, Instant>,
    /// For how long calls that must be held back have been wanted without a gap.
    wanted: Vec<(Call, Spell)>,
    /// A creation without a natural key that was sent, and whose answer is not known.
    unanswered: Option<Call>,
    /// The key that such a creation made.
    made: Option<KeyArn>,
    /// Other times through which something was so.
    spells: BTreeMap<Matter, Spell>,
    #[serde(skip)]
    pub(super) last_error: Option<LastError>,
}

/// The last failure, to be told with a deadline. Not compared and not stored.
#[derive(Debug, Clone)]
pub(super) struct LastError(pub(super) ProviderError);

impl PartialEq for LastError {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    call: Call,
    at: Instant,
}

/// A moment in a memory: by the calendar, and while its driver lives by the time that never goes
/// back.
#[derive(Debug, Clone, Copy)]
struct Instant {
    now: SystemTime,
    uptime: Option<Duration>,
    /// How old it was at that uptime, if a former driver noted it.
    taken_over: Option<Duration>,
}

impl Instant {
    fn of(moment: Moment) -> Self {
        Self { now: moment.now, uptime: Some(moment.uptime), taken_over: None }
    }

    /// As a driver knows it that begins at `moment`. One that is still to come, as somebody has set
    /// the calendar back, was now: a pause begins anew, and does not last for as long as the
    /// calendar was ahead.
    fn take_over(&mut self, moment: Moment) {
        let age = self.until(moment);
        let now = self.now.min(moment.now);
        *self = Self { now, uptime: Some(moment.uptime), taken_over: Some(age) };
    }

    /// How long ago it was.
    fn until(self, later: Moment) -> Duration {
        self.to(Self::of(later))
    }

    fn to(self, later: Self) -> Duration {
        match (self.uptime, later.uptime) {
            (Some(from), Some(to)) => {
                let age = |it: Self| it.taken_over.unwrap_or_default();
                to.saturating_add(age(self)).saturating_sub(from.saturating_add(age(later)))
            }
            (None, _) | (_, None) => later.now.duration_since(self.now).unwrap_or_default(),
        }
    }

    /// Seconds since 1970, rounded up, so that no pause gets shorter.
    fn seconds(self) -> u64 {
        let since = self.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs().saturating_add(u64::from(since.subsec_nanos() > 0))
    }
}

/// As it is stored.
impl PartialEq for Instant {
    fn eq(&self, other: &Self) -> bool {
        self.seconds() == other.seconds()
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.seconds())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let since = Duration::from_secs(u64::deserialize(deserializer)?);
        let now = UNIX_EPOCH.checked_add(since);
        let now = now.ok_or_else(|| serde::de::Error::custom("a time beyond all calendars"))?;
        Ok(Self { now, uptime: None, taken_over: None })
    }
}

/// A time through which something was so whenever somebody looked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spell {
    since: Instant,
    last: Instant,
}

impl Spell {
    fn begin(now: Moment) -> Self {
        Self { since: Instant::of(now), last: Instant::of(now) }
    }

    fn length(self) -> Duration {
        self.since.to(self.last)
    }

    /// Whether the look before this one is long ago, or was that of a former driver. A machine that
    /// sleeps may stop the time that never goes back, and not the calendar.
    fn has_gap(self, now: Moment) -> bool {
        let by_calendar = now.now.duration_since(self.last.now).unwrap_or_default();
        self.last.taken_over.is_some() || self.last.until(now).max(by_calendar) > GAP
    }
}

/// Makes a driver's memory durable.
#[async_trait]
pub trait MemoryStore: Debug + Send + Sync {
    /// Stores the memory, in the place of what was stored before, so that it outlives this process.
    /// Called before a call is sent that must never be sent twice, or that changes a key's policy,
    /// and after it.
    ///
    /// # Errors
    /// When it could not be stored. Then the call is not sent.
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Why a memory was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// It is of another link, another kind of link, or a link that leads elsewhere.
    #[error("the memory is of {there}, and the link is {here}; give each link a memory of its own")]
    OfAnotherLink {
        /// Kind, id and target of the memory.
        there: String,
        /// Those of the link.
        here: String,
    },
    /// Another version of this library wrote it.
    #[error(
        "the memory has version {version}, and this library reads version {VERSION}; run the version \
         that wrote it, or begin without a memory"
    )]
    OfAnotherVersion {
        /// The memory's version.
        version: u32,
    },
    /// It is not what this library wrote.
    #[error("the memory is damaged: {0}; restore it, or begin without a memory")]
    Damaged(String),
}

/// Why a call is not sent in this pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    /// When to look again.
    pub(super) left: Duration,
    pub(super) why: String,
}

impl Memory {
    /// The memory of a link on which nobody has worked before. Give it to a driver with a
    /// [store](MemoryStore), and keep it for as long as the link lives.
    pub fn begin<W: Workflow>(workflow: &W) -> Self {
        Self { is_complete: true, ..Self::unknown(workflow) }
    }

    /// The memory of a driver that knows nothing of what was done before.
    pub(crate) fn unknown<W: Workflow + ?Sized>(workflow: &W) -> Self {
        Self {
            version: VERSION,
            link: workflow.link().clone(),
            kind: workflow.kind(),
            target: workflow.target(),
            is_complete: false,
            sent: Vec::new(),
            awaited: BTreeMap::new(),
            wanted: Vec::new(),
            unanswered: None,
            made: None,
            spells: BTreeMap::new(),
            last_error: None,
        }
    }

    /// Reads what was stored as JSON.
    ///
    /// # Errors
    /// When it is damaged, or another version of this library wrote it.
    pub fn from_json(text: &str) -> Result<Self, MemoryError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |error: serde_json::Error| MemoryError::Damaged(error.to_string());
        let Version { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(MemoryError::OfAnotherVersion { version });
        }
        let memory: Self = serde_json::from_str(text).map_err(damaged)?;
        // Calls do not refuse fields that they do not know.
        let (there, here) = (serde_json::from_str::<Value>(text), serde_json::to_value(&memory));
        if there.map_err(damaged)? != here.map_err(damaged)? {
            let text = "this library would not have written all that is in it";
            return Err(MemoryError::Damaged(text.to_owned()));
        }
        Ok(memory)
    }

    /// As JSON, to be stored.
    pub fn to_json(&self) -> String {
        // Its keys are texts, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether it is the memory of this workflow's link.
    pub(super) fn check<W: Workflow>(&self, workflow: &W) -> Result<(), MemoryError> {
        if self.version != VERSION {
            return Err(MemoryError::OfAnotherVersion { version: self.version });
        }
        let here = (workflow.link(), workflow.kind(), workflow.target());
        if (&self.link, self.kind, &self.target) == (here.0, here.1, &here.2) {
            return Ok(());
        }
        let name =
            |link: &LinkId, kind: LinkKind, target: &str| format!("{kind} link {link} to {target}");
        Err(MemoryError::OfAnotherLink {
            there: name(&self.link, self.kind, &self.target),
            here: name(here.0, here.1, &here.2),
        })
    }

    /// As a driver knows it that begins at `moment`.
    pub(super) fn taken_over(mut self, moment: Moment) -> Self {
        let spells = self.wanted.iter_mut().map(|(_, spell)| spell).chain(self.spells.values_mut());
        let spells = spells.flat_map(|spell| [&mut spell.since, &mut spell.last]);
        let sent = self.sent.iter_mut().map(|sent| &mut sent.at);
        sent.chain(self.awaited.values_mut()).chain(spells).for_each(|it| it.take_over(moment));
        self
    }

    /// The same for a driver that has no store: what it sends before it dies, nobody would know.
    pub(super) fn without_store(mut self) -> Self {
        self.is_complete = false;
        self.wanted.clear();
        self
    }

    pub(super) fn forget_what_is_old(&mut self, now: Moment, settings: &Settings) {
        self.sent.retain(|sent| sent.at.until(now) < settings.grace);
    }

    /// The goal is reached: what was sent is visible, and nothing is awaited.
    pub(super) fn finish(&mut self) {
        self.sent.clear();
        self.awaited.clear();
        self.wanted.clear();
        self.last_error = None;
    }

    /// Why a call that is ready must not be sent at `now`, and when to look again.
    ///
    /// This is the one place that decides about calls that must not be made twice.
    pub(super) fn hold(
        &mut self,
        call: &Call,
        now: Moment,
        settings: &Settings,
        has_store: bool,
    ) -> Option<Hold> {
        let grace = self.sent.iter().filter(|sent| sent.call == *call);
        let grace = grace.map(|sent| settings.grace.saturating_sub(sent.at.until(now))).max();
        if let Some(left) = grace.filter(|left| !left.is_zero()) {
            let why = "was sent a moment ago, and cannot be seen yet".to_owned();
            return Some(Hold { left: left.min(settings.pace.shortest), why });
        }
        match call.caution() {
            Caution::NaturalKey => None,
            Caution::TokenOfTheHour => {
                let left = TOKEN_QUIET.saturating_sub(age_of_token(now.now));
                let why = "what was made in the last hour may not be visible yet".to_owned();
                (!left.is_zero()).then_some(Hold { left, why })
            }
            Caution::SeenMissing => self.quiet(call, now, has_store),
        }
    }

    fn quiet(&mut self, call: &Call, now: Moment, has_store: bool) -> Option<Hold> {
        if let (true, Some(spell)) = (is_alias(call), self.spells.get(&Matter::KeyMissing)) {
            let since = timestamp(spell.since.now);
            let why = format!("the key has not been shown since {since}, and is waited for");
            return Some(Hold { left: LOOK, why });
        }
        let is_lost = self.unanswered.as_ref().is_some_and(|it| it.operation() == call.operation());
        if is_addon(call) {
            if let Some(policy) = self.spells.get(&Matter::PolicySent) {
                let left = QUIET.saturating_sub(policy.since.until(now));
                let why = "the key's policy takes a minute to be in force".to_owned();
                return (!left.is_zero()).then_some(Hold { left, why });
            }
        } else if self.is_complete && has_store && !is_lost {
            return None;
        }
        let quiet = if is_lost { QUIET_AFTER_LOSS } else { QUIET };
        let spell = self.go_on(call, now, has_store);
        let left = quiet.saturating_sub(spell.length());
        if left.is_zero() {
            return None;
        }
        let (since, after) = (timestamp(spell.since.now), timestamp(spell.since.now + quiet));
        let why = format!(
            "missing since {since}, made after {after}: keep this driver and look at least every {} s, \
             or give it a memory with a store",
            GAP.as_secs()
        );
        Some(Hold { left: left.min(LOOK), why })
    }

    /// The time through which a call has been wanted.
    fn go_on(&mut self, call: &Call, now: Moment, has_store: bool) -> Spell {
        let at = self.wanted.iter().position(|(wanted, _)| wanted == call);
        let at = at.unwrap_or_else(|| {
            self.wanted.push((call.clone(), Spell::begin(now)));
            self.wanted.len() - 1
        });
        let spell = &mut self.wanted[at].1;
        // Who has the store is alone, whatever time there is between two looks.
        if !has_store && spell.has_gap(now) {
            *spell = Spell::begin(now);
        }
        spell.last = Instant::of(now);
        *spell
    }

    /// Whether it must be known that a call was sent, though the process ended right after it: there
    /// must be no second one, or what it changed takes a minute to be in force.
    pub(super) fn must_outlive(call: &Call) -> bool {
        changes_policy(call) || call.caution() == Caution::SeenMissing
    }

    /// A call is about to be sent. Should nobody ever learn what came of it, it was done.
    pub(super) fn sending(&mut self, call: &Call, now: Moment) {
        self.sent.push(At { call: call.clone(), at: Instant::of(now) });
        // What is missing again some day must be seen to be missing for a while again.
        self.wanted.retain(|(wanted, _)| wanted != call);
        if is_key(call) {
            self.unanswered = Some(call.clone());
        }
        if changes_policy(call) {
            self.begin_spell(Matter::PolicySent, now);
        }
    }

    /// It was not sent after all.
    pub(super) fn not_sent(&mut self, call: &Call) {
        self.sent.retain(|sent| sent.call != *call);
        if self.unanswered.as_ref() == Some(call) {
            self.unanswered = None;
        }
    }

    /// What came of a call.
    pub(super) fn answered(&mut self, call: &Call, answer: &ProviderResult<Sent>, now: Moment) {
        match answer {
            // It may have had its effect: not repeated before the grace is over.
            Err(error) if error.retry() != Retry::LookAgain => {
                self.sent.retain(|sent| sent.call != *call);
            }
            Ok(_) | Err(_) => {}
        }
        match call {
            Call::Kms { request: KmsCall::CreateKey(_), .. } => match answer {
                Ok(sent) => {
                    self.made = sent.made.as_deref().and_then(|made| made.parse().ok());
                    self.unanswered = None;
                }
                Err(error) if !is_loss(error.kind()) => self.unanswered = None,
                Err(_) => {}
            },
            Call::Heroku { request: HerokuCall::CreateAddon(_) } => match answer {
                Err(error) if *error.kind() == ErrorKind::Conflict => {
                    self.spell_goes_on(Matter::NameTaken, now);
                }
                Ok(_) | Err(_) => self.end_spell(Matter::NameTaken),
            },
            Call::Ec2 { .. } | Call::Kms { .. } | Call::Heroku { .. } | Call::Sink { .. } => {}
        }
    }

    /// Since when a step is awaited.
    pub(super) fn awaited_for(&self, step: &StepName, now: Moment) -> Duration {
        self.awaited.get(step).map_or(Duration::ZERO, |since| since.until(now))
    }

    /// These steps are awaited, and no others; one may have `begun` before it was seen.
    pub(super) fn await_only(
        &mut self,
        steps: &[StepName],
        begun: Option<&(StepName, Moment)>,
        now: Moment,
    ) {
        self.awaited.retain(|step, _| steps.contains(step));
        for step in steps {
            let since = begun.filter(|(begun, _)| begun == step).map_or(now, |(_, since)| *since);
            self.awaited.entry(step.clone()).or_insert(Instant::of(since));
        }
    }

    /// How long the longest of the waits has lasted that the last pass was about.
    pub(super) fn longest_wait(&self, now: Moment) -> Duration {
        self.awaited.values().map(|since| since.until(now)).max().unwrap_or_default()
    }

    pub(super) fn forget_wait(&mut self, step: &StepName) {
        self.awaited.remove(step);
    }

    /// The key that a creation made, or that was recognised as it.
    pub(crate) fn made(&self) -> Option<&KeyArn> {
        self.made.as_ref()
    }

    /// This key was seen, and is what such a creation would have made.
    pub(crate) fn saw(&mut self, made: &KeyArn) {
        self.made = Some(made.clone());
        self.unanswered = None;
    }

    /// Which of the calls that must be held back are still wanted.
    pub(crate) fn retain_wanted(&mut self, is_wanted: impl Fn(&Call) -> bool) {
        self.wanted.retain(|(call, _)| is_wanted(call));
    }

    /// For how long something has been so.
    pub(crate) fn spell(&self, matter: Matter) -> Duration {
        self.spells.get(&matter).map_or(Duration::ZERO, |spell| spell.length())
    }

    /// It is so, and has been since it was first said.
    pub(crate) fn spell_goes_on(&mut self, matter: Matter, now: Moment) {
        self.spells.entry(matter).or_insert(Spell::begin(now)).last = Instant::of(now);
    }

    fn begin_spell(&mut self, matter: Matter, now: Moment) {
        self.spells.insert(matter, Spell::begin(now));
    }

    pub(crate) fn end_spell(&mut self, matter: Matter) {
        self.spells.remove(&matter);
    }
}

/// What is so for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Matter {
    /// The key that was made or seen is not shown.
    KeyMissing,
    /// Heroku says that the add-on's name is taken, and shows no such add-on.
    NameTaken,
    /// A policy of the key was sent.
    PolicySent,
}

fn is_alias(call: &Call) -> bool {
    matches!(call, Call::Kms { request: KmsCall::CreateAlias { .. }, .. })
}

pub(super) fn is_addon(call: &Call) -> bool {
    matches!(call, Call::Heroku { request: HerokuCall::CreateAddon(_) })
}

fn is_key(call: &Call) -> bool {
    matches!(call, Call::Kms { request: KmsCall::CreateKey(_), .. })
}

/// A key is made with its policy.
pub(super) fn changes_policy(call: &Call) -> bool {
    is_key(call) || matches!(call, Call::Kms { request: KmsCall::PutPolicy { .. }, .. })
}

/// Whether a call that failed so may have had its effect, for all that is known.
fn is_loss(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Transient | ErrorKind::Timeout | ErrorKind::Protocol => true,
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::RateLimited { .. }
        | ErrorKind::Unauthorized
        | ErrorKind::TwoFactorRequired
        | ErrorKind::Forbidden
        | ErrorKind::InvalidRequest
        | ErrorKind::QuotaExceeded => false,
    }
}

/// The shorter of two times, as far as there are any.
pub(super) fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}
