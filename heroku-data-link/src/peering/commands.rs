//! Commands of the official clients that show what a step without a call is about.

use std::time::Duration;

use crate::model::{AwsRegion, PeeringConnectionId, SpaceName};
use crate::provider::{Command, Word, variable};
use crate::reconcile::{Answer, Until, list};

/// Heroku lists the connection as one of these.
pub(super) fn listed<const N: usize>(
    space: &SpaceName,
    peering: Option<&PeeringConnectionId>,
    states: [&str; N],
    deadline: Duration,
) -> Until {
    let answer = Answer::line(Word::known_or(peering, variable::PEERING), states);
    Until::one(peerings(space), answer, deadline)
}

/// AWS calls the connection one of these.
pub(super) fn called<const N: usize>(
    region: &AwsRegion,
    peering: Option<&PeeringConnectionId>,
    states: [&str; N],
    deadline: Duration,
) -> Until {
    let answer = Answer::found("VpcPeeringConnections[0].Status.Code", states);
    Until::one(connection(region, peering), answer, deadline)
}

/// AWS calls none of these connections anything but one of the states.
pub(super) fn none_but<const N: usize>(
    region: &AwsRegion,
    ids: &[&PeeringConnectionId],
    states: [&str; N],
    deadline: Duration,
) -> Until {
    let filter = format!("Name=vpc-peering-connection-id,Values={}", list(ids).replace(' ', ""));
    let verb = "describe-vpc-peering-connections";
    let command = Command::aws("ec2", verb, region, ["--filters", &filter]);
    let others = states.map(|state| format!("Status.Code!='{state}'")).join(" && ");
    let query = format!("VpcPeeringConnections[?{others}].VpcPeeringConnectionId");
    Until::one(command, Answer::nothing(&query), deadline)
}

pub(super) fn peerings(space: &SpaceName) -> Command {
    Command::new(["heroku", "spaces:peerings", space.as_str()])
}

pub(super) fn connection(region: &AwsRegion, peering: Option<&PeeringConnectionId>) -> Command {
    let id = Word::known_or(peering, variable::PEERING);
    Command::aws("ec2", "describe-vpc-peering-connections", region, [])
        .with("--vpc-peering-connection-ids", id)
}
