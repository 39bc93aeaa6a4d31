//! The kinds of steps of a key's access.

use super::spec::{Ending, KeyAccessSpec};
use crate::model::{AwsRegion, LinkKind};
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{IamPolicy, Only, Permission as P, Resource, Scope, step_kinds};

/// The name of this kind of link.
pub(super) const KIND: LinkKind = LinkKind::KeyAccess;
/// The step in which services stop.
pub(super) const STOPPED: &str = AWAIT_STOPPED.name;
/// The step in which services come back.
pub(super) const STARTED: &str = AWAIT_RUNNING.name;

const fn key(action: &'static str) -> P {
    P::on(action, Resource::Key, Only::Always)
}

// What shows how far a step is; see `refresh`.
pub(super) const SERVICES: &str = "services";

step_kinds! { KeyAccessSpec;
    CHECK_KEY = "key/check", Check, Aws, needs [key(op::DESCRIBE_KEY)];
    CHECK_USERS = "users/check", Check, Heroku;
    CHECK_CONFIRMATION = "confirmation/check", Check, Heroku;
    DISABLE = "key/disable", Modify, Aws, needs [key(op::DISABLE_KEY)],
        if |spec| spec.ending == Ending::Disable;
    SCHEDULE_DELETION = "key/schedule-deletion", Delete, Aws, needs [key(op::SCHEDULE_KEY_DELETION)],
        if |spec| spec.ending != Ending::Disable;
    AWAIT_STOPPED = "services/await-stopped", Wait, Heroku, shown by SERVICES;
    CANCEL_DELETION = "key/cancel-deletion", Modify, Aws, needs [key(op::CANCEL_KEY_DELETION)];
    ENABLE = "key/enable", Modify, Aws, needs [key(op::ENABLE_KEY)];
    AWAIT_RUNNING = "services/await-running", Wait, Heroku, shown by SERVICES;
}

impl KeyAccessSpec {
    /// The least policy with which this access can be ended and given back by a caller of the
    /// key's account.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let scope = Scope::of_key(caller, region, Some(self.key.id()));
        IamPolicy::of_kinds(&self.link, scope, self, ALL)
    }
}
