//! The contract of the provider traits, kept by the adapter over a server of the simulated world.

use std::num::NonZeroUsize;
use std::ops::Deref;

use heroku_data_link_heroku::{Client, Hosts, Token};
use heroku_data_link_mock::contract::Start;
use heroku_data_link_mock::{ServeOptions, Server, TOKEN, contract_tests};

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
    let client = Client::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&server.url()), None).unwrap())
        .clock(start.world.clock())
        .build()
        .unwrap();
    Connected { client, _server: server }
}

contract_tests!(crate::contract::connect:
    addon_lifecycle, addons, all_addons, attachments, config_vars, private_links, space_peerings,
    spaces,
);
