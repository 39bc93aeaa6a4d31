//! One pass over an object, of whatever kind.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::link::{Health, HealthReport, LinkOutput};
use heroku_data_link::provider::ErrorKind;
use heroku_data_link::reconcile::{Because, Code, Pass, ReconcileError};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::condition::{Condition, Found, LinkStatus, since, timestamp};
use crate::consumers;
use crate::object::{DELETION_POLICY, FINALIZER, LET_CONSUMERS_FAIL, Linked, RECONCILE};
use crate::saved::Saved;
use crate::secret::SINK;
use crate::told::{normal, warning};
use crate::tracked::{Context, Tracked};

/// After so many failures in a row that time may heal, a link is not called ready any more.
const PATIENCE: u32 = 3;
/// When to look again at what may clear by itself, and at what somebody has to do in the cluster.
const SOON: Duration = Duration::from_secs(60);

/// When to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// After so long, or when the object changes.
    After(Duration),
    /// When the object changes.
    Change,
}

/// Why a pass over an object ended early. The next one reads everything anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The API server refused or did not answer.
    #[error("the API server")]
    Kubernetes(#[from] kube::Error),
    /// The driver's memory could not be stored, so what it was to do was not done.
    #[error(transparent)]
    Memory(ReconcileError),
}

impl Failure {
    /// Whether somebody has changed the object meanwhile.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Memory(_))
            || matches!(self, Self::Kubernetes(kube::Error::Api(status)) if status.code == 409)
    }
}

/// One pass over an object as the watch has shown it.
///
/// # Errors
/// When the API server fails. Nothing is lost: the next pass goes on.
pub async fn reconcile<K: Linked>(shown: &K, context: &Context<K>) -> Result<Next, Failure> {
    let Some(uid) = shown.uid() else { return Ok(Next::Change) };
    let done = pass(shown, &uid, context).await;
    if done.is_err() {
        context.drop_driver(&uid);
    }
    done
}

async fn pass<K: Linked>(shown: &K, uid: &str, context: &Context<K>) -> Result<Next, Failure> {
    let Some((saved, tracked)) = context.current(shown, uid).await? else {
        context.gone(uid);
        return Ok(Next::Change);
    };
    let object = saved.object().await;
    let says = |key: &str, value: &str| object.annotations().get(key).is_some_and(|it| it == value);
    if says(RECONCILE, "paused") {
        let text = format!("the annotation {RECONCILE} says so");
        let found = Found::new(Health::Progressing, "Paused", text);
        let now = context.operator.clock.now();
        let generation = generation(&object);
        saved.write(|it| it.set("Progressing", "False", &found, generation, now)).await?;
        return Ok(Next::Change);
    }
    let is_held = object.finalizers().iter().any(|it| it == FINALIZER);
    let at = At { context, saved: &saved, uid };
    if object.meta().deletion_timestamp.is_some() {
        if !is_held {
            context.gone(uid);
            return Ok(Next::Change);
        }
        let was_never_worked = object.status().is_none_or(|status| status.memory.is_none());
        if says(DELETION_POLICY, "orphan") || was_never_worked {
            return at.let_go(&object).await;
        }
        return at.tear_down(&object, tracked, says(LET_CONSUMERS_FAIL, "yes")).await;
    }
    if !is_held {
        let mut finalizers = object.finalizers().to_vec();
        finalizers.push(FINALIZER.to_owned());
        saved.renew(set_finalizers(context, &object, &finalizers).await?).await;
    }
    at.establish(&object, tracked).await
}

/// An object in a pass.
struct At<'a, K> {
    context: &'a Context<K>,
    saved: &'a Arc<Saved<K>>,
    uid: &'a str,
}

impl<K: Linked> At<'_, K> {
    async fn establish(
        &self,
        object: &K,
        tracked: Option<Arc<Tracked<K>>>,
    ) -> Result<Next, Failure> {
        let Some(tracked) = self.driver(object, tracked).await? else {
            return Ok(Next::After(SOON));
        };
        let generation = generation(object);
        let was_ready = object.status().is_some_and(|status| {
            status.observed_generation == Some(generation)
                && (status.is("Ready") || status.is("Drifted"))
        });
        let pass = tracked.link.reconcile_once().await;
        let report = HealthReport::of_pass(&pass, was_ready);
        let next = match &pass {
            Err(error) => match self.after_failure(&tracked, error, &report).await? {
                Ok(next) => next,
                Err(next) => return Ok(next),
            },
            Ok(pass) => {
                self.context.succeeded(self.uid);
                match pass {
                    Pass::Done(_) => self.period(&tracked),
                    Pass::Requeue { after, .. } => *after,
                }
            }
        };
        let found = Found::new(report.health, &reason(&pass), report.reasons.join("; "));
        self.tell(object, &tracked, &found, |status| {
            if tracked.delivers {
                delivered(status, &pass, &found, generation, self.context.operator.clock.now());
            }
            if let Ok(Pass::Done(output)) = &pass {
                status.stamp = stamp(output);
                status.output = serde_json::to_value(output).ok();
            }
        })
        .await?;
        Ok(Next::After(next))
    }

    async fn tear_down(
        &self,
        object: &K,
        tracked: Option<Arc<Tracked<K>>>,
        consumers_may_fail: bool,
    ) -> Result<Next, Failure> {
        let operator = &self.context.operator;
        let began = object.status().is_some_and(|status| status.teardown_began_at.is_some());
        if let Some(secret) = object.connection_secret().filter(|_| !began && !consumers_may_fail) {
            let namespace = object.namespace().unwrap_or_default();
            let pods = consumers::of(operator.client.clone(), &namespace, &secret.name).await?;
            if !pods.is_empty() {
                let text = format!(
                    "{} read the Secret {}; stop them, or set the annotation {LET_CONSUMERS_FAIL} to yes",
                    pods.join(", "),
                    secret.name
                );
                let found = Found::new(Health::Blocked, "SecretInUse", text);
                self.tell_of(object, None, &found, |_| {}).await?;
                return Ok(Next::After(SOON));
            }
        }
        let Some(tracked) = self.driver(object, tracked).await? else {
            return Ok(Next::After(SOON));
        };
        if !began {
            let now = timestamp(operator.clock.now());
            self.saved.write(|status| status.teardown_began_at = Some(now)).await?;
        }
        let pass = tracked.link.teardown_once().await;
        let mut report = HealthReport::of_pass(&pass, false);
        let (next, torn_down_at) = match &pass {
            Err(error) => match self.after_failure(&tracked, error, &report).await? {
                Ok(next) => (next, None),
                Err(next) => return Ok(next),
            },
            Ok(Pass::Requeue { after, .. }) => {
                self.context.succeeded(self.uid);
                (*after, None)
            }
            // What was made a moment before the deletion may not be visible yet.
            Ok(Pass::Done(())) => {
                let (grace, now) = (operator.settings.driver.grace, operator.clock.now());
                let first = object.status().and_then(|status| status.torn_down_at.clone());
                match first.and_then(|first| Some((since(&first, now)?, first))) {
                    Some((age, _)) if age >= grace => return self.let_go(object).await,
                    Some((age, first)) => (grace.saturating_sub(age), Some(first)),
                    None => (grace, Some(timestamp(now))),
                }
            }
        };
        if report.is_ready() {
            report.health = Health::Progressing;
        }
        let reason = if report.health == Health::Progressing {
            "Deleting".to_owned()
        } else {
            reason(&pass)
        };
        let found = Found::new(report.health, &reason, report.reasons.join("; "));
        self.tell(object, &tracked, &found, |status| status.torn_down_at = torn_down_at).await?;
        Ok(Next::After(next))
    }

    /// The driver; `None` where there cannot be one, which the status says then.
    async fn driver(
        &self,
        object: &K,
        tracked: Option<Arc<Tracked<K>>>,
    ) -> Result<Option<Arc<Tracked<K>>>, Failure> {
        let tracked = match tracked {
            Some(tracked) => tracked,
            None => match self.context.open(self.saved, self.uid).await? {
                Ok(tracked) => tracked,
                Err(found) => {
                    self.tell_of(object, None, &found, |_| {}).await?;
                    return Ok(None);
                }
            },
        };
        // From here on an object without a memory is one on which nobody has worked.
        let memory = tracked.link.memory().to_json();
        if object.status().is_none_or(|status| status.memory.is_none()) {
            self.saved.write(|status| status.memory = Some(memory)).await?;
        }
        Ok(Some(tracked))
    }

    /// When to come again after a failed pass; as an error where nothing is to be said of it.
    async fn after_failure(
        &self,
        tracked: &Tracked<K>,
        error: &ReconcileError,
        report: &HealthReport,
    ) -> Result<Result<Duration, Next>, Failure> {
        match error {
            ReconcileError::MemoryNotSaved { .. } => return Err(Failure::Memory(error.clone())),
            // Another operator has the lease, and writes the status.
            ReconcileError::Refused { .. } => return Ok(Err(Next::After(SOON))),
            _ => {}
        }
        let failures = self.context.failed(self.uid);
        let pace = &self.context.operator.settings.driver.pace;
        let next = match error.again(pace, failures) {
            Some(pause) => pause,
            None if report.may_pass => SOON,
            None => self.period(tracked),
        };
        // Somebody may have put other credentials into the Secret, which is read with a new driver.
        if error.failed_call().is_some_and(|it| *it.kind() == ErrorKind::Unauthorized) {
            self.context.drop_driver(self.uid);
        }
        let is_deadline = matches!(error, ReconcileError::DeadlinePassed { .. });
        let passes_soon = report.health == Health::Unknown && report.may_pass && !is_deadline;
        if passes_soon && failures + 1 < PATIENCE {
            let memory = tracked.link.memory().to_json();
            self.saved.write(|status| status.memory = Some(memory)).await?;
            tracked.told.take();
            return Ok(Err(Next::After(next)));
        }
        Ok(Ok(next))
    }

    fn period(&self, tracked: &Tracked<K>) -> Duration {
        self.context.operator.period(tracked.budget, tracked.link.id())
    }

    async fn tell(
        &self,
        object: &K,
        tracked: &Tracked<K>,
        found: &Found,
        change: impl FnOnce(&mut LinkStatus),
    ) -> Result<(), Failure> {
        self.tell_of(object, Some(tracked), found, change).await
    }

    /// Writes what was found into the status, and publishes what happened.
    async fn tell_of(
        &self,
        object: &K,
        tracked: Option<&Tracked<K>>,
        found: &Found,
        change: impl FnOnce(&mut LinkStatus),
    ) -> Result<(), Failure> {
        let (operator, now) = (&self.context.operator, self.context.operator.clock.now());
        operator.metrics.passed(self.uid, K::LINK, found.health);
        let generation = generation(object);
        let memory = tracked.map(|tracked| tracked.link.memory().to_json());
        self.saved
            .write(|status| {
                status.take_in(found, generation, now);
                change(status);
                if memory.is_some() {
                    status.memory = memory;
                }
            })
            .await?;
        let mut events = tracked.map(|tracked| tracked.told.take()).unwrap_or_default();
        let is = |it: &Condition| (it.status.clone(), it.reason.clone());
        let ready = |object: &K| object.status().and_then(|it| it.condition("Ready").map(is));
        if ready(object) != ready(&self.saved.object().await) {
            let note = if found.message.is_empty() { &found.reason } else { &found.message };
            events.push(match found.health {
                Health::Blocked | Health::Unknown => warning(&found.reason, "Reconcile", note),
                _ => normal(&found.reason, "Reconcile", note),
            });
        }
        let about = object.object_ref(&());
        for event in events {
            // They are for people, and nothing depends on them.
            if let Err(error) = operator.recorder.publish(&event, &about).await {
                tracing::warn!(%error, "an event cannot be published");
            }
        }
        Ok(())
    }

    /// Nothing is left to do: the object may go.
    async fn let_go(&self, object: &K) -> Result<Next, Failure> {
        let rest = object.finalizers().iter().filter(|it| *it != FINALIZER).cloned();
        let object = self.saved.object().await;
        match set_finalizers(self.context, &object, &rest.collect::<Vec<_>>()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        self.context.gone(self.uid);
        Ok(Next::Change)
    }
}

async fn set_finalizers<K: Linked>(
    context: &Context<K>,
    object: &K,
    finalizers: &[String],
) -> kube::Result<K> {
    let namespace = object.namespace().unwrap_or_default();
    let api: Api<K> = Api::namespaced(context.operator.client.clone(), &namespace);
    // With the version that was read: a list is replaced as a whole.
    let patch = json!({
        "metadata": { "resourceVersion": object.resource_version(), "finalizers": finalizers },
    });
    api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await
}

fn generation<K: Linked>(object: &K) -> i64 {
    object.meta().generation.unwrap_or_default()
}

/// Why a link is as it is, in one word.
fn reason<T>(pass: &Result<Pass<T>, ReconcileError>) -> String {
    let word = match pass {
        Ok(Pass::Done(_)) => "Established",
        Ok(Pass::Requeue { because, .. }) => match because.first() {
            Some(Because::Waiting { .. }) => "Waiting",
            Some(Because::Applied { .. }) => "Applied",
            Some(Because::LookAgain { .. }) => "LookAgain",
            _ => "Settling",
        },
        Err(ReconcileError::Blocked { blockers, .. }) => {
            return blockers.first().map_or_else(String::new, |it| it.code.to_upper_camel_case());
        }
        Err(ReconcileError::DeadlinePassed { .. }) => "DeadlinePassed",
        Err(error) => match error.failed_call() {
            // "rate limited" as `RateLimited`.
            Some(call) => {
                return Code::from(call.kind().to_string()).to_upper_camel_case();
            }
            None => "Failed",
        },
    };
    word.to_owned()
}

/// Whether the Secret has the connection. It does so from the first time on, unless what is in the way
/// is the Secret itself.
fn delivered(
    status: &mut LinkStatus,
    pass: &Result<Pass<LinkOutput>, ReconcileError>,
    found: &Found,
    generation: i64,
    now: SystemTime,
) {
    let blockers = pass.as_ref().err().map(ReconcileError::blockers).unwrap_or_default();
    if let Some(blocker) = blockers.iter().find(|it| it.code.is_about_a_copy()) {
        let reason = blocker.code.to_upper_camel_case();
        let found = Found::new(found.health, &reason, blocker.to_string());
        status.set("Delivered", "False", &found, generation, now);
    } else if matches!(pass, Ok(Pass::Done(_))) {
        let found = Found::new(found.health, "Delivered", "the Secret has the connection");
        status.set("Delivered", "True", &found, generation, now);
    } else if status.condition("Delivered").is_none() {
        let found = Found::new(found.health, "NotYet", "the link is not established");
        status.set("Delivered", "False", &found, generation, now);
    }
}

/// The stamp of the Secret.
fn stamp(output: &LinkOutput) -> Option<String> {
    let LinkOutput::PrivateLink(output) = output else { return None };
    let secret = output.delivered.iter().find(|it| it.to.as_str() == SINK)?;
    Some(secret.stamp.to_string())
}
