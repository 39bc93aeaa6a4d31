//! What an object's status says, and how it follows from a pass.

use std::time::{Duration, SystemTime};

use heroku_data_link::link::Health;
use k8s_openapi::jiff::{Timestamp, TimestampRound, Unit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that is so, or not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Condition {
    /// What it is about: `Ready`, `Progressing`, `Blocked`, `Drifted` or `Delivered`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in one word: a code of the library's list of blockers where the link is blocked.
    pub reason: String,
    /// Why, for people.
    pub message: String,
    /// The generation of the object that it is about.
    #[serde(default)]
    pub observed_generation: i64,
    /// Since when the status is what it is.
    pub last_transition_time: String,
}

/// What is known of a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct LinkStatus {
    /// The generation of the object that the last pass was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// What is so and what is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Changes with what is in the Secret. Put it into the annotations of a pod template, and pods
    /// restart when credentials were rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub stamp: Option<String>,
    /// What the link gives: ids, names and addresses, and no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "anything")]
    pub output: Option<Value>,
    /// What the driver remembers between passes, as JSON: since when it waits, what it sent, which key
    /// it made. Whoever empties it may get a second key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub memory: Option<String>,
    /// When the teardown began: until then nothing is taken from those who read the Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub teardown_began_at: Option<String>,
    /// When a teardown first found nothing left. It looks once more before the object goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub torn_down_at: Option<String>,
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}

/// A time as Kubernetes writes it, to the second.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.round(TimestampRound::new().smallest(Unit::Second)).unwrap_or(at).to_string()
}

/// How long ago such a time was; `None` where it cannot be read or is still to come.
pub(crate) fn since(text: &str, now: SystemTime) -> Option<Duration> {
    let (then, now) = (text.parse::<Timestamp>().ok()?, Timestamp::try_from(now).ok()?);
    now.duration_since(then).try_into().ok()
}

/// What a pass came to, as conditions say it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) health: Health,
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Found {
    pub(crate) fn new(health: Health, reason: &str, message: impl Into<String>) -> Self {
        Self { health, reason: reason.to_owned(), message: shortened(message.into()) }
    }
}

/// The API server takes no more than 32 KiB, and nobody reads as much.
fn shortened(mut text: String) -> String {
    const LONGEST: usize = 2048;
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl LinkStatus {
    /// The condition of a type.
    pub fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.conditions.iter().find(|it| it.r#type == r#type)
    }

    /// Whether a condition of this type is true.
    pub fn is(&self, r#type: &str) -> bool {
        self.condition(r#type).is_some_and(|it| it.status == "True")
    }

    /// Takes in what was found at `now` of this generation.
    pub(crate) fn take_in(&mut self, found: &Found, generation: i64, now: SystemTime) {
        self.observed_generation = Some(generation);
        let is = |health: Health| if found.health == health { "True" } else { "False" };
        let ready = if found.health == Health::Unknown { "Unknown" } else { is(Health::Ready) };
        self.set("Ready", ready, found, generation, now);
        let waits = matches!(found.health, Health::Progressing | Health::Drifted | Health::Absent);
        let progressing = if waits { "True" } else { "False" };
        self.set("Progressing", progressing, found, generation, now);
        self.set("Blocked", is(Health::Blocked), found, generation, now);
        // What could not be looked at is neither.
        if found.health != Health::Unknown {
            self.set("Drifted", is(Health::Drifted), found, generation, now);
        }
    }

    /// Sets a condition. Where its status stays, so does the time.
    pub(crate) fn set(
        &mut self,
        r#type: &str,
        status: &str,
        found: &Found,
        generation: i64,
        now: SystemTime,
    ) {
        let former = self.conditions.iter().position(|it| it.r#type == r#type);
        let former = former.map(|at| self.conditions.remove(at));
        let stays = former.as_ref().filter(|it| it.status == status);
        let condition = Condition {
            r#type: r#type.to_owned(),
            status: status.to_owned(),
            reason: found.reason.clone(),
            message: found.message.clone(),
            observed_generation: generation,
            last_transition_time: stays
                .map_or_else(|| timestamp(now), |it| it.last_transition_time.clone()),
        };
        let at = self.conditions.partition_point(|it| it.r#type.as_str() < r#type);
        self.conditions.insert(at, condition);
    }
}
