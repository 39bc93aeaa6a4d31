//! How a link is, in one word.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::provider::Retry;
use crate::reconcile::{Because, Blocker, Effect, Pass, Plan, ReconcileError, Status, causes};

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Health {
    /// As its spec wants it.
    Ready,
    /// On its way: a cloud is at work.
    Progressing,
    /// Not as its spec wants it, and can be mended.
    Drifted,
    /// Somebody has to change something first.
    Blocked,
    /// Nothing of it is there.
    Absent,
    /// It could not be looked at.
    Unknown,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ready => "ready",
            Self::Progressing => "progressing",
            Self::Drifted => "drifted",
            Self::Blocked => "blocked",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        })
    }
}

/// How a link is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct HealthReport {
    /// In one word.
    pub health: Health,
    /// What is awaited, in the way, not as it should be, or what failed: sentences for people.
    pub reasons: Vec<String>,
    /// Whether time alone may change it. Always so while it is progressing.
    pub may_pass: bool,
}

impl HealthReport {
    /// Whether the link is as its spec wants it.
    pub fn is_ready(&self) -> bool {
        self.health == Health::Ready
    }

    /// How the link is that a pass toward its spec was made of, for engines that make passes and ask
    /// for nothing else. `was_ready`: an earlier pass was done, so what is mended now had drifted.
    ///
    /// The reasons stay the same while nothing but time passes.
    pub fn of_pass<T>(pass: &Result<Pass<T>, ReconcileError>, was_ready: bool) -> Self {
        match pass {
            Ok(Pass::Done(_)) => Self::ready(),
            Ok(Pass::Requeue { because, .. }) => {
                let health = if was_ready { Health::Drifted } else { Health::Progressing };
                let reasons = because.iter().map(Because::awaited).collect();
                Self { health, reasons, may_pass: true }
            }
            Err(error) if error.blockers().is_empty() => {
                Self::unknown(error, error.retry() == Retry::Never)
            }
            Err(error) => {
                let blockers = error.blockers();
                Self {
                    health: Health::Blocked,
                    reasons: blockers.iter().map(ToString::to_string).collect(),
                    may_pass: blockers.iter().all(Blocker::can_clear_by_itself),
                }
            }
        }
    }

    pub(super) fn ready() -> Self {
        Self { health: Health::Ready, reasons: Vec::new(), may_pass: false }
    }

    pub(super) fn unknown(error: &ReconcileError, is_final: bool) -> Self {
        Self { health: Health::Unknown, reasons: causes(error), may_pass: !is_final }
    }

    /// The health of a link whose plan is not settled.
    pub(super) fn of(plan: &Plan) -> Self {
        let blockers: Vec<_> = plan.blockers().collect();
        if !blockers.is_empty() {
            let may_pass = blockers.iter().all(|blocker| blocker.can_clear_by_itself());
            let reasons = blockers.iter().map(ToString::to_string).collect();
            return Self { health: Health::Blocked, reasons, may_pass };
        }
        let waits: Vec<_> = plan.waits().map(|(_, wait)| wait.what.clone()).collect();
        if !waits.is_empty() && plan.ready().next().is_none() {
            return Self { health: Health::Progressing, reasons: waits, may_pass: true };
        }
        let creations = plan.steps.iter().filter(|step| step.effect == Effect::Create);
        let is_absent = !creations.clone().any(|step| step.status == Status::Done)
            && creations.clone().next().is_some();
        let health = if is_absent { Health::Absent } else { Health::Drifted };
        let reasons = plan.ready().map(|(step, _)| step.sentence.clone()).collect();
        Self { health, reasons, may_pass: false }
    }
}

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.health)?;
        if !self.reasons.is_empty() {
            write!(f, ": {}", self.reasons.join("; "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::{ErrorKind, ProviderError};
    use crate::reconcile::Code;

    #[test]
    fn a_pass_says_how_the_link_is() {
        let link = || "cache".parse().unwrap();
        let waiting = |elapsed| {
            let (step, what) = ("endpoint/wait".into(), "AWS".to_owned());
            let elapsed = Duration::from_secs(elapsed);
            let because = vec![Because::Waiting { step, what, elapsed }];
            Ok(Pass::<()>::Requeue { after: elapsed, because })
        };
        let blocked = |code| {
            let blockers = vec![Blocker::new(code, "a problem", "a remedy")];
            Err(ReconcileError::Blocked { link: link(), blockers })
        };
        let failed = |kind| {
            let source = Box::new(ProviderError::new("ec2:x", kind, "text"));
            Err(ReconcileError::Provider { link: link(), step: None, source })
        };
        for (pass, was_ready, health, may_pass) in [
            (Ok(Pass::Done(())), false, Health::Ready, false),
            (waiting(1), false, Health::Progressing, true),
            (waiting(1), true, Health::Drifted, true),
            (blocked(Code::UnknownAddon), true, Health::Blocked, false),
            (blocked(Code::KeyNotShown), false, Health::Blocked, true),
            (failed(ErrorKind::Timeout), true, Health::Unknown, true),
            (failed(ErrorKind::Forbidden), true, Health::Unknown, false),
        ] {
            let report = HealthReport::of_pass(&pass, was_ready);
            assert_eq!((report.health, report.may_pass), (health, may_pass), "{pass:?}");
        }
        let at = |elapsed| HealthReport::of_pass(&waiting(elapsed), false);
        assert_eq!(at(1), at(2));
    }
}
