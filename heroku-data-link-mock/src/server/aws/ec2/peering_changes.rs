//! What makes, answers, changes and deletes VPC peering connections.

use heroku_data_link::model::{AccountId, AwsRegion, PeeringConnectionId, VpcId};
use heroku_data_link::provider::{NewPeeringConnection, operation};

use super::super::error::AwsError;
use super::super::operation::{ACCEPT_PEERING, MODIFY_PEERING_OPTIONS, REJECT_PEERING};
use super::super::params::Params;
use super::super::xml::Element;
use super::listing::Resource;
use super::peerings::{MALFORMED, Peering, options};
use super::tags::on_creation;
use super::{Action, Answer, done, refused, vpcs};
use crate::journal::Request;
use crate::state::Absent;
use crate::state::peering::Side;

fn connection(params: &Params) -> Result<PeeringConnectionId, AwsError> {
    let id = params.parsed("VpcPeeringConnectionId", MALFORMED)?;
    id.ok_or_else(|| AwsError::missing("vpcPeeringConnectionId"))
}

/// `CreateVpcPeeringConnection`
pub(super) async fn create(action: &Action<'_>) -> Answer {
    let params = action.params;
    let face = &action.call.face;
    let vpc: Option<VpcId> = params.parsed("VpcId", vpcs::MALFORMED)?;
    let peer: Option<VpcId> = params.parsed("PeerVpcId", vpcs::MALFORMED)?;
    let owner: Option<AccountId> = params.parsed("PeerOwnerId", "InvalidParameterValue")?;
    let region: Option<AwsRegion> = params.parsed("PeerRegion", "InvalidParameterValue")?;
    let new = NewPeeringConnection {
        vpc: vpc.ok_or_else(|| AwsError::missing("vpcId"))?,
        peer_vpc: peer.ok_or_else(|| AwsError::missing("peerVpcId"))?,
        peer_account: owner.unwrap_or_else(|| face.caller.account.clone()),
        peer_region: region.unwrap_or_else(|| face.caller.region.clone()),
        tags: on_creation(params, "vpc-peering-connection")?,
    };
    action.check_tagging(operation::CREATE_VPC_PEERING_CONNECTION, !new.tags.is_empty()).await?;
    let made = face
        .create_peering_as(&new, |state, id, now| Peering::at(state, Side::Requester, &id, now));
    Ok(vec![described(made.await.map_err(|error| refused(&error))?)])
}

fn described(peering: Option<Peering>) -> Element {
    let fields = peering.map_or_else(Vec::new, |peering| peering.fields());
    Element::tree("vpcPeeringConnection", fields)
}

/// `AcceptVpcPeeringConnection`
pub(super) async fn accept(action: &Action<'_>) -> Answer {
    Ok(vec![described(answer(action, ACCEPT_PEERING, true).await?)])
}

/// `RejectVpcPeeringConnection`
pub(super) async fn reject(action: &Action<'_>) -> Answer {
    answer(action, REJECT_PEERING, false).await?;
    Ok(done())
}

async fn answer(
    action: &Action<'_>,
    operation: &'static str,
    accepts: bool,
) -> Result<Option<Peering>, AwsError> {
    let id = connection(action.params)?;
    action.check(operation).await?;
    let face = &action.call.face;
    let answered = face.world.mutate(Request::new(operation, id.as_str()), |state, now| {
        state.answer_peering(&face.caller, now, &id, accepts)?;
        Ok(Peering::at(state, Side::Accepter, &id, now))
    });
    answered.settle().await.map_err(|error| refused(&error))
}

/// `ModifyVpcPeeringConnectionOptions`
pub(super) async fn set_options(action: &Action<'_>) -> Answer {
    const ENDS: [(Side, &str, &str); 2] = [
        (Side::Requester, "RequesterPeeringConnectionOptions", "requesterPeeringConnectionOptions"),
        (Side::Accepter, "AccepterPeeringConnectionOptions", "accepterPeeringConnectionOptions"),
    ];
    let id = connection(action.params)?;
    let (mut ends, mut answer) = (Vec::new(), Vec::new());
    for (side, parameter, element) in ENDS {
        let Some(given) = action.params.inner(parameter) else { continue };
        for classic in [
            "AllowEgressFromLocalClassicLinkToRemoteVpc",
            "AllowEgressFromLocalVpcToRemoteClassicLink",
        ] {
            if given.flag(classic)?.unwrap_or(false) {
                return Err(AwsError::unsupported("EC2-Classic"));
            }
        }
        if let Some(on) = given.flag("AllowDnsResolutionFromRemoteVpc")? {
            ends.push((side, on));
            answer.push(Element::tree(element, options(on)));
        }
    }
    if ends.is_empty() {
        return Err(AwsError::missing("requesterPeeringConnectionOptions"));
    }
    action.check(MODIFY_PEERING_OPTIONS).await?;
    let face = &action.call.face;
    let request = Request::new(MODIFY_PEERING_OPTIONS, id.as_str());
    let set = face
        .world
        .mutate(request, |state, now| state.set_peering_dns(&face.caller, now, &id, &ends));
    set.settle().await.map_err(|error| refused(&error))?;
    Ok(answer)
}

/// `DeleteVpcPeeringConnection`
pub(super) async fn delete(action: &Action<'_>) -> Answer {
    let id = connection(action.params)?;
    action.check(operation::DELETE_VPC_PEERING_CONNECTION).await?;
    let deleted = action.call.face.delete_peering(&id, Absent::Refused).await;
    deleted.map_err(|error| refused(&error))?;
    Ok(done())
}
