use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::iam::{IamPolicy, Permission, Scope};
use super::pacing::Usual;
use crate::model::{LinkId, LinkKind};
use crate::provider::{Call, Command};

/// Which way a plan leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The link is there, as its spec says.
    Established,
    /// What the link owns is gone.
    TornDown,
}

/// What a step does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Looks whether a condition holds.
    Check,
    /// Makes something.
    Create,
    /// Changes something.
    Modify,
    /// Removes something.
    Delete,
    /// Waits for a cloud to finish.
    Wait,
}

/// Which cloud a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Heroku.
    Heroku,
    /// AWS.
    Aws,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// Nothing left to do.
    Done,
    /// Can be applied now.
    Ready,
    /// A cloud is at work.
    Waiting(Wait),
    /// Something before it comes first.
    Later,
    /// Somebody has to change something first.
    Blocked(Blocker),
}

/// Something that a cloud does in its own time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// What is awaited, and what was seen last.
    pub what: String,
    /// How long it usually takes.
    pub usual: Usual,
    /// How long to wait before giving up.
    pub deadline: Duration,
}

/// Something that only a person, or another program, can clear away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// A stable name for programs, such as `subnet-of-another-vpc`.
    pub code: &'static str,
    /// The value and the rule that it breaks, or what the cloud said.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Blocker {
    /// A blocker; see the fields.
    pub fn new(code: &'static str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

/// The stable name of a step, unique in its plan.
pub type StepName = Cow<'static, str>;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A stable name, unique in its plan.
    pub name: StepName,
    /// What it does to the world.
    pub effect: Effect,
    /// Which cloud it is about.
    pub cloud: Cloud,
    /// The step as a sentence for people.
    pub sentence: String,
    /// Where it stands.
    pub status: Status,
    /// The mutating call, while it is wanted. Parts of it may not be known yet.
    pub call: Option<Call>,
    /// A command of an official client that shows what a step without a call is about, if there is
    /// one.
    pub look: Option<Command>,
    /// The IAM permissions that it needs.
    pub permissions: &'static [Permission],
    /// The part of the world that tells how far it is, where one does.
    pub(crate) source: Option<&'static str>,
}

impl Step {
    /// The equivalent command of an official client, if there is one.
    pub fn command(&self) -> Option<Command> {
        self.call.as_ref().map_or_else(|| self.look.clone(), Call::command)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            name: &'a str,
            effect: Effect,
            cloud: Cloud,
            sentence: &'a str,
            #[serde(flatten)]
            status: &'a Status,
            #[serde(skip_serializing_if = "Option::is_none")]
            command: Option<Command>,
        }
        let Self { name, effect, cloud, sentence, status, .. } = self;
        let (effect, cloud, command) = (*effect, *cloud, self.command());
        Shown { name, effect, cloud, sentence, status, command }.serialize(serializer)
    }
}

/// Every step between the world as it was seen and the goal, in order.
///
/// A plan is data: it prints as a runbook, serialises as JSON, and is the dry run, the diagnosis
/// and the drift report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The link.
    pub link: LinkId,
    /// The kind of link.
    pub workflow: LinkKind,
    /// Which way it leads.
    pub goal: Goal,
    /// Where its AWS resources are.
    pub scope: Scope,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What else a person should know, such as subnets that were left out.
    pub notes: Vec<String>,
}

impl Plan {
    /// Whether nothing is left to do.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|step| step.status == Status::Done)
    }

    /// The steps that are not done: after a link was established, its drift.
    pub fn open_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.status != Status::Done)
    }

    /// The steps that can be applied now. They are independent of each other.
    pub fn ready(&self) -> impl Iterator<Item = (&Step, &Call)> {
        self.steps
            .iter()
            .filter(|step| step.status == Status::Ready)
            .filter_map(|step| step.call.as_ref().map(|call| (step, call)))
    }

    /// The steps that a cloud is at work on.
    pub fn waits(&self) -> impl Iterator<Item = (&Step, &Wait)> {
        self.steps.iter().filter_map(|step| match &step.status {
            Status::Waiting(wait) => Some((step, wait)),
            Status::Done | Status::Ready | Status::Later | Status::Blocked(_) => None,
        })
    }

    /// All that is in the way.
    pub fn blockers(&self) -> impl Iterator<Item = &Blocker> {
        self.steps.iter().filter_map(|step| match &step.status {
            Status::Blocked(blocker) => Some(blocker),
            Status::Done | Status::Ready | Status::Waiting(_) | Status::Later => None,
        })
    }

    /// The least policy that permits the AWS calls of these steps. The policy of a whole job, with
    /// what a later drift may need, comes from the job's spec.
    pub fn iam_policy(&self) -> IamPolicy {
        let permissions = self.steps.iter().flat_map(|step| step.permissions.iter().copied());
        IamPolicy::new(self.link.clone(), self.scope.clone(), permissions)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.goal {
            Goal::Established => "establish",
            Goal::TornDown => "tear down",
        };
        writeln!(f, "plan: {verb} {} {}", self.workflow, self.link)?;
        for step in &self.steps {
            write!(f, "{step}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match &self.status {
            Status::Done => "done",
            Status::Ready => "ready",
            Status::Waiting(_) => "waiting",
            Status::Later => "later",
            Status::Blocked(_) => "blocked",
        };
        let effect = match self.effect {
            Effect::Check => "check",
            Effect::Create => "create",
            Effect::Modify => "modify",
            Effect::Delete => "delete",
            Effect::Wait => "wait",
        };
        let cloud = match self.cloud {
            Cloud::Heroku => "heroku",
            Cloud::Aws => "aws",
        };
        writeln!(f, "  {status:<7}  {cloud:<6}  {effect:<6}  {}", self.sentence)?;
        match &self.status {
            Status::Done => return Ok(()),
            Status::Waiting(wait) => {
                writeln!(f, "{:27}{} (usually {})", "", wait.what, wait.usual)?;
            }
            Status::Blocked(blocker) => {
                writeln!(f, "{:27}problem: {}", "", blocker.problem)?;
                writeln!(f, "{:27}remedy: {}", "", blocker.remedy)?;
            }
            Status::Ready | Status::Later => {}
        }
        if let Some(command) = self.command() {
            writeln!(f, "{:27}$ {command}", "")?;
        }
        Ok(())
    }
}
