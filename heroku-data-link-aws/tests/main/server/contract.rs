//! The contract of the provider traits.

use std::num::NonZeroUsize;
use std::ops::Deref;

use heroku_data_link_aws::Client;
use heroku_data_link_mock::contract::Start;
use heroku_data_link_mock::{ServeOptions, Server, contract_tests};

/// A client, and the server that it speaks to.
struct Connected {
    client: Client,
    _server: Server,
}

impl Deref for Connected {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

async fn connect(start: &Start) -> Connected {
    let page_size = NonZeroUsize::new(2).unwrap();
    let options = ServeOptions { page_size, ..ServeOptions::default() };
    let server = start.world.serve_with(options).await.unwrap();
    Connected { client: super::aws(&server, &start.account, &start.region), _server: server }
}

contract_tests!(crate::server::contract::connect:
    endpoint_services, identity, keys, network_acls, network_interfaces, rehearsals, route_tables,
    security_groups, vpc_endpoints, vpc_peerings, vpcs,
);
