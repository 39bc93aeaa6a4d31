//! Commands of the official clients that show what a step without a call is about.

use crate::model::{AwsRegion, PeeringConnectionId, SpaceName};
use crate::provider::Command;

pub(super) fn peerings(space: &SpaceName) -> Command {
    Command::new(["heroku", "spaces:peerings", space.as_str()])
}

pub(super) fn connection(region: &AwsRegion, peering: Option<&PeeringConnectionId>) -> Command {
    let id = peering.map_or("$PEERING_ID", PeeringConnectionId::as_str);
    let words = ["--vpc-peering-connection-ids", id];
    Command::aws("ec2", "describe-vpc-peering-connections", region, words)
}
