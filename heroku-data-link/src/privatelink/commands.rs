use std::collections::BTreeSet;

use super::action::group_description;
use super::snapshot::{Snapshot, group_name};
use super::spec::PrivateLinkSpec;
use crate::model::{AllowedPrincipal, AwsPrincipal, SecurityGroupId, SubnetId, VpcEndpointId};
use crate::provider::EndpointChange;
use crate::reconcile::{Command, Ec2, Scope, tag_specification};

/// The official CLIs' way to do the same.
#[derive(Debug)]
pub(super) struct Cli<'a> {
    spec: &'a PrivateLinkSpec,
    pub(super) ec2: Ec2<'a>,
    /// The add-on by its name, or as the spec calls it.
    pub(super) addon: String,
    /// The app whose config variables are read, once it is known.
    pub(super) app: Option<String>,
}

impl<'a> Cli<'a> {
    pub(super) fn new(spec: &'a PrivateLinkSpec, scope: &'a Scope, seen: &Snapshot) -> Self {
        let found = seen.addon();
        Self {
            spec,
            ec2: Ec2::new(seen.owner(spec), scope),
            addon: found.map_or_else(|| spec.addon.to_string(), |addon| addon.name.to_string()),
            app: seen.app(spec).map(ToString::to_string),
        }
    }
}

impl Cli<'_> {
    pub(super) fn privatelink(&self, topic: &str, principals: &BTreeSet<AwsPrincipal>) -> Command {
        self.with_principals(topic, principals.iter().map(AwsPrincipal::heroku_form))
    }

    /// Revokes principals as Heroku lists them.
    pub(super) fn revoke(&self, principals: &[AllowedPrincipal]) -> Command {
        let listed = principals.iter().filter_map(|principal| match principal {
            AllowedPrincipal::Known(principal) => Some(principal.heroku_form()),
            AllowedPrincipal::Anyone => Some(principal.to_string()),
            AllowedPrincipal::Unreadable(text) => Some(text.clone()).filter(|it| !it.is_empty()),
        });
        self.with_principals("data:privatelink:access:remove", listed)
    }

    fn with_principals(
        &self,
        topic: &str,
        principals: impl IntoIterator<Item = String>,
    ) -> Command {
        let mut command = Command::new(["heroku", topic, &self.addon]);
        for principal in principals {
            command.push("--aws-account-id");
            command.push(&principal);
        }
        command.push("--app");
        command.push(self.app.as_deref().unwrap_or("$APP"));
        command
    }

    pub(super) fn config(&self) -> Command {
        Command::new(["heroku", "config", "--app", self.app.as_deref().unwrap_or("$APP")])
    }

    pub(super) fn describe_service(&self, service: Option<&str>) -> Command {
        let service = service.unwrap_or("$SERVICE_NAME");
        self.ec2.command("describe-vpc-endpoint-services", ["--service-names", service])
    }

    pub(super) fn describe_endpoint(&self, endpoint: Option<&VpcEndpointId>) -> Command {
        let id = endpoint.map_or("$ENDPOINT_ID", VpcEndpointId::as_str);
        self.ec2.command("describe-vpc-endpoints", ["--vpc-endpoint-ids", id])
    }

    pub(super) fn create_group(&self) -> Command {
        let vpc = self.spec.vpc.as_str();
        let name = group_name(self.spec);
        let mut command =
            self.ec2.command("create-security-group", ["--vpc-id", vpc, "--group-name", &name]);
        command.extend(["--description", &group_description(self.spec), "--tag-specifications"]);
        command.push(&tag_specification("security-group", &self.ec2.tags()));
        command
    }

    pub(super) fn create_endpoint(
        &self,
        service: Option<&str>,
        subnets: &BTreeSet<SubnetId>,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Command {
        let mut command = self.ec2.command(
            "create-vpc-endpoint",
            ["--vpc-endpoint-type", "Interface", "--vpc-id", self.spec.vpc.as_str()],
        );
        command.extend(["--service-name", service.unwrap_or("$SERVICE_NAME")]);
        command.push("--subnet-ids");
        push_ids(&mut command, subnets, "$SUBNET_IDS");
        command.push("--security-group-ids");
        push_ids(&mut command, groups, "$GROUP_ID");
        command.extend(["--no-private-dns-enabled", "--tag-specifications"]);
        command.push(&tag_specification("vpc-endpoint", &self.ec2.tags()));
        command
    }

    pub(super) fn modify_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> Command {
        let mut command =
            self.ec2.command("modify-vpc-endpoint", ["--vpc-endpoint-id", endpoint.as_str()]);
        push_flag(&mut command, "--add-subnet-ids", &change.add_subnets);
        push_flag(&mut command, "--remove-subnet-ids", &change.remove_subnets);
        push_flag(&mut command, "--add-security-group-ids", &change.add_groups);
        push_flag(&mut command, "--remove-security-group-ids", &change.remove_groups);
        command
    }

    pub(super) fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> Command {
        self.ec2.command("delete-vpc-endpoints", ["--vpc-endpoint-ids", endpoint.as_str()])
    }

    pub(super) fn delete_group(&self, group: &SecurityGroupId) -> Command {
        self.ec2.command("delete-security-group", ["--group-id", group.as_str()])
    }
}

/// The ids, or the shell variable that stands for them.
fn push_ids<T: AsRef<str>>(command: &mut Command, ids: &BTreeSet<T>, variable: &str) {
    if ids.is_empty() {
        command.push(variable);
    }
    command.extend(ids);
}

/// The flag with the ids, if there are any.
fn push_flag<T: AsRef<str>>(command: &mut Command, flag: &str, ids: &BTreeSet<T>) {
    if !ids.is_empty() {
        command.push(flag);
        command.extend(ids);
    }
}
