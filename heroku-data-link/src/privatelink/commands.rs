//! Commands of the official clients that show what a step without a call is about.

use crate::model::{AwsRegion, VpcEndpointId};
use crate::provider::{AddonHandle, Command};

pub(super) fn endpoint_service(addon: &AddonHandle) -> Command {
    addon.privatelink("data:privatelink", [])
}

pub(super) fn config(addon: &AddonHandle) -> Command {
    let app = addon.app.as_ref().map_or("$APP", AsRef::as_ref);
    Command::new(["heroku", "config", "--app", app])
}

pub(super) fn visible_service(region: &AwsRegion, service: Option<&str>) -> Command {
    let service = service.unwrap_or("$SERVICE_NAME");
    Command::aws("ec2", "describe-vpc-endpoint-services", region, ["--service-names", service])
}

pub(super) fn endpoint(region: &AwsRegion, endpoint: Option<&VpcEndpointId>) -> Command {
    let id = endpoint.map_or("$ENDPOINT_ID", VpcEndpointId::as_str);
    Command::aws("ec2", "describe-vpc-endpoints", region, ["--vpc-endpoint-ids", id])
}
