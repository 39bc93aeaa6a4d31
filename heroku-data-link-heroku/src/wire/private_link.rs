use heroku_data_link::model::{AllowedPrincipal, AwsPrincipal, EndpointServiceName, VpcEndpointId};
use heroku_data_link::provider::{self, AllowedAccount, EndpointConnection};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{or_default, text, value_or_none};

#[derive(Debug, Deserialize)]
pub(crate) struct PrivateLink {
    #[serde(default, deserialize_with = "text")]
    status: String,
    /// Before there is one it is empty, null, missing or a word such as `Provisioning`.
    #[serde(default, deserialize_with = "value_or_none")]
    service_name: Option<EndpointServiceName>,
    /// No row of the two is left out: an account that nobody sees may connect all the same, and a
    /// connection that nobody sees is one that a teardown cuts off.
    #[serde(default, deserialize_with = "or_default")]
    allowed_accounts: Vec<Value>,
    #[serde(default, deserialize_with = "or_default")]
    connections: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Account {
    #[serde(default, deserialize_with = "value_or_none")]
    arn: Option<String>,
    #[serde(rename = "account_id", default, deserialize_with = "value_or_none")]
    short: Option<String>,
    #[serde(default, deserialize_with = "text")]
    status: String,
}

#[derive(Debug, Default, Deserialize)]
struct Connection {
    #[serde(default, deserialize_with = "value_or_none")]
    endpoint_id: Option<VpcEndpointId>,
    #[serde(default, deserialize_with = "text")]
    hostname: String,
    #[serde(default, deserialize_with = "value_or_none")]
    owner_arn: Option<AwsPrincipal>,
    #[serde(default, deserialize_with = "text")]
    status: String,
}

impl From<PrivateLink> for provider::PrivateLink {
    fn from(link: PrivateLink) -> Self {
        let accounts = link.allowed_accounts.into_iter().map(allowed);
        let connections = link.connections.into_iter().map(|row| {
            let connection: Connection = serde_json::from_value(row).unwrap_or_default();
            EndpointConnection {
                endpoint: connection.endpoint_id,
                hostname: Some(connection.hostname).filter(|name| !name.is_empty()),
                owner: connection.owner_arn,
                status: connection.status.into(),
            }
        });
        Self {
            status: link.status.into(),
            service_name: link.service_name,
            allowed_accounts: accounts.collect(),
            connections: connections.collect(),
        }
    }
}

/// A row of the principals: its ARN counts, and its account where there is none.
fn allowed(row: Value) -> AllowedAccount {
    let bare = row.as_str().map(str::to_owned);
    let account: Account = serde_json::from_value(row).unwrap_or_default();
    let texts = [bare, account.arn, account.short];
    let listed = texts.into_iter().flatten().find(|text| !text.is_empty());
    AllowedAccount {
        principal: AllowedPrincipal::read(listed.as_deref().unwrap_or_default()),
        status: account.status.into(),
    }
}
