//! What is said of a fleet, as data and as text.

use std::fmt;

use serde::Serialize;

use super::strays::Stray;
use crate::link::{Health, HealthReport, LinkOutput};
use crate::model::{LinkId, LinkKind, TargetName};
use crate::reconcile::{Cost, Goal, Plan, ReconcileError, causes};

/// One plan for all links of a fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct FleetPlan {
    /// What each link needs, in the order of the document.
    pub links: Vec<LinkPlan>,
    /// About how many requests to Heroku it takes to establish what is not, of the 4,500 that a token
    /// has in an hour (Platform API): for each link what was measured of its kind from nothing. The
    /// use of a key is left out, as it depends on how many add-ons there are.
    pub heroku_requests: usize,
}

/// What a Heroku token has in an hour.
const BUDGET: usize = 4500;

/// Requests to Heroku from nothing to an established link; `benches --bin requests` prints them.
fn requests_of(kind: LinkKind) -> usize {
    match kind {
        LinkKind::PrivateLink => 22,
        LinkKind::Peering => 15,
        LinkKind::Encryption => 14,
        LinkKind::KeyAccess => 0,
    }
}

/// What one link needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LinkPlan {
    /// The link.
    pub link: LinkId,
    /// Its kind.
    pub kind: LinkKind,
    /// Its target.
    pub target: TargetName,
    /// The link that is established first, where that is not done: then there is no plan yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<LinkId>,
    /// Its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What that adds to the bills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<Cost>,
    /// Why it could not be planned: the failure and its causes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failure: Vec<String>,
}

impl LinkPlan {
    /// Whether nothing is left to do.
    pub fn is_in_sync(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_settled)
    }

    fn is_blocked(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.blockers().next().is_some())
    }

    /// Whether there is something to do, and nothing in the way.
    fn is_open(&self) -> bool {
        self.failure.is_empty() && !self.is_blocked() && !self.is_in_sync()
    }
}

impl FleetPlan {
    pub(super) fn new(links: Vec<LinkPlan>, goal: Goal) -> Self {
        let is_to_be_worked = |link: &&LinkPlan| goal == Goal::Established && link.is_open();
        let worked = links.iter().filter(is_to_be_worked);
        let heroku_requests = worked.map(|link| requests_of(link.kind)).sum();
        Self { links, heroku_requests }
    }

    /// Whether every link is as its spec wants it.
    pub fn is_in_sync(&self) -> bool {
        self.links.iter().all(LinkPlan::is_in_sync)
    }

    /// The links whose plan could not be made.
    pub fn failed(&self) -> impl Iterator<Item = &LinkPlan> {
        self.links.iter().filter(|link| !link.failure.is_empty())
    }

    fn count(&self, counts: impl Fn(&LinkPlan) -> bool) -> usize {
        self.links.iter().filter(|link| counts(link)).count()
    }
}

/// Every plan, and a line that sums up.
impl fmt::Display for FleetPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for link in self.links.iter().filter(|link| !link.is_in_sync()) {
            write!(f, "{link}")?;
        }
        let in_sync = self.count(LinkPlan::is_in_sync);
        let failed = self.count(|link| !link.failure.is_empty());
        let blocked = self.count(LinkPlan::is_blocked);
        let open = self.count(LinkPlan::is_open);
        write!(f, "{} links: {in_sync} in sync, {open} to be worked", self.links.len())?;
        if blocked > 0 {
            write!(f, ", {blocked} blocked")?;
        }
        if failed > 0 {
            write!(f, ", {failed} that could not be read")?;
        }
        writeln!(f)?;
        match self.heroku_requests {
            0 => Ok(()),
            count => writeln!(
                f,
                "this takes about {count} requests of the {BUDGET} that a Heroku token has in an hour"
            ),
        }
    }
}

impl fmt::Display for LinkPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link, kind, target, after, plan, costs, failure } = self;
        if let Some(after) = after {
            writeln!(f, "plan: establish {kind} {link} in {target} once {after} is established")?;
        }
        if !failure.is_empty() {
            writeln!(f, "plan: {kind} {link} in {target} could not be made")?;
            for reason in failure {
                writeln!(f, "  because {reason}")?;
            }
        }
        let Some(plan) = plan else { return Ok(()) };
        write!(f, "{plan}")?;
        costs.iter().try_for_each(|cost| writeln!(f, "  costs: {cost}"))
    }
}

/// How every link of a fleet is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct FleetHealth {
    /// Each link, in the order of the document.
    pub links: Vec<LinkHealth>,
}

/// How one link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LinkHealth {
    /// The link.
    pub link: LinkId,
    /// Its kind.
    pub kind: LinkKind,
    /// Its target.
    pub target: TargetName,
    /// How it is, and why.
    #[serde(flatten)]
    pub report: HealthReport,
}

impl FleetHealth {
    /// Whether every link is ready.
    pub fn is_ready(&self) -> bool {
        self.links.iter().all(|link| link.report.is_ready())
    }

    /// Whether a link could not be looked at.
    pub fn has_unknown(&self) -> bool {
        self.links.iter().any(|link| link.report.health == Health::Unknown)
    }
}

/// A line for each link, and one for each reason.
impl fmt::Display for FleetHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for LinkHealth { link, kind, target, report } in &self.links {
            let link = link.as_str();
            let target = target.as_str();
            writeln!(f, "{link:<24} {kind:<11} {target:<12} {}", report.health)?;
            for reason in &report.reasons {
                writeln!(f, "  {reason}")?;
            }
        }
        Ok(())
    }
}

/// What came of working a fleet. Serialising and printing it shows no secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct FleetReport {
    /// What came of each link.
    pub links: Vec<LinkReport>,
}

/// What came of one link.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LinkReport {
    /// The link; for a stray whatever its tag says.
    pub link: String,
    /// Its kind, where that is known.
    pub kind: Option<LinkKind>,
    /// Its target.
    pub target: TargetName,
    /// Where it stands.
    #[serde(flatten)]
    pub state: LinkState,
}

/// Where a link stands when a fleet was worked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum LinkState {
    /// It is as its spec wants it.
    Established {
        /// What it gives. Connections are masked.
        output: Box<LinkOutput>,
    },
    /// What it owned is gone.
    TornDown,
    /// Somebody has to change something first.
    Blocked {
        /// What.
        reasons: Vec<String>,
    },
    /// It failed, and time did not heal it.
    Failed {
        /// The failure and its causes.
        reasons: Vec<String>,
    },
    /// It was not begun, as another link was not done.
    Held {
        /// The other one.
        after: LinkId,
    },
    /// It was stopped on its way. Running again resumes.
    Unfinished {
        /// What it waited for last; `None` where it was not begun.
        awaiting: Option<String>,
    },
    /// It is left as it is: no teardown takes it away.
    Kept {
        /// Why.
        why: String,
    },
}

impl LinkState {
    pub(super) fn of_error(error: &ReconcileError) -> Self {
        if !error.blockers().is_empty() {
            let reasons = error.blockers().iter().map(ToString::to_string).collect();
            return Self::Blocked { reasons };
        }
        Self::Failed { reasons: causes(error) }
    }

    /// Whether nothing is left to do.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Established { .. } | Self::TornDown | Self::Kept { .. } => true,
            Self::Blocked { .. }
            | Self::Failed { .. }
            | Self::Held { .. }
            | Self::Unfinished { .. } => false,
        }
    }
}

impl FleetReport {
    /// Of what came of these links.
    pub fn of(links: Vec<LinkReport>) -> Self {
        Self { links }
    }

    /// Whether nothing is left to do for any link.
    pub fn is_complete(&self) -> bool {
        self.links.iter().all(|link| link.state.is_final())
    }
}

/// A line for each link, and one for each reason.
impl fmt::Display for FleetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for report in &self.links {
            writeln!(f, "{report}")?;
        }
        let done = self.links.iter().filter(|link| link.state.is_final()).count();
        writeln!(f, "{done} of {} links are done", self.links.len())
    }
}

impl fmt::Display for LinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (link, target) = (&self.link, self.target.as_str());
        let kind = self.kind.map_or("unknown", LinkKind::as_str);
        write!(f, "{link:<24} {kind:<11} {target:<12} ")?;
        match &self.state {
            LinkState::Established { .. } => write!(f, "established"),
            LinkState::TornDown => write!(f, "torn down"),
            LinkState::Blocked { reasons } => write!(f, "blocked: {}", reasons.join("; ")),
            LinkState::Failed { reasons } => write!(f, "failed: {}", reasons.join(": ")),
            LinkState::Held { after } => write!(f, "not begun: link {after} is not done"),
            LinkState::Unfinished { awaiting: None } => write!(f, "not begun; run again to resume"),
            LinkState::Unfinished { awaiting: Some(what) } => {
                write!(f, "stopped, run again to resume: {what}")
            }
            LinkState::Kept { why } => write!(f, "kept: {why}"),
        }
    }
}

/// A stray, with its target.
impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}: {}", self.target, self.found)
    }
}
