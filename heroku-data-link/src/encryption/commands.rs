use super::action::Data;
use super::snapshot::{Snapshot, owner};
use super::spec::EncryptionSpec;
use crate::model::{AddonName, AttachmentName, KeyAlias, KeyArn, LinkId};
use crate::reconcile::{Command, Scope};

/// The official CLIs' way to do the same.
#[derive(Debug)]
pub(super) struct Cli<'a> {
    spec: &'a EncryptionSpec,
    aws: Kms<'a>,
    /// The key's ARN, or the shell variable that stands for it.
    key: &'a str,
}

/// `aws kms`, in one region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kms<'a> {
    pub(super) region: &'a str,
}

impl Kms<'_> {
    pub(super) fn command<const N: usize>(self, verb: &str, words: [&str; N]) -> Command {
        let mut command = Command::new(["aws", "kms", verb, "--region", self.region]);
        command.extend(words);
        command
    }

    pub(super) fn on(self, verb: &str, key: &str) -> Command {
        self.command(verb, ["--key-id", key])
    }
}

/// What is written for a key that is not there yet.
pub(super) fn key_or_variable(key: Option<&KeyArn>) -> &str {
    key.map_or("$KEY_ARN", KeyArn::as_str)
}

/// The description of a link's own key.
pub(super) fn description(link: &LinkId) -> String {
    format!("Heroku data of link {link}")
}

impl<'a> Cli<'a> {
    pub(super) fn new(spec: &'a EncryptionSpec, scope: &'a Scope, seen: &'a Snapshot) -> Self {
        let key = key_or_variable(seen.key().map(|key| &key.arn));
        Self { spec, aws: Kms { region: scope.region.as_str() }, key }
    }

    pub(super) fn create_key(&self) -> Command {
        let mut command = self.aws.command(
            "create-key",
            ["--description", &description(&self.spec.link), "--policy", "$POLICY", "--tags"],
        );
        for (key, value) in owner(self.spec).tags() {
            command.push(&format!("TagKey={key},TagValue={value}"));
        }
        command
    }

    pub(super) fn create_alias(&self, alias: &KeyAlias) -> Command {
        let words = ["--alias-name", alias.as_str(), "--target-key-id", self.key];
        self.aws.command("create-alias", words)
    }

    pub(super) fn put_policy(&self, policy: &str) -> Command {
        let words = ["--key-id", self.key, "--policy-name", "default", "--policy", policy];
        self.aws.command("put-key-policy", words)
    }

    pub(super) fn enable_rotation(&self) -> Command {
        let days = self.spec.rotation.days().to_string();
        let words = ["--key-id", self.key, "--rotation-period-in-days", &days];
        self.aws.command("enable-key-rotation", words)
    }

    pub(super) fn create_addon(&self, data: Option<&Data>) -> Command {
        let spec = self.spec;
        let mut command = Command::new(["heroku", "addons:create", spec.plan.as_str()]);
        command.extend(["--name", spec.addon.as_str(), "--app", spec.app.as_str()]);
        if let Some(attachment) = &spec.attachment {
            command.extend(["--as", attachment.as_str()]);
        }
        // The official CLI takes options with a hyphen only after two of them.
        command.extend(["--", &format!("--{}", spec.key_option), self.key]);
        match data {
            None | Some(Data::Empty) => {}
            Some(Data::ForkOfUrl(attachment)) => {
                command.extend(["--fork", &format!("${attachment}_URL")]);
            }
            Some(Data::ForkOf(addon)) => command.extend(["--fork", addon.as_str()]),
            Some(Data::FollowerOf(addon)) => command.extend(["--follow", addon.as_str()]),
        }
        command
    }

    pub(super) fn addon(&self, topic: &str) -> Command {
        Command::new(["heroku", topic, self.spec.addon.as_str(), "--app", self.spec.app.as_str()])
    }

    pub(super) fn attach(&self, addon: &AddonName, name: &AttachmentName) -> Command {
        let mut command = Command::new(["heroku", "addons:attach", addon.as_str()]);
        command.extend(["--as", name.as_str(), "--app", self.spec.app.as_str()]);
        command
    }

    pub(super) fn promote(&self, name: &AttachmentName) -> Command {
        let mut command = self.attach(&self.spec.addon, name);
        command.extend(["--confirm", self.spec.app.as_str()]);
        command
    }
}
