//! EC2's query protocol.

mod vpcs;

use heroku_data_link::provider::ProviderError;

use super::error::{self, AwsError};
use super::params::Params;
use super::scope::Service;
use super::xml::{Element, document};
use super::{Call, Reply};
use crate::server::requests::Cloud;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const VERSION: &str = "2016-11-15";

/// What an action answers: the elements below the root, without the request's id.
type Answer = Result<Vec<Element>, AwsError>;

pub(super) async fn reply(call: &Call<'_>, action: &str, params: &Params) -> Reply {
    let version = params.required("Version")?;
    if version != VERSION {
        let message = format!("The requested version ({version}) of service ec2 does not exist");
        return Err(AwsError::new("NoSuchVersion", message));
    }
    let answer = match action {
        "DescribeVpcs" => vpcs::describe(call, params).await,
        _ => {
            call.shared.count(Cloud::Aws, "unknown");
            let message = format!("The action {action} is not valid for this web service.");
            return Err(AwsError::new("InvalidAction", message));
        }
    };
    call.shared.count(Cloud::Aws, &format!("ec2:{action}"));
    let mut elements = vec![Element::text("requestId", &call.request_id)];
    elements.extend(answer?);
    let root = Element::tree(&format!("{action}Response"), elements);
    Ok(document(&root.in_namespace(NAMESPACE)))
}

fn refused(error: &ProviderError) -> AwsError {
    error::of(Service::Ec2, error)
}
