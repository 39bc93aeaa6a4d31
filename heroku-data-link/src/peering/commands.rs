//! Commands of the official clients that show what a step without a call is about.

use crate::model::{AwsRegion, PeeringConnectionId, SpaceName};
use crate::provider::Command;

pub(super) fn peerings(space: &SpaceName) -> Command {
    Command::new(["heroku", "spaces:peerings", space.as_str()])
}

pub(super) fn connection(region: &AwsRegion, peering: Option<&PeeringConnectionId>) -> Command {
    let words = ["aws", "ec2", "describe-vpc-peering-connections", "--region", region.as_str()];
    let mut command = Command::new(words);
    let id = peering.map_or("$PEERING_ID", PeeringConnectionId::as_str);
    command.extend(["--vpc-peering-connection-ids", id]);
    command
}
