//! Commands of the official clients that show what a step without a call is about.

use crate::model::{AwsRegion, PeeringConnectionId, SpaceName};
use crate::provider::{Command, Word, variable};

pub(super) fn peerings(space: &SpaceName) -> Command {
    Command::new(["heroku", "spaces:peerings", space.as_str()])
}

pub(super) fn connection(region: &AwsRegion, peering: Option<&PeeringConnectionId>) -> Command {
    let id = Word::known_or(peering, variable::PEERING);
    Command::aws("ec2", "describe-vpc-peering-connections", region, [])
        .with("--vpc-peering-connection-ids", id)
}
