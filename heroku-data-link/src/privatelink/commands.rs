use std::collections::BTreeSet;

use super::action::group_request;
use super::snapshot::Snapshot;
use super::spec::PrivateLinkSpec;
use crate::model::{AwsPrincipal, SecurityGroupId, SubnetId, VpcEndpointId};
use crate::provider::{EndpointChange, IngressRule, IngressSource, Protocol, Tag};
use crate::reconcile::{Command, Scope, ownership};

/// The official CLIs' way to do the same.
#[derive(Debug)]
pub(super) struct Cli<'a> {
    spec: &'a PrivateLinkSpec,
    scope: &'a Scope,
    /// The add-on by its name, or as the spec calls it.
    pub(super) addon: String,
    /// The app whose config variables are read, once it is known.
    pub(super) app: Option<String>,
}

impl<'a> Cli<'a> {
    pub(super) fn new(spec: &'a PrivateLinkSpec, scope: &'a Scope, seen: &Snapshot) -> Self {
        let found = seen.addon();
        let app = spec.app.as_ref().or_else(|| found.map(|addon| &addon.app));
        Self {
            spec,
            scope,
            addon: found.map_or_else(|| spec.addon.to_string(), |addon| addon.name.to_string()),
            app: app.map(ToString::to_string),
        }
    }
}

impl Cli<'_> {
    pub(super) fn privatelink(
        &self,
        verb: &str,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> Vec<Command> {
        let topic = ["data:privatelink", verb].join(if verb.is_empty() { "" } else { ":" });
        let mut words = vec!["heroku".to_owned(), topic, self.addon.clone()];
        for principal in principals {
            words.extend(["--aws-account-id".to_owned(), principal.heroku_form()]);
        }
        words.extend(["--app".to_owned(), self.app.as_deref().unwrap_or("$APP").to_owned()]);
        vec![Command::new(words)]
    }

    pub(super) fn config(&self) -> Vec<Command> {
        vec![Command::new(["heroku", "config", "--app", self.app.as_deref().unwrap_or("$APP")])]
    }

    fn ec2<'w>(&self, verb: &'w str, words: impl IntoIterator<Item = &'w str>) -> Command {
        let region = self.scope.region.as_str();
        let head = ["aws", "ec2", verb, "--region", region].map(ToOwned::to_owned);
        Command::new(head.into_iter().chain(words.into_iter().map(ToOwned::to_owned)))
    }

    pub(super) fn describe_service(&self, service: Option<&str>) -> Vec<Command> {
        let service = service.unwrap_or("$SERVICE_NAME");
        vec![self.ec2("describe-vpc-endpoint-services", ["--service-names", service])]
    }

    pub(super) fn describe_endpoint(&self, endpoint: Option<&VpcEndpointId>) -> Vec<Command> {
        let id = endpoint.map_or("$ENDPOINT_ID", VpcEndpointId::as_str);
        vec![self.ec2("describe-vpc-endpoints", ["--vpc-endpoint-ids", id])]
    }

    pub(super) fn create_group(&self) -> Vec<Command> {
        let request = group_request(self.spec);
        let tags = self.tag_specification("security-group");
        vec![self.ec2(
            "create-security-group",
            [
                "--vpc-id",
                request.vpc.as_str(),
                "--group-name",
                &request.name,
                "--description",
                &request.description,
                "--tag-specifications",
                &tags,
            ],
        )]
    }

    pub(super) fn ingress(
        &self,
        verb: &str,
        group: Option<&SecurityGroupId>,
        rule: &IngressRule,
    ) -> Vec<Command> {
        let group = group.map_or("$GROUP_ID", SecurityGroupId::as_str);
        let protocol = match &rule.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Other(name) => name,
        };
        let ports = rule.ports.map(|ports| ports.to_string());
        let (kind, source) = match &rule.source {
            IngressSource::Cidr(cidr) => ("--cidr", cidr.to_string()),
            IngressSource::Group(group) => ("--source-group", group.to_string()),
            IngressSource::Other(text) => ("--cidr", text.clone()),
        };
        let mut words = vec!["--group-id", group, "--protocol", protocol];
        if let Some(ports) = &ports {
            words.extend(["--port", ports]);
        }
        words.extend([kind, &source]);
        vec![self.ec2(&format!("{verb}-security-group-ingress"), words)]
    }

    pub(super) fn create_endpoint(
        &self,
        service: Option<&str>,
        subnets: &BTreeSet<SubnetId>,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Vec<Command> {
        let tags = self.tag_specification("vpc-endpoint");
        let mut words = vec!["--vpc-endpoint-type", "Interface"];
        words.extend(["--vpc-id", self.spec.vpc.as_str()]);
        words.extend(["--service-name", service.unwrap_or("$SERVICE_NAME")]);
        words.push("--subnet-ids");
        words.extend(ids(subnets.iter().map(SubnetId::as_str), "$SUBNET_IDS"));
        words.push("--security-group-ids");
        words.extend(ids(groups.iter().map(SecurityGroupId::as_str), "$GROUP_ID"));
        words.extend(["--no-private-dns-enabled", "--tag-specifications", &tags]);
        vec![self.ec2("create-vpc-endpoint", words)]
    }

    pub(super) fn tag_endpoint(&self, endpoint: &VpcEndpointId) -> Vec<Command> {
        let Tag { key, value } = ownership::tag_of(&self.spec.link);
        let tag = format!("Key={key},Value={value}");
        vec![self.ec2("create-tags", ["--resources", endpoint.as_str(), "--tags", &tag])]
    }

    pub(super) fn modify_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> Vec<Command> {
        let mut words = vec!["--vpc-endpoint-id", endpoint.as_str()];
        let add = |flag: &'static str, ids: Vec<String>| (!ids.is_empty()).then_some((flag, ids));
        let texts = |set: &BTreeSet<SubnetId>| set.iter().map(ToString::to_string).collect();
        let group_texts =
            |set: &BTreeSet<SecurityGroupId>| set.iter().map(ToString::to_string).collect();
        let parts: Vec<(&str, Vec<String>)> = [
            add("--add-subnet-ids", texts(&change.add_subnets)),
            add("--remove-subnet-ids", texts(&change.remove_subnets)),
            add("--add-security-group-ids", group_texts(&change.add_groups)),
            add("--remove-security-group-ids", group_texts(&change.remove_groups)),
        ]
        .into_iter()
        .flatten()
        .collect();
        for (flag, ids) in &parts {
            words.push(flag);
            words.extend(ids.iter().map(String::as_str));
        }
        vec![self.ec2("modify-vpc-endpoint", words)]
    }

    pub(super) fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> Vec<Command> {
        vec![self.ec2("delete-vpc-endpoints", ["--vpc-endpoint-ids", endpoint.as_str()])]
    }

    pub(super) fn delete_group(&self, group: &SecurityGroupId) -> Vec<Command> {
        vec![self.ec2("delete-security-group", ["--group-id", group.as_str()])]
    }

    fn tag_specification(&self, resource: &str) -> String {
        let tags: Vec<String> = ownership::tags_of(&self.spec.link)
            .into_iter()
            .map(|(key, value)| format!("{{Key={key},Value={value}}}"))
            .collect();
        format!("ResourceType={resource},Tags=[{}]", tags.join(","))
    }
}

/// The ids, or the shell variable that stands for them.
fn ids<'i>(ids: impl Iterator<Item = &'i str>, variable: &'i str) -> Vec<&'i str> {
    let ids: Vec<_> = ids.collect();
    if ids.is_empty() { vec![variable] } else { ids }
}
