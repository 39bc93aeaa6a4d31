//! What makes, changes and deletes VPC endpoints.

use std::collections::BTreeSet;

use heroku_data_link::model::{EndpointServiceName, SecurityGroupId, VpcEndpointId, VpcId};
use heroku_data_link::provider::{EndpointChange, NewEndpoint, VpcEndpoints, operation};

use super::super::error::AwsError;
use super::super::params::{Params, invalid_value};
use super::super::xml::Element;
use super::endpoints::{Endpoint, INTERFACE, MALFORMED};
use super::listing::Resource;
use super::tags::on_creation;
use super::{Action, Answer, done, groups, refused, subnets, vpcs};
use crate::state::Absent;
use crate::state::groups::default_group;

/// The kinds of endpoints that AWS has.
const TYPES: [&str; 5] =
    ["Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"];
/// What addresses and records of names can be of.
const IP_TYPES: [&str; 3] = ["ipv4", "dualstack", "ipv6"];
const RECORD_TYPES: [&str; 4] = ["ipv4", "dualstack", "ipv6", "service-defined"];

/// `CreateVpcEndpoint`
pub(super) async fn create(action: &Action<'_>) -> Answer {
    let params = action.params;
    let vpc: Option<VpcId> = params.parsed("VpcId", vpcs::MALFORMED)?;
    let vpc = vpc.ok_or_else(|| AwsError::missing("VpcId"))?;
    let service = params.required("ServiceName")?;
    check_type(params)?;
    check_options(params)?;
    if let Some(region) = params.text("ServiceRegion") {
        if region != action.call.face.caller.region.as_str() {
            return Err(AwsError::unsupported("endpoint services of other regions"));
        }
    }
    // Left out, AWS's documents say, it means yes.
    if params.flag("PrivateDnsEnabled")?.unwrap_or(true) {
        return Err(no_private_dns(&service));
    }
    let groups: BTreeSet<SecurityGroupId> = ids(params, "SecurityGroupId", groups::MALFORMED)?;
    let new = NewEndpoint {
        service: read_service(&service)?,
        subnets: ids(params, "SubnetId", subnets::MALFORMED)?,
        groups: if groups.is_empty() { BTreeSet::from([default_group(&vpc)]) } else { groups },
        vpc,
        tags: on_creation(params, "vpc-endpoint")?,
        client_token: params.text("ClientToken").unwrap_or_default(),
    };
    action.check_tagging(operation::CREATE_VPC_ENDPOINT, !new.tags.is_empty()).await?;
    let face = &action.call.face;
    let made = face.create_endpoint_as(&new, |state, id, now| {
        let record = state.aws.endpoints.get(&id)?;
        Endpoint::of(state, &face.caller, record, now)
    });
    let made = made.await.map_err(|error| refused(&error))?;
    let fields = made.map_or_else(Vec::new, |endpoint| endpoint.fields());
    let mut answer = vec![Element::tree("vpcEndpoint", fields)];
    if !new.client_token.is_empty() {
        answer.push(Element::text("clientToken", &new.client_token));
    }
    Ok(answer)
}

/// A service is of one type, and what is left out is another.
fn check_type(params: &Params) -> Result<(), AwsError> {
    let kind = params.text("VpcEndpointType").unwrap_or_else(|| "Gateway".to_owned());
    if !TYPES.contains(&kind.as_str()) {
        return Err(AwsError::new(
            "InvalidVpcEndpointType",
            format!("Invalid VpcEndpointType '{kind}'"),
        ));
    }
    if kind != INTERFACE {
        let message = format!(
            "Endpoint type ({kind}) does not match available service types ([{INTERFACE}])."
        );
        return Err(AwsError::new("InvalidParameter", message));
    }
    if !params.list("RouteTableId").is_empty() {
        let message = "Route table IDs are only supported for Gateway type VPC Endpoint.";
        return Err(AwsError::new("InvalidParameter", message));
    }
    Ok(())
}

/// What Heroku's services have no choice of.
fn check_options(params: &Params) -> Result<(), AwsError> {
    let one_of = |name: &str, value: Option<String>, known: &[&str]| match value {
        Some(value) if !known.contains(&value.as_str()) => {
            Err(invalid_value(&value, &format!("it is no {name}")))
        }
        Some(value) if value != "ipv4" => {
            let message = format!("The service does not support the {name} {value}.");
            Err(AwsError::new("InvalidParameter", message))
        }
        Some(_) | None => Ok(()),
    };
    one_of("IpAddressType", params.text("IpAddressType"), &IP_TYPES)?;
    if let Some(dns) = params.inner("DnsOptions") {
        one_of("DnsRecordIpType", dns.text("DnsRecordIpType"), &RECORD_TYPES)?;
        if dns.flag("PrivateDnsOnlyForInboundResolverEndpoint")?.is_some_and(|only| only) {
            return Err(AwsError::unsupported("private DNS"));
        }
    }
    if params.text("PolicyDocument").is_some() {
        let message = "Endpoint policies are not supported by the service.";
        return Err(AwsError::new("InvalidParameter", message));
    }
    if params.inner("SubnetConfiguration.1").is_some() {
        return Err(AwsError::unsupported("a choice of the addresses of an endpoint"));
    }
    Ok(())
}

fn no_private_dns(service: &str) -> AwsError {
    let message = format!(
        "Private DNS can't be enabled because the service {service} does not provide a private \
         DNS name."
    );
    AwsError::new("InvalidParameter", message)
}

fn read_service(name: &str) -> Result<EndpointServiceName, AwsError> {
    name.parse().map_err(|_| {
        let message = format!("The Vpc Endpoint Service '{name}' does not exist");
        AwsError::new("InvalidServiceName", message)
    })
}

fn ids<T>(params: &Params, name: &str, malformed: &'static str) -> Result<BTreeSet<T>, AwsError>
where
    T: Ord + std::str::FromStr<Err = heroku_data_link::model::InvalidValue>,
{
    Ok(params.parsed_list(name, malformed)?.into_iter().collect())
}

/// `ModifyVpcEndpoint`
pub(super) async fn modify(action: &Action<'_>) -> Answer {
    let params = action.params;
    let id: Option<VpcEndpointId> = params.parsed("VpcEndpointId", MALFORMED)?;
    let id = id.ok_or_else(|| AwsError::missing("VpcEndpointId"))?;
    check_options(params)?;
    if params.flag("PrivateDnsEnabled")?.unwrap_or(false) {
        return Err(no_private_dns("of the endpoint"));
    }
    let change = EndpointChange {
        add_subnets: ids(params, "AddSubnetId", subnets::MALFORMED)?,
        remove_subnets: ids(params, "RemoveSubnetId", subnets::MALFORMED)?,
        add_groups: ids(params, "AddSecurityGroupId", groups::MALFORMED)?,
        remove_groups: ids(params, "RemoveSecurityGroupId", groups::MALFORMED)?,
    };
    action.check(operation::MODIFY_VPC_ENDPOINT).await?;
    let modified = action.call.face.modify_endpoint(&id, &change).await;
    modified.map_err(|error| refused(&error))?;
    Ok(done())
}

/// `DeleteVpcEndpoints`: what fails does so within a success.
pub(super) async fn delete(action: &Action<'_>) -> Answer {
    let given = action.params.list("VpcEndpointId");
    if given.is_empty() {
        return Err(AwsError::missing("VpcEndpointId"));
    }
    action.check(operation::DELETE_VPC_ENDPOINTS).await?;
    let (mut ids, mut failed) = (Vec::new(), Vec::new());
    for text in given {
        if let Ok(id) = text.parse::<VpcEndpointId>() {
            ids.push(id);
        } else {
            let error = AwsError::new(MALFORMED, format!("Invalid Id: \"{text}\""));
            failed.push((text, error));
        }
    }
    let face = &action.call.face;
    let unsuccessful = face.delete_endpoints(&ids, Absent::Refused).await;
    let unsuccessful = unsuccessful.map_err(|error| refused(&error))?;
    failed.extend(unsuccessful.iter().map(|(id, error)| (id.to_string(), refused(error))));
    let items = failed.iter().map(|(id, error)| {
        let said = [Element::text("code", &error.code), Element::text("message", &error.message)];
        [Element::text("resourceId", id), Element::tree("error", said)]
    });
    Ok(vec![Element::set("unsuccessful", items)])
}
