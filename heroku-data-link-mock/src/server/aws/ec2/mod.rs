//! EC2's query protocol.

mod endpoint_changes;
mod endpoints;
mod filters;
mod groups;
mod interfaces;
mod listing;
mod network_acls;
mod peering_changes;
mod peerings;
mod permissions;
mod regions;
mod route_tables;
mod routes;
mod rules;
mod services;
mod subnets;
mod tags;
mod vpcs;

use axum::http::StatusCode;
use heroku_data_link::provider::ProviderError;

use self::listing::describe;
use super::error::{self, AwsError};
use super::params::Params;
use super::scope::Service;
use super::xml::{Element, document};
use super::{Call, Reply};
use crate::server::requests::Cloud;
use crate::state::group_rules::Direction;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const VERSION: &str = "2016-11-15";

/// What an action answers: the elements below the root, without the request's id.
type Answer = Result<Vec<Element>, AwsError>;

/// A request for an action.
struct Action<'a> {
    call: &'a Call<'a>,
    params: &'a Params,
    /// Whether it is asked only if it may be done.
    is_rehearsal: bool,
}

pub(super) async fn reply(call: &Call<'_>, action: &str, params: &Params) -> Reply {
    let version = params.required("Version")?;
    if version != VERSION {
        let message = format!("The requested version ({version}) of service ec2 does not exist");
        return Err(AwsError::new("NoSuchVersion", message));
    }
    let is_rehearsal = params.flag("DryRun")?.unwrap_or(false);
    let Some(answer) = dispatch(&Action { call, params, is_rehearsal }, action).await else {
        call.shared.count(Cloud::Aws, "unknown");
        let message = format!("The action {action} is not valid for this web service.");
        return Err(AwsError::new("InvalidAction", message));
    };
    call.shared.count(Cloud::Aws, &format!("ec2:{action}"));
    let mut elements = vec![Element::text("requestId", &call.request_id)];
    elements.extend(answer?);
    let root = Element::tree(&format!("{action}Response"), elements);
    Ok(document(&root.in_namespace(NAMESPACE)))
}

/// `None` for what is no action.
async fn dispatch(action: &Action<'_>, name: &str) -> Option<Answer> {
    Some(match name {
        "DescribeRegions" => regions::list(action).await,
        "DescribeAvailabilityZones" => regions::zones(action).await,
        "DescribeVpcs" => describe::<vpcs::Vpc>(action).await,
        "DescribeVpcAttribute" => vpcs::attribute(action).await,
        "DescribeSubnets" => describe::<subnets::Subnet>(action).await,
        "DescribeSecurityGroups" => groups::list(action).await,
        "CreateSecurityGroup" => groups::create(action).await,
        "DeleteSecurityGroup" => groups::delete(action).await,
        "DescribeSecurityGroupRules" => describe::<rules::Rule>(action).await,
        "AuthorizeSecurityGroupIngress" => rules::authorize(action, Direction::Inbound).await,
        "RevokeSecurityGroupIngress" => rules::revoke(action, Direction::Inbound).await,
        "AuthorizeSecurityGroupEgress" => rules::authorize(action, Direction::Outbound).await,
        "RevokeSecurityGroupEgress" => rules::revoke(action, Direction::Outbound).await,
        "DescribeVpcEndpointServices" => services::list(action).await,
        "DescribeVpcEndpoints" => describe::<endpoints::Endpoint>(action).await,
        "CreateVpcEndpoint" => endpoint_changes::create(action).await,
        "ModifyVpcEndpoint" => endpoint_changes::modify(action).await,
        "DeleteVpcEndpoints" => endpoint_changes::delete(action).await,
        "DescribeNetworkInterfaces" => describe::<interfaces::Interface>(action).await,
        "DescribeNetworkAcls" => describe::<network_acls::NetworkAcl>(action).await,
        "DescribeTags" => describe::<tags::Tagged>(action).await,
        "CreateTags" => tags::create(action).await,
        "DeleteTags" => tags::delete(action).await,
        "DescribeVpcPeeringConnections" => describe::<peerings::Peering>(action).await,
        "CreateVpcPeeringConnection" => peering_changes::create(action).await,
        "AcceptVpcPeeringConnection" => peering_changes::accept(action).await,
        "RejectVpcPeeringConnection" => peering_changes::reject(action).await,
        "ModifyVpcPeeringConnectionOptions" => peering_changes::set_options(action).await,
        "DeleteVpcPeeringConnection" => peering_changes::delete(action).await,
        "DescribeRouteTables" => describe::<route_tables::RouteTable>(action).await,
        "CreateRoute" => routes::create(action).await,
        "ReplaceRoute" => routes::replace(action).await,
        "DeleteRoute" => routes::delete(action).await,
        _ => return None,
    })
}

impl Action<'_> {
    /// Refuses parameters that nobody read. A rehearsal ends here, whichever way.
    async fn check(&self, operation: &'static str) -> Result<(), AwsError> {
        self.check_tagging(operation, false).await
    }

    /// The same for a call that may set tags on what it makes.
    async fn check_tagging(
        &self,
        operation: &'static str,
        sets_tags: bool,
    ) -> Result<(), AwsError> {
        self.params.finish()?;
        if !self.is_rehearsal {
            return Ok(());
        }
        let may = self.call.face.rehearse_call(operation, sets_tags).await;
        may.map_err(|error| refused(&error))?;
        let message = "Request would have succeeded, but DryRun flag is set.";
        Err(AwsError::new("DryRunOperation", message).with_status(StatusCode::PRECONDITION_FAILED))
    }
}

/// The answer of an action that has nothing to tell.
fn done() -> Vec<Element> {
    vec![Element::text("return", true)]
}

fn refused(error: &ProviderError) -> AwsError {
    error::of(Service::Ec2, error)
}
