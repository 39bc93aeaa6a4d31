use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use heroku_data_link::provider::{
    Ec2Call, ErrorKind, ProviderResult, Rehearsal, Rehearsals, Verdict,
};

use crate::client::Client;
use crate::error::Failure;
use crate::reading::Reading;

/// What AWS says of a call that the caller may not make; emulators say the second.
const DENIED: [&str; 2] = ["UnauthorizedOperation", "AccessDenied"];

#[async_trait]
impl Rehearsals for Client {
    async fn rehearse(&self, call: &Rehearsal) -> ProviderResult<Verdict> {
        let reading = self.reading(call.operation());
        /// Every call of EC2 can be rehearsed in the same way.
        macro_rules! dry {
            ($call:expr) => {
                verdict(&reading, $call.dry_run(true).send().await)
            };
        }
        let ec2 = self.ec2();
        match call {
            Rehearsal::DescribeVpcs => dry!(ec2.describe_vpcs()),
            Rehearsal::DescribeSubnets => dry!(ec2.describe_subnets()),
            Rehearsal::DescribeSecurityGroups => dry!(ec2.describe_security_groups()),
            Rehearsal::DescribeEndpoints => dry!(ec2.describe_vpc_endpoints()),
            Rehearsal::DescribeEndpointServices => dry!(ec2.describe_vpc_endpoint_services()),
            Rehearsal::DescribeNetworkInterfaces => dry!(ec2.describe_network_interfaces()),
            Rehearsal::DescribeNetworkAcls => dry!(ec2.describe_network_acls()),
            Rehearsal::DescribePeeringConnections => {
                dry!(ec2.describe_vpc_peering_connections())
            }
            Rehearsal::DescribeRouteTables => dry!(ec2.describe_route_tables()),
            Rehearsal::Call(call) => match call {
                Ec2Call::CreateSecurityGroup(group) => dry!(self.creation_of_group(group)),
                Ec2Call::AuthorizeIngress { group: Some(group), rule } => {
                    dry!(self.addition_of_rule(group, rule))
                }
                Ec2Call::RevokeIngress { group, rule } => dry!(self.removal_of_rule(group, rule)),
                Ec2Call::DeleteSecurityGroup { group } => {
                    dry!(ec2.delete_security_group().group_id(group.as_str()))
                }
                Ec2Call::CreateEndpoint(request) => {
                    // Nothing is made, so any token will do.
                    dry!(self.creation_of_endpoint(&request.bind(UNIX_EPOCH)?))
                }
                Ec2Call::ModifyEndpoint { endpoint, change, new_group: _ } => {
                    dry!(self.change_of_endpoint(endpoint, change))
                }
                Ec2Call::DeleteEndpoint { endpoint } => {
                    dry!(ec2.delete_vpc_endpoints().vpc_endpoint_ids(endpoint.as_str()))
                }
                Ec2Call::CreatePeering(request) => dry!(self.creation_of_peering(&request.bind()?)),
                Ec2Call::DeletePeering { peering } => dry!(
                    ec2.delete_vpc_peering_connection().vpc_peering_connection_id(peering.as_str())
                ),
                Ec2Call::CreateRoute(request) => dry!(self.creation_of_route(&request.bind()?)),
                Ec2Call::DeleteRoute { table, destination } => dry!(
                    ec2.delete_route()
                        .route_table_id(table.as_str())
                        .destination_cidr_block(destination.to_string())
                ),
                // Tags are rehearsed with the creations that set them.
                _ => Ok(not_rehearsed()),
            },
            _ => Ok(not_rehearsed()),
        }
    }
}

fn not_rehearsed() -> Verdict {
    Verdict::NotTold("this version cannot rehearse the call".to_owned())
}

fn verdict<T, E>(
    reading: &Reading,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> ProviderResult<Verdict>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        // AWS answers a rehearsal with an error in every case.
        Ok(_) => {
            Err(reading.protocol("the call was made, and not only rehearsed: this is not AWS"))
        }
        Err(error) => told(reading.failure(&error)),
    }
}

fn told(failure: Failure) -> ProviderResult<Verdict> {
    if failure.is(&["DryRunOperation"]) {
        return Ok(Verdict::Permitted);
    }
    match failure.error.kind() {
        ErrorKind::Forbidden if failure.is(&DENIED) => {
            let lacking = lacking_action(&failure.said);
            let asked = failure.error.operation();
            Ok(Verdict::Denied(lacking.map_or(Cow::Borrowed(asked), Cow::Owned)))
        }
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::InvalidRequest
        | ErrorKind::QuotaExceeded => Ok(Verdict::NotTold(failure.error.message().to_owned())),
        // No permission helps an account that is blocked, or against a proxy.
        _ => Err(failure.error),
    }
}

/// The action that the message names: a creation with tags may lack `ec2:CreateTags`.
fn lacking_action(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?.trim_end_matches(['.', ',']);
    let is_action = action.split_once(':').is_some_and(|(service, name)| {
        [service, name].iter().all(|part| {
            (1..=64).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    });
    is_action.then(|| action.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_may_name_another_action() {
        for (message, expected) in [
            (
                "You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is \
                 not authorized to perform: ec2:CreateTags on resource: arn:aws:ec2:x because no \
                 identity-based policy allows it",
                Some("ec2:CreateTags"),
            ),
            ("You are not authorized to perform this operation.", None),
            ("is not authorized to perform: something else", None),
            ("is not authorized to perform: ", None),
        ] {
            assert_eq!(lacking_action(message).as_deref(), expected, "{message}");
        }
    }
}
