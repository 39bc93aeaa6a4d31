//! Commands of the official clients that show what a step without a call is about.

use crate::model::{AwsRegion, VpcEndpointId};
use crate::provider::{AddonHandle, Command, Word, variable};

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
