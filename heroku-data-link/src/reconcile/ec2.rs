//! Command lines of `aws ec2`.

use super::iam::Scope;
use super::ownership;
use super::plan::Command;
use crate::model::{LinkId, SecurityGroupId};
use crate::provider::{IngressRule, IngressSource, Protocol, Tag};

/// Writes what the AWS CLI would be told for a link.
#[derive(Debug)]
pub(crate) struct Ec2<'a> {
    link: &'a LinkId,
    scope: &'a Scope,
}

impl<'a> Ec2<'a> {
    pub(crate) fn new(link: &'a LinkId, scope: &'a Scope) -> Self {
        Self { link, scope }
    }

    /// `aws ec2 VERB --region REGION WORDS`.
    pub(crate) fn command<const N: usize>(&self, verb: &str, words: [&str; N]) -> Command {
        let mut command =
            Command::new(["aws", "ec2", verb, "--region", self.scope.region.as_str()]);
        command.extend(words);
        command
    }

    /// Tags a resource as the link's own.
    pub(crate) fn tag(&self, resource: impl AsRef<str>) -> Command {
        let Tag { key, value } = ownership::tag_of(self.link);
        let tag = format!("Key={key},Value={value}");
        self.command("create-tags", ["--resources", resource.as_ref(), "--tags", &tag])
    }

    /// The value of `--tag-specifications` for a new resource of the link's own.
    pub(crate) fn tag_specification(&self, resource: &str) -> String {
        let mut text = format!("ResourceType={resource},Tags=[");
        for (index, (key, value)) in ownership::pairs_of(self.link).iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            text.extend([comma, "{Key=", key, ",Value=", value, "}"]);
        }
        text.push(']');
        text
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
