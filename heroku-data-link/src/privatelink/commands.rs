//! Commands of the official clients that show what a step without a call is about.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{AwsPrincipal, AwsRegion, SecurityGroupId, VpcEndpointId};
use crate::provider::{AddonHandle, Command, Subnet, Word, variable};
use crate::reconcile::{Answer, Sign, Until, list};

/// The add-on is provisioned.
pub(super) fn provisioned(addon: &AddonHandle, deadline: Duration) -> Until {
    let words = ["heroku", "addons:info", &addon.name];
    let app = Word::known_or(addon.app.as_ref(), variable::APP);
    Until::one(Command::new(words).with("--app", app), Answer::provisioned(), deadline)
}

/// Heroku knows no endpoint service of the add-on any more.
pub(super) fn service_gone(addon: &AddonHandle, deadline: Duration) -> Until {
    Until::one(endpoint_service(addon), Answer::Refused { word: "not_found".to_owned() }, deadline)
}

/// The endpoint service is operational, and has a name.
pub(super) fn operational(addon: &AddonHandle, deadline: Duration) -> Until {
    let name = Answer::Told {
        label: "Service Name:".to_owned(),
        start: "com.amazonaws.vpce.".to_owned(),
        variable: Word::variable(variable::SERVICE),
    };
    let signs = [Answer::line("Status:", ["Operational"]), name]
        .map(|answer| Sign { command: endpoint_service(addon), answer });
    Until { signs: signs.into(), deadline }
}

/// Each of these principals is listed, and not on its way any more.
pub(super) fn admitted(
    addon: &AddonHandle,
    principals: &BTreeSet<AwsPrincipal>,
    deadline: Duration,
) -> Until {
    let sign = |principal: &AwsPrincipal| Sign {
        command: addon.privatelink("data:privatelink:access", []),
        answer: Answer::LineWithout {
            first: principal.arn().into(),
            words: vec!["Provisioning".to_owned()],
        },
    };
    Until { signs: principals.iter().map(sign).collect(), deadline }
}

/// AWS sees the endpoint service.
pub(super) fn visible(region: &AwsRegion, service: Option<&str>, deadline: Duration) -> Until {
    let command = visible_service(region, service);
    Until::one(command, Answer::found("length(ServiceNames)", ["1"]), deadline)
}

/// Which of these subnets, one of each zone, are in a zone of the endpoint service.
pub(super) fn zones<'a>(
    region: &AwsRegion,
    service: Option<&str>,
    subnets: impl Iterator<Item = &'a Subnet>,
    deadline: Duration,
) -> Until {
    let subnets = subnets.map(|it| (it.zone_id.clone(), it.zone_name.clone(), it.id.clone()));
    let variable = Word::variable(variable::SUBNETS);
    let answer = Answer::Zones { subnets: subnets.collect(), variable };
    Until::one(visible_service(region, service), answer, deadline)
}

/// The endpoint works.
pub(super) fn available(
    region: &AwsRegion,
    id: Option<&VpcEndpointId>,
    deadline: Duration,
) -> Until {
    let answer = Answer::found("VpcEndpoints[0].State", ["available"]);
    Until::one(endpoint(region, id), answer, deadline)
}

/// Heroku lists the endpoint as connected.
pub(super) fn connected(
    addon: &AddonHandle,
    id: Option<&VpcEndpointId>,
    deadline: Duration,
) -> Until {
    let answer = Answer::line(Word::known_or(id, variable::ENDPOINT), ["Available"]);
    Until::one(endpoint_service(addon), answer, deadline)
}

/// The app has a config variable for the endpoint. Nothing but the names is read.
pub(super) fn has_config(
    addon: &AddonHandle,
    id: Option<&VpcEndpointId>,
    deadline: Duration,
) -> Until {
    let mut command = config(addon);
    command.push("--shell");
    let endpoint = Word::known_or(id, variable::ENDPOINT);
    Until::one(command, Answer::Variable { endpoint }, deadline)
}

/// AWS describes none of these endpoints, unless as deleted.
pub(super) fn endpoints_gone(
    region: &AwsRegion,
    ids: &[&VpcEndpointId],
    deadline: Duration,
) -> Until {
    let filter = format!("Name=vpc-endpoint-id,Values={}", list(ids).replace(' ', ""));
    let command = Command::aws("ec2", "describe-vpc-endpoints", region, ["--filters", &filter]);
    let query = "VpcEndpoints[?State!='deleted'].VpcEndpointId";
    Until::one(command, Answer::nothing(query), deadline)
}

/// No network interface uses the security group.
pub(super) fn unused(region: &AwsRegion, group: &SecurityGroupId, deadline: Duration) -> Until {
    let filter = format!("Name=group-id,Values={group}");
    let command =
        Command::aws("ec2", "describe-network-interfaces", region, ["--filters", &filter]);
    Until::one(command, Answer::nothing("NetworkInterfaces[].NetworkInterfaceId"), deadline)
}

pub(super) fn endpoint_service(addon: &AddonHandle) -> Command {
    addon.privatelink("data:privatelink", [])
}

pub(super) fn config(addon: &AddonHandle) -> Command {
    let app = Word::known_or(addon.app.as_ref(), variable::APP);
    Command::new(["heroku", "config"]).with("--app", app)
}

pub(super) fn visible_service(region: &AwsRegion, service: Option<&str>) -> Command {
    let service = Word::known_or(service.as_ref(), variable::SERVICE);
    Command::aws("ec2", "describe-vpc-endpoint-services", region, [])
        .with("--service-names", service)
}

pub(super) fn endpoint(region: &AwsRegion, endpoint: Option<&VpcEndpointId>) -> Command {
    let id = Word::known_or(endpoint, variable::ENDPOINT);
    Command::aws("ec2", "describe-vpc-endpoints", region, []).with("--vpc-endpoint-ids", id)
}
