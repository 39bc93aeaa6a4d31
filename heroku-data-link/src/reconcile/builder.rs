//! Puts a plan together, step after step.

use std::borrow::Cow;

use super::iam::{Permission, Scope};
use super::pacing::Usual;
use super::plan::{Blocker, Cloud, Command, Effect, Goal, Plan, Status, Step, Wait};
use crate::model::LinkId;

/// A kind of step: what does not differ between two steps of it.
pub(crate) trait StepKind: Copy {
    /// Stable name, effect and cloud.
    fn describe(self) -> (&'static str, Effect, Cloud);

    /// The IAM permissions of the AWS calls that such a step makes, or that look at it.
    fn permissions(self) -> &'static [Permission];
}

/// A plan in the making.
pub(crate) struct Builder<A> {
    plan: Plan<A>,
    /// Whether every step so far is done, so that the next one may go ahead.
    open: bool,
}

/// What is left of a mutating step.
pub(crate) enum Need<A> {
    /// Nothing.
    Nothing,
    /// A call that cannot be written down yet, as something before it must show what with.
    Unknown,
    /// This call.
    Call(A),
}

/// What a cloud is at.
pub(crate) enum Progress {
    Done,
    Waiting(Wait),
    Blocked(Blocker),
    /// Nothing to wait for yet.
    NotStarted,
}

impl Progress {
    pub(crate) fn waiting(
        what: impl Into<String>,
        usual: Usual,
        deadline: std::time::Duration,
    ) -> Self {
        Self::Waiting(Wait { what: what.into(), usual, deadline })
    }
}

impl<A> Builder<A> {
    /// The plan of a link; `workflow` is the kind of link.
    pub(crate) fn new(workflow: &'static str, link: &LinkId, scope: Scope, goal: Goal) -> Self {
        let plan = Plan {
            link: link.clone(),
            workflow,
            goal,
            scope,
            steps: Vec::with_capacity(32),
            notes: Vec::new(),
        };
        Self { plan, open: true }
    }

    /// Where the plan's AWS resources are.
    pub(crate) fn scope(&self) -> &Scope {
        &self.plan.scope
    }

    /// Whether every step so far is done.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn note(&mut self, note: String) {
        self.plan.notes.push(note);
    }

    pub(crate) fn finish(self) -> Plan<A> {
        self.plan
    }

    /// A condition that must hold.
    pub(crate) fn check(
        &mut self,
        kind: impl StepKind,
        sentence: String,
        result: Result<(), Blocker>,
    ) {
        let status = result.map_or_else(Status::Blocked, |()| Status::Done);
        self.push(kind, "", sentence, status, None, None);
    }

    /// A condition that cannot be looked at yet.
    pub(crate) fn check_later(&mut self, kind: impl StepKind, sentence: String) {
        self.push(kind, "", sentence, Status::Later, None, None);
    }

    /// A mutating step, once `gate` is open. `detail` keeps the name unique where a plan has
    /// several steps of one kind.
    pub(crate) fn act(
        &mut self,
        gate: bool,
        kind: impl StepKind,
        detail: &str,
        sentence: String,
        command: Option<Command>,
        need: Need<A>,
    ) {
        let (status, action) = match need {
            Need::Nothing => (Status::Done, None),
            Need::Unknown => (Status::Later, None),
            Need::Call(action) if gate => (Status::Ready, Some(action)),
            Need::Call(action) => (Status::Later, Some(action)),
        };
        self.push(kind, detail, sentence, status, command, action);
    }

    /// A cloud at work, once every step so far is done.
    pub(crate) fn wait(
        &mut self,
        kind: impl StepKind,
        sentence: String,
        command: Option<Command>,
        progress: Progress,
    ) {
        let status = match progress {
            Progress::Done => Status::Done,
            Progress::Blocked(blocker) => Status::Blocked(blocker),
            Progress::Waiting(wait) if self.open => Status::Waiting(wait),
            Progress::Waiting(_) | Progress::NotStarted => Status::Later,
        };
        self.push(kind, "", sentence, status, command, None);
    }

    fn push(
        &mut self,
        kind: impl StepKind,
        detail: &str,
        sentence: String,
        status: Status,
        command: Option<Command>,
        action: Option<A>,
    ) {
        let (name, effect, cloud) = kind.describe();
        let name = match detail {
            "" => Cow::Borrowed(name),
            detail => Cow::Owned(format!("{name} {detail}")),
        };
        self.open &= status == Status::Done;
        self.plan.steps.push(Step {
            name,
            effect,
            cloud,
            sentence,
            status,
            command,
            permissions: kind.permissions(),
            action,
        });
    }
}
