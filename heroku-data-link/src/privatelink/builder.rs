//! Puts a plan together, step after step.

use std::borrow::Cow;

use super::action::Action;
use super::spec::PrivateLinkSpec;
use super::steps::Kind;
use crate::reconcile::{Blocker, Command, Goal, Plan, Scope, Status, Step, Usual, Wait};

/// A plan in the making.
pub(super) struct Builder {
    plan: Plan<Action>,
    /// Whether every step so far is done, so that the next one may go ahead.
    open: bool,
}

/// What is left of a mutating step.
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// A call that cannot be written down yet, as something before it must show what with.
    Unknown,
    /// This call.
    Call(Action),
}

/// What a cloud is at.
pub(super) enum Progress {
    Done,
    Waiting(Wait),
    Blocked(Blocker),
    /// Nothing to wait for yet.
    NotStarted,
}

impl Progress {
    pub(super) fn waiting(
        what: impl Into<String>,
        usual: Usual,
        deadline: std::time::Duration,
    ) -> Self {
        Self::Waiting(Wait { what: what.into(), usual, deadline })
    }
}

impl Builder {
    pub(super) fn new(spec: &PrivateLinkSpec, scope: Scope, goal: Goal) -> Self {
        let plan = Plan {
            link: spec.link.clone(),
            workflow: "privatelink",
            goal,
            scope,
            steps: Vec::with_capacity(32),
            notes: Vec::new(),
        };
        Self { plan, open: true }
    }

    /// Whether every step so far is done.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn note(&mut self, note: String) {
        self.plan.notes.push(note);
    }

    pub(super) fn finish(self) -> Plan<Action> {
        self.plan
    }

    /// A condition that must hold.
    pub(super) fn check(&mut self, kind: Kind, sentence: String, result: Result<(), Blocker>) {
        let status = result.map_or_else(Status::Blocked, |()| Status::Done);
        self.push(kind, "", sentence, status, None, None);
    }

    /// A condition that cannot be looked at yet.
    pub(super) fn check_later(&mut self, kind: Kind, sentence: String) {
        self.push(kind, "", sentence, Status::Later, None, None);
    }

    /// A mutating step, once `gate` is open. `detail` keeps the name unique where a plan has
    /// several steps of one kind.
    pub(super) fn act(
        &mut self,
        gate: bool,
        kind: Kind,
        detail: &str,
        sentence: String,
        command: Option<Command>,
        need: Need,
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
    pub(super) fn wait(
        &mut self,
        kind: Kind,
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
        kind: Kind,
        detail: &str,
        sentence: String,
        status: Status,
        command: Option<Command>,
        action: Option<Action>,
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
