//! STS: who is calling.

use heroku_data_link::provider::Identity;

use super::error::{self, AwsError};
use super::params::Params;
use super::scope::Service;
use super::xml::{Element, document};
use super::{Call, Reply};
use crate::server::requests::Cloud;

pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";

pub(super) async fn reply(call: &Call<'_>, action: &str, params: &Params) -> Reply {
    let version = params.required("Version")?;
    if action != "GetCallerIdentity" || version != VERSION {
        call.shared.count(Cloud::Aws, "unknown");
        return Err(AwsError::new(
            "InvalidAction",
            format!("Could not find operation {action} for version {version}"),
        ));
    }
    call.shared.count(Cloud::Aws, "sts:GetCallerIdentity");
    params.finish()?;
    let identity = call.face.caller_identity().await;
    let identity = identity.map_err(|error| error::of(Service::Sts, &error))?;
    let result = [
        Element::text("Arn", &identity.arn),
        Element::text("UserId", format!("AIDA{}MOCK", identity.account)),
        Element::text("Account", &identity.account),
    ];
    let metadata = [Element::text("RequestId", &call.request_id)];
    let root = Element::tree(
        "GetCallerIdentityResponse",
        [
            Element::tree("GetCallerIdentityResult", result),
            Element::tree("ResponseMetadata", metadata),
        ],
    );
    Ok(document(&root.in_namespace(NAMESPACE)))
}
