use heroku_data_link::model::{AwsPrincipal, EndpointServiceName, VpcEndpointId};
use heroku_data_link::provider::{self, AllowedAccount, EndpointConnection};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{or_default, readable, text, value_or_none};

#[derive(Debug, Deserialize)]
pub(crate) struct PrivateLink {
    #[serde(default, deserialize_with = "text")]
    status: String,
    /// Before there is one it is empty, null, missing or a word such as `Provisioning`.
    #[serde(default, deserialize_with = "value_or_none")]
    service_name: Option<EndpointServiceName>,
    #[serde(default, deserialize_with = "readable")]
    allowed_accounts: Vec<Account>,
    /// No row is left out: a connection that nobody sees is one that a teardown cuts off.
    #[serde(default, deserialize_with = "or_default")]
    connections: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Account {
    #[serde(default, deserialize_with = "value_or_none")]
    arn: Option<AwsPrincipal>,
    #[serde(rename = "account_id", default, deserialize_with = "value_or_none")]
    short: Option<AwsPrincipal>,
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
        let accounts = link.allowed_accounts.into_iter().filter_map(Account::known);
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

impl Account {
    fn known(self) -> Option<AllowedAccount> {
        let Some(principal) = self.arn.or(self.short) else {
            tracing::warn!("an allowed account is not understood, and left out");
            return None;
        };
        Some(AllowedAccount { principal, status: self.status.into() })
    }
}
