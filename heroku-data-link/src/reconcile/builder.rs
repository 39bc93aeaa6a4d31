//! Puts a plan together, step after step.

use std::borrow::Cow;
use std::fmt::Display;

use super::blocker::Blocker;
use super::iam::{Permission, Scope};
use super::pacing::Usual;
use super::plan::{Cloud, Effect, Goal, Plan, Status, Step, Wait};
use super::text::list;
use super::until::Until;
use crate::model::{LinkId, LinkKind};
use crate::provider::{Call, Command, Ec2Call, KmsCall};

/// A kind of step: what does not differ between two steps of it.
#[derive(Debug)]
pub(crate) struct StepKind<S: 'static> {
    /// The stable name.
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) cloud: Cloud,
    /// The IAM permissions of the AWS calls that such a step makes, or that look at it.
    pub(crate) permissions: &'static [Permission],
    /// The part of the world that tells how far such a step is, where one does.
    pub(crate) source: Option<&'static str>,
    /// Whether a job of this spec can ever come to such a step.
    pub(crate) occurs: fn(&S) -> bool,
}

/// The kinds of steps of a workflow, each once: what they are called, what they do, what they need,
/// and for which specs they occur. `ALL` has all of them, so that an IAM policy misses none.
macro_rules! step_kinds {
    ($spec:ty; $(
        $kind:ident = $name:literal, $effect:ident, $cloud:ident
        $(, shown by $source:ident)?
        $(, needs [$($permission:expr),+ $(,)?])? $(, if $occurs:expr)?;
    )*) => {
        $(pub(super) const $kind: &$crate::reconcile::StepKind<$spec> =
            &$crate::reconcile::StepKind {
                name: $name,
                effect: $crate::reconcile::Effect::$effect,
                cloud: $crate::reconcile::Cloud::$cloud,
                permissions: const { &[$($($permission),+)?] },
                source: step_kinds!(@source $($source)?),
                occurs: step_kinds!(@occurs $($occurs)?),
            };)*

        pub(super) const ALL: &[&$crate::reconcile::StepKind<$spec>] = &[$($kind),*];
    };
    (@source) => { None };
    (@source $source:ident) => { Some($source) };
    (@occurs) => { |_| true };
    (@occurs $occurs:expr) => { $occurs };
}
pub(crate) use step_kinds;

/// A plan in the making.
pub(crate) struct Builder {
    plan: Plan,
    /// Whether every step so far is done, so that the next one may go ahead.
    open: bool,
}

/// What is left of a mutating step.
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// A call that cannot be sent yet, as something before it must show what with.
    Incomplete(Call),
    /// A call that nothing can be said of yet.
    Unknown,
    /// This call.
    Call(Call),
}

impl Need {
    /// The call, unless it `is_done`.
    pub(crate) fn unless(is_done: bool, call: Call) -> Self {
        if is_done { Self::Nothing } else { Self::Call(call) }
    }
}

/// What a cloud is at.
pub(crate) enum Progress {
    Done,
    /// What is awaited, and how long it usually takes.
    Waiting(String, Usual),
    Blocked(Blocker),
    /// Nothing to wait for yet.
    NotStarted,
    /// Nothing to wait for yet, and then it usually takes so long.
    Later(Usual),
}

impl Progress {
    pub(crate) fn waiting(what: impl Into<String>, usual: Usual) -> Self {
        Self::Waiting(what.into(), usual)
    }

    /// AWS deletes these; done when there are none.
    pub(crate) fn gone(going: &[impl Display], usual: Usual) -> Self {
        if going.is_empty() {
            return Self::Done;
        }
        Self::waiting(format!("AWS to delete {}", list(going)), usual)
    }
}

impl Builder {
    /// The plan of a link; `workflow` is the kind of link.
    pub(crate) fn new(workflow: LinkKind, link: &LinkId, scope: Scope, goal: Goal) -> Self {
        let (link, steps, notes) = (link.clone(), Vec::new(), Vec::new());
        Self { plan: Plan { link, workflow, goal, scope, steps, notes }, open: true }
    }

    /// Where the plan's AWS resources are.
    pub(crate) fn scope(&self) -> &Scope {
        &self.plan.scope
    }

    /// Whether every step so far is done.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// A call to EC2, in the plan's region.
    pub(crate) fn ec2(&self, request: Ec2Call) -> Call {
        Call::Ec2 { region: self.plan.scope.region.clone(), request }
    }

    /// A call to KMS, in the plan's region.
    pub(crate) fn kms(&self, request: KmsCall) -> Call {
        Call::Kms { region: self.plan.scope.region.clone(), request }
    }

    pub(crate) fn note(&mut self, note: String) {
        self.plan.notes.push(note);
    }

    pub(crate) fn finish(self) -> Plan {
        self.plan
    }

    /// A condition that must hold.
    pub(crate) fn check<S>(
        &mut self,
        kind: &StepKind<S>,
        sentence: String,
        result: Result<(), Blocker>,
    ) {
        self.check_one(kind, "", sentence, result);
    }

    /// A condition of one of several things that a plan has; `detail` keeps the name unique.
    pub(crate) fn check_one<S>(
        &mut self,
        kind: &StepKind<S>,
        detail: &str,
        sentence: String,
        result: Result<(), Blocker>,
    ) {
        let status = result.map_or_else(Status::Blocked, |()| Status::Done);
        self.push(step(kind, detail, sentence, status));
    }

    /// A condition that cannot be looked at yet.
    pub(crate) fn check_later<S>(&mut self, kind: &StepKind<S>, sentence: String) {
        self.push(step(kind, "", sentence, Status::Later));
    }

    /// A mutating step, once everything before it is done.
    pub(crate) fn act<S>(&mut self, kind: &StepKind<S>, sentence: String, need: Need) {
        self.act_one(self.open, kind, "", sentence, need);
    }

    /// A mutating step, once `gate` is open. `detail` keeps the name unique where a plan has several
    /// steps of one kind.
    pub(crate) fn act_one<S>(
        &mut self,
        gate: bool,
        kind: &StepKind<S>,
        detail: &str,
        sentence: String,
        need: Need,
    ) {
        let (status, call) = match need {
            Need::Nothing => (Status::Done, None),
            Need::Unknown => (Status::Later, None),
            Need::Call(call) if gate => (Status::Ready, Some(call)),
            Need::Call(call) | Need::Incomplete(call) => (Status::Later, Some(call)),
        };
        self.push(Step { call, ..step(kind, detail, sentence, status) });
    }

    /// A condition that cannot be looked at yet; `until` is how a person would.
    pub(crate) fn check_until<S>(&mut self, kind: &StepKind<S>, sentence: String, until: Until) {
        self.push(Step { until: Some(until), ..step(kind, "", sentence, Status::Later) });
    }

    /// A cloud at work, once every step so far is done. `look` is a command that shows it.
    pub(crate) fn wait<S>(
        &mut self,
        kind: &StepKind<S>,
        sentence: String,
        look: Option<Command>,
        until: Until,
        progress: Progress,
    ) {
        let step = Step { look, ..step(kind, "", sentence, Status::Later) };
        self.push_wait(self.open, step, until, progress);
    }

    /// A sink at work, once `gate` is open. `detail` keeps the name unique.
    pub(crate) fn wait_one<S>(
        &mut self,
        gate: bool,
        kind: &StepKind<S>,
        detail: &str,
        sentence: String,
        until: Until,
        progress: Progress,
    ) {
        self.push_wait(gate, step(kind, detail, sentence, Status::Later), until, progress);
    }

    fn push_wait(&mut self, gate: bool, step: Step, until: Until, progress: Progress) {
        let usual = match &progress {
            Progress::Waiting(_, usual) | Progress::Later(usual) => Some(*usual),
            Progress::Done | Progress::Blocked(_) | Progress::NotStarted => None,
        };
        let status = match progress {
            Progress::Done => Status::Done,
            Progress::Blocked(blocker) => Status::Blocked(blocker),
            Progress::Waiting(what, usual) if gate => {
                Status::Waiting(Wait { what, usual, deadline: until.deadline })
            }
            Progress::Waiting(..) | Progress::NotStarted | Progress::Later(_) => Status::Later,
        };
        let until = Some(until).filter(|_| status != Status::Done);
        self.push(Step { status, until, usual, ..step });
    }

    fn push(&mut self, step: Step) {
        self.open &= step.status == Status::Done;
        self.plan.steps.push(step);
    }
}

/// A step that makes no call and has nothing to look at. `detail` keeps its name unique.
fn step<S>(kind: &StepKind<S>, detail: &str, sentence: String, status: Status) -> Step {
    let name = match detail {
        "" => Cow::Borrowed(kind.name),
        detail => Cow::Owned(format!("{} {detail}", kind.name)),
    };
    Step {
        name,
        effect: kind.effect,
        cloud: kind.cloud,
        sentence,
        status,
        call: None,
        look: None,
        until: None,
        permissions: kind.permissions.into(),
        source: kind.source,
        usual: None,
    }
}
