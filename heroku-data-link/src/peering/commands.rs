use super::snapshot::Snapshot;
use super::spec::PeeringSpec;
use crate::model::{Cidr, PeeringConnectionId, RouteTableId};
use crate::provider::{NewPeeringConnection, PeeringInfo};
use crate::reconcile::{Command, Ec2, Scope, tag_specification};

/// The official CLIs' way to do the same.
#[derive(Debug)]
pub(super) struct Cli<'a> {
    spec: &'a PeeringSpec,
    pub(super) ec2: Ec2<'a>,
    /// The connection's id, or the shell variable that stands for it.
    peering: &'a str,
}

impl<'a> Cli<'a> {
    pub(super) fn new(
        spec: &'a PeeringSpec,
        scope: &'a Scope,
        seen: &Snapshot,
        peering: Option<&'a PeeringConnectionId>,
    ) -> Self {
        let peering = peering.map_or("$PEERING_ID", PeeringConnectionId::as_str);
        Self { spec, ec2: Ec2::new(seen.owner(spec), scope), peering }
    }

    pub(super) fn peerings(&self) -> Command {
        Command::new(["heroku", "spaces:peerings", self.spec.space.as_str()])
    }

    pub(super) fn accept(&self) -> Command {
        let space = self.spec.space.as_str();
        Command::new(["heroku", "spaces:peerings:accept", self.peering, "--space", space])
    }

    pub(super) fn request(&self, request: Option<&NewPeeringConnection>) -> Command {
        let known = request
            .map(|it| (it.peer_account.as_str(), it.peer_vpc.as_str(), it.peer_region.as_str()));
        let (account, vpc, region) = known.unwrap_or(("$ACCOUNT", "$VPC_ID", "$REGION"));
        let mut command = self.ec2.command(
            "create-vpc-peering-connection",
            ["--vpc-id", self.spec.vpc.as_str(), "--peer-vpc-id", vpc],
        );
        command.extend(["--peer-owner-id", account, "--peer-region", region]);
        command.push("--tag-specifications");
        let tags = request.map_or_else(|| self.ec2.tags(), |it| it.tags.clone());
        command.push(&tag_specification("vpc-peering-connection", &tags));
        command
    }

    pub(super) fn describe(&self) -> Command {
        let words = ["--vpc-peering-connection-ids", self.peering];
        self.ec2.command("describe-vpc-peering-connections", words)
    }

    pub(super) fn delete(&self, peering: &PeeringConnectionId) -> Command {
        let words = ["--vpc-peering-connection-id", peering.as_str()];
        self.ec2.command("delete-vpc-peering-connection", words)
    }

    pub(super) fn create_route(&self, table: &RouteTableId, destination: Cidr) -> Command {
        let mut command = self.route("create-route", table, destination);
        command.extend(["--vpc-peering-connection-id", self.peering]);
        command
    }

    pub(super) fn delete_route(&self, table: &RouteTableId, destination: Cidr) -> Command {
        self.route("delete-route", table, destination)
    }

    fn route(&self, verb: &str, table: &RouteTableId, destination: Cidr) -> Command {
        let words = ["--route-table-id", table.as_str(), "--destination-cidr-block"];
        let mut command = self.ec2.command(verb, words);
        command.push_display(destination);
        command
    }
}

/// Whom to ask, as far as Heroku says.
pub(super) fn peer(info: Option<&PeeringInfo>) -> String {
    let vpc = info.and_then(|info| info.vpc.as_ref()).map_or("its VPC", AsRef::as_ref);
    let region = info.and_then(|info| info.region.as_ref());
    let account = info.and_then(|info| info.account.as_ref());
    match (region, account) {
        (Some(region), Some(account)) => format!("{vpc} in {region} of account {account}"),
        (_, _) => vpc.to_owned(),
    }
}
