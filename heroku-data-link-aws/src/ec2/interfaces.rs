use async_trait::async_trait;
use heroku_data_link::model::SecurityGroupId;
use heroku_data_link::provider::operation::DESCRIBE_NETWORK_INTERFACES;
use heroku_data_link::provider::{NetworkInterface, NetworkInterfaces, ProviderResult};

use super::{PAGE, filter};
use crate::client::Client;
use crate::pages::all;

#[async_trait]
impl NetworkInterfaces for Client {
    async fn interfaces_using(
        &self,
        group: &SecurityGroupId,
    ) -> ProviderResult<Vec<NetworkInterface>> {
        let reading = self.reading(DESCRIBE_NETWORK_INTERFACES);
        let call = self.ec2().describe_network_interfaces().filters(filter("group-id", [group]));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let found = all(&reading, ask, |page| (page.network_interfaces, page.next_token)).await?;
        found
            .iter()
            .filter(|it| it.groups().iter().any(|own| own.group_id() == Some(group.as_str())))
            .map(|it| {
                Ok(NetworkInterface {
                    id: reading.needed("networkInterfaceId", it.network_interface_id())?,
                    description: reading.text(it.description()),
                })
            })
            .collect()
    }
}
