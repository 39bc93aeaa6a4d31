//! Commands of the official clients that show what a step without a call is about.

use super::spec::EncryptionSpec;
use crate::provider::Command;
use crate::reconcile::{Answer, Sign, Until};

/// The add-on is provisioned.
pub(super) fn provisioned(spec: &EncryptionSpec) -> Until {
    let words = ["heroku", "addons:info", spec.addon.as_str(), "--app", spec.app.as_str()];
    Until::one(Command::new(words), Answer::provisioned(), spec.deadlines.addon)
}

/// The service behind the add-on can be used.
pub(super) fn available(spec: &EncryptionSpec) -> Until {
    let command = |service| Command::service_info(service, &spec.addon, &spec.app);
    let sign = |service| Sign { command: command(service), answer: Answer::available() };
    // A plan of no known service is blocked.
    Until {
        signs: spec.plan.service().into_iter().map(sign).collect(),
        deadline: spec.deadlines.service,
    }
}

pub(super) fn wait_for_addon(spec: &EncryptionSpec) -> Command {
    let words = ["heroku", "addons:wait", spec.addon.as_str(), "--app", spec.app.as_str()];
    Command::new(words)
}
