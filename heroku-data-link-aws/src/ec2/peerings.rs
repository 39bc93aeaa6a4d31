use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_ec2::operation::create_vpc_peering_connection::builders::CreateVpcPeeringConnectionFluentBuilder;
use aws_sdk_ec2::types::{
    self, Filter, ResourceType, VpcPeeringConnectionStateReasonCode as StatusCode,
    VpcPeeringConnectionVpcInfo,
};
use heroku_data_link::model::{Cidr, PeeringConnectionId, PeeringStatus};
use heroku_data_link::provider::operation::{
    CREATE_VPC_PEERING_CONNECTION, DELETE_VPC_PEERING_CONNECTION, DESCRIBE_VPC_PEERING_CONNECTIONS,
};
use heroku_data_link::provider::{
    NewPeeringConnection, PeeringConnection, PeeringEnd, PeeringQuery, ProviderResult, Tags,
    VpcPeerings,
};

use super::{PAGE, filter, has_tag, on_creation, tag_filter, tag_key_filter, tags};
use crate::client::Client;
use crate::error::Failure;
use crate::pages::all;
use crate::reading::Reading;

/// States in which EC2 refuses a deletion, as there is nothing left to delete.
const DEAD: [&str; 2] = ["InvalidStateTransition", "IncorrectState"];

#[async_trait]
impl VpcPeerings for Client {
    async fn peering_connections(
        &self,
        query: &PeeringQuery,
    ) -> ProviderResult<Vec<PeeringConnection>> {
        let mut found = match query {
            PeeringQuery::Tagged(tag) => self.described_peerings(vec![tag_filter(tag)]).await?,
            PeeringQuery::WithTag(key) => {
                self.described_peerings(vec![tag_key_filter(key)]).await?
            }
            PeeringQuery::Id(id) => {
                self.described_peerings(vec![filter("vpc-peering-connection-id", [id])]).await?
            }
            // Filters are all met by what they select, so either end needs its own request.
            PeeringQuery::OfVpc(vpc) => {
                let at = |end| self.described_peerings(vec![filter(end, [vpc])]);
                let mut both = at("requester-vpc-info.vpc-id").await?;
                both.extend(at("accepter-vpc-info.vpc-id").await?);
                both
            }
        };
        found.retain(|it| selects(query, it));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Ok(found)
    }

    async fn create_peering_connection(
        &self,
        connection: &NewPeeringConnection,
    ) -> ProviderResult<PeeringConnectionId> {
        let reading = self.reading(CREATE_VPC_PEERING_CONNECTION);
        let call = self.creation_of_peering(connection);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        let made = answer.vpc_peering_connection().and_then(|it| it.vpc_peering_connection_id());
        reading.needed("vpcPeeringConnectionId", made)
    }

    async fn tag_peering_connection(
        &self,
        connection: &PeeringConnectionId,
        tags: &Tags,
    ) -> ProviderResult<()> {
        self.tag(connection.as_str(), tags).await
    }

    async fn delete_peering_connection(
        &self,
        connection: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        let reading = self.reading(DELETE_VPC_PEERING_CONNECTION);
        let call = self
            .ec2()
            .delete_vpc_peering_connection()
            .vpc_peering_connection_id(connection.as_str());
        match call.send().await {
            Ok(answer) => reading.done(answer.r#return()),
            Err(error) => {
                let failure = reading.failure(&error);
                if failure.is(&DEAD) {
                    let itself = PeeringQuery::Id(connection.clone());
                    let found = self.peering_connections(&itself).await?;
                    let is_dead = found.iter().all(|it| !it.is_live());
                    return failure.unless(|_| is_dead);
                }
                failure.unless(Failure::is_not_found)
            }
        }
    }
}

impl Client {
    async fn described_peerings(
        &self,
        wanted: Vec<Filter>,
    ) -> ProviderResult<Vec<PeeringConnection>> {
        let call = self.ec2().describe_vpc_peering_connections().set_filters(Some(wanted));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let reading = self.reading(DESCRIBE_VPC_PEERING_CONNECTIONS);
        let found =
            all(&reading, ask, |page| (page.vpc_peering_connections, page.next_token)).await?;
        found.iter().map(|it| connection(&reading, it)).collect()
    }

    pub(super) fn creation_of_peering(
        &self,
        connection: &NewPeeringConnection,
    ) -> CreateVpcPeeringConnectionFluentBuilder {
        self.ec2()
            .create_vpc_peering_connection()
            .vpc_id(connection.vpc.as_str())
            .peer_vpc_id(connection.peer_vpc.as_str())
            .peer_owner_id(connection.peer_account.as_str())
            .peer_region(connection.peer_region.as_str())
            .set_tag_specifications(on_creation(
                ResourceType::VpcPeeringConnection,
                &connection.tags,
            ))
    }
}

fn selects(query: &PeeringQuery, it: &PeeringConnection) -> bool {
    let (requester, accepter) = (it.requester.vpc.as_ref(), it.accepter.vpc.as_ref());
    match query {
        PeeringQuery::Tagged(tag) => has_tag(&it.tags, tag),
        PeeringQuery::WithTag(key) => it.tags.contains_key(key),
        PeeringQuery::OfVpc(vpc) => requester == Some(vpc) || accepter == Some(vpc),
        PeeringQuery::Id(id) => it.id == *id,
    }
}

fn connection(
    reading: &Reading,
    it: &types::VpcPeeringConnection,
) -> ProviderResult<PeeringConnection> {
    let status = it.status();
    let code = reading.text(status.and_then(|status| status.code()).map(StatusCode::as_str));
    Ok(PeeringConnection {
        id: reading.needed("vpcPeeringConnectionId", it.vpc_peering_connection_id())?,
        status: PeeringStatus::from(code),
        message: status.and_then(|status| status.message()).map(|text| reading.text(Some(text))),
        expires: it.expiration_time().and_then(|time| SystemTime::try_from(*time).ok()),
        requester: end(reading, it.requester_vpc_info())?,
        accepter: end(reading, it.accepter_vpc_info())?,
        tags: tags(reading, it.tags()),
    })
}

fn end(
    reading: &Reading,
    info: Option<&VpcPeeringConnectionVpcInfo>,
) -> ProviderResult<PeeringEnd> {
    let Some(info) = info else { return Ok(PeeringEnd::default()) };
    let blocks = info.cidr_block_set().iter().filter_map(|block| block.cidr_block());
    Ok(PeeringEnd {
        vpc: info.vpc_id().map(|id| reading.needed("vpcId", Some(id))).transpose()?,
        account: info.owner_id().map(|id| reading.needed("ownerId", Some(id))).transpose()?,
        region: info.region().map(|name| reading.needed("region", Some(name))).transpose()?,
        cidrs: blocks
            .chain(info.cidr_block())
            .map(|block| reading.needed::<Cidr>("cidrBlock", Some(block)))
            .collect::<Result<_, _>>()?,
    })
}
