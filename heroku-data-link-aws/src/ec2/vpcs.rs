use async_trait::async_trait;
use aws_sdk_ec2::types::{self, VpcCidrBlockStateCode as BlockState};
use heroku_data_link::model::{AwsRegion, Cidr, CidrSet, VpcId};
use heroku_data_link::provider::operation::{DESCRIBE_SUBNETS, DESCRIBE_VPCS};
use heroku_data_link::provider::{ProviderResult, Subnet, SubnetQuery, Vpc, Vpcs};

use super::{PAGE, filter};
use crate::client::Client;
use crate::pages::all;
use crate::reading::Reading;

#[async_trait]
impl Vpcs for Client {
    fn region(&self) -> &AwsRegion {
        Client::region(self)
    }

    async fn vpc(&self, id: &VpcId) -> ProviderResult<Option<Vpc>> {
        // By filter and not by id: an unknown one is then an empty list and no error.
        let call = self.ec2().describe_vpcs().filters(filter("vpc-id", [id]));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let reading = self.reading(DESCRIBE_VPCS);
        let found = all(&reading, ask, |page| (page.vpcs, page.next_token)).await?;
        let found = found.iter().find(|vpc| vpc.vpc_id() == Some(id.as_str()));
        found.map(|it| vpc(&reading, it)).transpose()
    }

    async fn subnets(&self, query: &SubnetQuery) -> ProviderResult<Vec<Subnet>> {
        let wanted = match query {
            SubnetQuery::Ids(ids) if ids.is_empty() => return Ok(Vec::new()),
            SubnetQuery::InVpc(id) => filter("vpc-id", [id]),
            SubnetQuery::Ids(ids) => filter("subnet-id", ids),
        };
        let reading = self.reading(DESCRIBE_SUBNETS);
        let found: Vec<Subnet> = self
            .described_subnets(Some(wanted))
            .await?
            .iter()
            .map(|it| subnet(&reading, it))
            .collect::<Result<_, _>>()?;
        Ok(found
            .into_iter()
            .filter(|subnet| match query {
                SubnetQuery::InVpc(id) => subnet.vpc == *id,
                SubnetQuery::Ids(ids) => ids.contains(&subnet.id),
            })
            .collect())
    }
}

impl Client {
    pub(super) async fn described_subnets(
        &self,
        wanted: Option<types::Filter>,
    ) -> ProviderResult<Vec<types::Subnet>> {
        let call = self.ec2().describe_subnets().set_filters(wanted.map(|filter| vec![filter]));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let reading = self.reading(DESCRIBE_SUBNETS);
        Ok(all(&reading, ask, |page| (page.subnets, page.next_token)).await?)
    }
}

fn vpc(reading: &Reading, vpc: &types::Vpc) -> ProviderResult<Vpc> {
    let associated = vpc.cidr_block_association_set().iter().filter(|block| {
        let state = block.cidr_block_state().and_then(|state| state.state());
        matches!(state, None | Some(BlockState::Associated | BlockState::Associating))
    });
    // The first block is in the list of associations as well; old emulators leave the list out.
    let blocks = associated.filter_map(|block| block.cidr_block()).chain(vpc.cidr_block());
    let cidrs: CidrSet = blocks
        .map(|block| reading.needed::<Cidr>("cidrBlock", Some(block)))
        .collect::<Result<_, _>>()?;
    Ok(Vpc {
        id: reading.needed("vpcId", vpc.vpc_id())?,
        cidrs,
        owner: reading.needed("ownerId", vpc.owner_id())?,
    })
}

fn subnet(reading: &Reading, subnet: &types::Subnet) -> ProviderResult<Subnet> {
    Ok(Subnet {
        id: reading.needed("subnetId", subnet.subnet_id())?,
        vpc: reading.needed("vpcId", subnet.vpc_id())?,
        zone_id: reading.needed("availabilityZoneId", subnet.availability_zone_id())?,
        zone_name: reading.needed("availabilityZone", subnet.availability_zone())?,
        cidr: subnet.cidr_block().and_then(|block| block.parse().ok()),
        free_addresses: subnet
            .available_ip_address_count()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
    })
}
