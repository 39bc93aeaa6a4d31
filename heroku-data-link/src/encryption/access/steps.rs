//! The kinds of steps.

use super::spec::{Ending, KeyAccessSpec};
use crate::model::AwsRegion;
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{Cloud, Effect, IamPolicy, Only, Permission, Resource, Scope, StepKind};

/// The name of this kind of link.
pub(super) const WORKFLOW: &str = "key-access";
/// The step in which services stop.
pub(super) const STOPPED: &str = "services/stopped";
/// The step in which services come back.
pub(super) const STARTED: &str = "services/running";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CheckKey,
    CheckUsers,
    CheckConfirmation,
    Disable,
    ScheduleDeletion,
    AwaitStopped,
    CancelDeletion,
    Enable,
    AwaitRunning,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::CheckKey,
        Self::CheckUsers,
        Self::CheckConfirmation,
        Self::Disable,
        Self::ScheduleDeletion,
        Self::AwaitStopped,
        Self::CancelDeletion,
        Self::Enable,
        Self::AwaitRunning,
    ];

    /// Whether a job of this spec can ever come to such a step.
    fn occurs(self, spec: &KeyAccessSpec) -> bool {
        match (self, spec.ending) {
            (Self::Disable, Ending::ScheduleDeletion(_))
            | (Self::ScheduleDeletion, Ending::Disable) => false,
            (
                Self::CheckKey
                | Self::CheckUsers
                | Self::CheckConfirmation
                | Self::Disable
                | Self::ScheduleDeletion
                | Self::AwaitStopped
                | Self::CancelDeletion
                | Self::Enable
                | Self::AwaitRunning,
                _,
            ) => true,
        }
    }
}

impl StepKind for Kind {
    fn describe(self) -> (&'static str, Effect, Cloud) {
        use Cloud::{Aws, Heroku};
        use Effect::{Check, Delete, Modify, Wait};
        match self {
            Self::CheckKey => ("key/check", Check, Aws),
            Self::CheckUsers => ("users", Check, Heroku),
            Self::CheckConfirmation => ("confirmation", Check, Heroku),
            Self::Disable => ("disable", Modify, Aws),
            Self::ScheduleDeletion => ("schedule-deletion", Delete, Aws),
            Self::AwaitStopped => (STOPPED, Wait, Heroku),
            Self::CancelDeletion => ("cancel-deletion", Modify, Aws),
            Self::Enable => ("enable", Modify, Aws),
            Self::AwaitRunning => (STARTED, Wait, Heroku),
        }
    }

    fn permissions(self) -> &'static [Permission] {
        const fn key(action: &'static str) -> Permission {
            Permission::on(action, Resource::Key, Only::Always)
        }
        match self {
            Self::CheckKey => const { &[key(op::DESCRIBE_KEY)] },
            Self::Disable => const { &[key(op::DISABLE_KEY)] },
            Self::ScheduleDeletion => const { &[key(op::SCHEDULE_KEY_DELETION)] },
            Self::CancelDeletion => const { &[key(op::CANCEL_KEY_DELETION)] },
            Self::Enable => const { &[key(op::ENABLE_KEY)] },
            Self::CheckUsers
            | Self::CheckConfirmation
            | Self::AwaitStopped
            | Self::AwaitRunning => &[],
        }
    }
}

impl KeyAccessSpec {
    /// The least policy with which this access can be ended and given back by a caller of the
    /// key's account.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.occurs(self));
        IamPolicy::of_kinds(&self.link, Scope::of_key(caller, region, Some(self.key.id())), kinds)
    }
}
