//! Command lines of `aws ec2`.

use super::iam::Scope;
use super::ownership::Owner;
use super::plan::Command;
use crate::model::SecurityGroupId;
use crate::provider::{IngressRule, IngressSource, Protocol, Tags};

/// Writes what the AWS CLI would be told for a link.
#[derive(Debug)]
pub(crate) struct Ec2<'a> {
    owner: Owner,
    scope: &'a Scope,
}

impl<'a> Ec2<'a> {
    pub(crate) fn new(owner: Owner, scope: &'a Scope) -> Self {
        Self { owner, scope }
    }

    /// `aws ec2 VERB --region REGION WORDS`.
    pub(crate) fn command<const N: usize>(&self, verb: &str, words: [&str; N]) -> Command {
        let mut command =
            Command::new(["aws", "ec2", verb, "--region", self.scope.region.as_str()]);
        command.extend(words);
        command
    }

    /// Tags a resource as the link's own.
    pub(crate) fn own(&self, resource: impl AsRef<str>) -> Command {
        self.tag(resource, &self.owner.tags())
    }

    pub(crate) fn tag(&self, resource: impl AsRef<str>, tags: &Tags) -> Command {
        let mut command = self.command("create-tags", ["--resources", resource.as_ref(), "--tags"]);
        command.extend(tags.iter().map(|(key, value)| format!("Key={key},Value={value}")));
        command
    }

    /// The value of `--tag-specifications` for a new resource of the link's own.
    pub(crate) fn tag_specification(&self, resource: &str, tags: &Tags) -> String {
        let tags: Vec<_> =
            tags.iter().map(|(key, value)| format!("{{Key={key},Value={value}}}")).collect();
        format!("ResourceType={resource},Tags=[{}]", tags.join(","))
    }

    /// The tags of a new resource of the link's own.
    pub(crate) fn tags(&self) -> Tags {
        self.owner.tags()
    }

    pub(crate) fn authorize(&self, group: Option<&SecurityGroupId>, rule: &IngressRule) -> Command {
        let group = group.map_or("$GROUP_ID", SecurityGroupId::as_str);
        let command = self.command("authorize-security-group-ingress", ["--group-id", group]);
        with_rule(command, rule)
    }

    pub(crate) fn revoke(&self, group: &SecurityGroupId, rule: &IngressRule) -> Command {
        let words = ["--group-id", group.as_str()];
        with_rule(self.command("revoke-security-group-ingress", words), rule)
    }
}

fn with_rule(mut command: Command, rule: &IngressRule) -> Command {
    command.push("--protocol");
    command.push(match &rule.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Other(name) => name,
    });
    if let Some(ports) = rule.ports {
        command.push("--port");
        command.push_display(ports);
    }
    match &rule.source {
        IngressSource::Cidr(cidr) => {
            command.push("--cidr");
            command.push_display(cidr);
        }
        IngressSource::Group(group) => command.extend(["--source-group", group.as_str()]),
        IngressSource::Other(text) => command.extend(["--cidr", text]),
    }
    command
}
