//! Commands of the official clients that show what a step without a call is about.

use super::spec::EncryptionSpec;
use crate::provider::Command;

pub(super) fn wait_for_addon(spec: &EncryptionSpec) -> Command {
    let words = ["heroku", "addons:wait", spec.addon.as_str(), "--app", spec.app.as_str()];
    Command::new(words)
}
