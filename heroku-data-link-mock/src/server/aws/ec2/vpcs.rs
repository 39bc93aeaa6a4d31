//! VPCs.

use heroku_data_link::model::VpcId;
use heroku_data_link::provider::Vpcs;

use super::super::Call;
use super::super::error::AwsError;
use super::super::params::Params;
use super::super::xml::Element;
use super::{Answer, refused};

pub(super) async fn describe(call: &Call<'_>, params: &Params) -> Answer {
    let ids: Vec<VpcId> = params.parsed_list("VpcId", "InvalidVpcID.Malformed")?;
    params.finish()?;
    let mut found = Vec::new();
    for id in ids {
        let vpc = call.face.vpc(&id).await.map_err(|error| refused(&error))?;
        let unknown =
            || AwsError::new("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"));
        found.push([Element::text("vpcId", vpc.ok_or_else(unknown)?.id)]);
    }
    Ok(vec![Element::set("vpcSet", found)])
}
