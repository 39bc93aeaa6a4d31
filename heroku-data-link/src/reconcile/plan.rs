use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::blocker::Blocker;
use super::iam::{IamPolicy, Permission, Scope};
use super::pacing::Usual;
use super::seconds::Seconds;
use super::until::Until;
use crate::model::{LinkId, LinkKind};
use crate::provider::{Call, Command};

/// Which way a plan leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The link is there, as its spec says.
    Established,
    /// What the link owns is gone.
    TornDown,
}

/// What a step does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cloud {
    /// Heroku.
    Heroku,
    /// AWS.
    Aws,
    /// Where copies of a connection are delivered.
    Sink,
}

impl Cloud {
    /// In one word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Heroku => "heroku",
            Self::Aws => "aws",
            Self::Sink => "sink",
        }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// Nothing left to do.
    Done,
    /// Can be applied now.
    Ready,
    /// A cloud is at work.
    Waiting(Wait),
    /// Something before it comes first.
    Later,
    /// Something is in the way.
    Blocked(Blocker),
}

/// Something that a cloud does in its own time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Wait {
    /// What is awaited, and what was seen last.
    pub what: String,
    /// How long it usually takes.
    pub usual: Usual,
    /// How long to wait before giving up; serialised as seconds.
    #[serde(with = "Seconds")]
    pub deadline: Duration,
}

/// The stable name of a step, unique in its plan.
pub type StepName = Cow<'static, str>;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// How the official clients show that an open step without a call is done, and how long that may
    /// take.
    pub(crate) until: Option<Until>,
    /// The IAM permissions that it needs.
    pub permissions: Cow<'static, [Permission]>,
    /// The part of the world that tells how far it is, where one does.
    pub(crate) source: Option<&'static str>,
    /// How long a wait that has not begun usually takes, where that is known.
    pub(crate) usual: Option<Usual>,
}

impl Step {
    /// The equivalent command of an official client, if there is one.
    pub fn command(&self) -> Option<Command> {
        self.call.as_ref().map_or_else(|| self.look.clone(), Call::command)
    }
}

/// A step as JSON. The command is for people; where there is a call, that is what counts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StepData<'a> {
    name: StepName,
    effect: Effect,
    cloud: Cloud,
    sentence: Cow<'a, str>,
    #[serde(flatten)]
    status: Cow<'a, Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<Cow<'a, Call>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Cow<'a, Until>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    permissions: Cow<'a, [Permission]>,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = StepData {
            name: self.name.clone(),
            effect: self.effect,
            cloud: self.cloud,
            sentence: Cow::Borrowed(&self.sentence),
            status: Cow::Borrowed(&self.status),
            command: self.command(),
            call: self.call.as_ref().map(Cow::Borrowed),
            until: self.until.as_ref().map(Cow::Borrowed),
            permissions: Cow::Borrowed(&self.permissions),
        };
        data.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = StepData::deserialize(deserializer)?;
        let call = data.call.map(Cow::into_owned);
        Ok(Self {
            name: data.name,
            effect: data.effect,
            cloud: data.cloud,
            sentence: data.sentence.into_owned(),
            status: data.status.into_owned(),
            look: data.command.filter(|_| call.is_none()),
            call,
            until: data.until.map(Cow::into_owned),
            permissions: data.permissions.into_owned().into(),
            source: None,
            usual: None,
        })
    }
}

/// Every step between the world as it was seen and the goal, in order.
///
/// A plan is data: it prints as a runbook, serialises as JSON, and is the dry run, the diagnosis
/// and the drift report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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

    /// The wait that follows the steps that are ready, if nothing else does.
    pub(super) fn following_wait(&self) -> Option<&Step> {
        let mut after = self.steps.iter().skip_while(|step| step.status != Status::Ready);
        let next = after.find(|step| step.status == Status::Later);
        next.filter(|next| next.effect == Effect::Wait)
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
        let cloud = self.cloud.as_str();
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
