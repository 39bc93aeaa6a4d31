use std::collections::BTreeMap;

use async_trait::async_trait;
use heroku_data_link::model::{AppName, AwsRegion, ConfigVarName, HerokuRegion, Secret, SpaceName};
use heroku_data_link::provider::{App, ConfigVars, ProviderResult, Space, Spaces, operation};
use serde_json::Value;

use crate::client::Client;
use crate::error::absent;
use crate::transport::{Api, Call};
use crate::{decode, wire};

impl Client {
    /// The e-mail address of the account that the token belongs to.
    ///
    /// # Errors
    ///
    /// As the contract of the provider traits says.
    pub async fn account(&self) -> ProviderResult<String> {
        let call = Call::get(operation::READ_ACCOUNT, Api::Platform, "/account".to_owned());
        let reply = self.send(&call).await?;
        Ok(decode::shown(&decode::object::<wire::Account>(&reply)?.email))
    }
}

#[async_trait]
impl Spaces for Client {
    async fn app(&self, name: &AppName) -> ProviderResult<Option<App>> {
        let call = Call::get(operation::READ_APP, Api::Platform, format!("/apps/{name}"));
        let reply = absent(self.send(&call).await)?;
        let app = reply.map(|reply| decode::object::<wire::App>(&reply)).transpose()?;
        Ok(app.map(Into::into))
    }

    async fn space(&self, name: &SpaceName) -> ProviderResult<Option<Space>> {
        let call = Call::get(operation::READ_SPACE, Api::Platform, format!("/spaces/{name}"))
            .with("accept", "application/vnd.heroku+json; version=3.fir")
            .with("accept-expansion", "region");
        let reply = absent(self.send(&call).await)?;
        let space = reply.map(|reply| decode::object::<wire::Space>(&reply)).transpose()?;
        Ok(space.map(Into::into))
    }

    async fn aws_region(&self, region: &HerokuRegion) -> ProviderResult<Option<AwsRegion>> {
        let call = Call::get(operation::READ_REGION, Api::Platform, format!("/regions/{region}"));
        let reply = absent(self.send(&call).await)?;
        let region = reply.map(|reply| decode::object::<wire::Region>(&reply)).transpose()?;
        Ok(region.map(wire::Region::aws_region))
    }
}

#[async_trait]
impl ConfigVars for Client {
    async fn config_vars(&self, app: &AppName) -> ProviderResult<BTreeMap<ConfigVarName, Secret>> {
        let path = format!("/apps/{app}/config-vars");
        let call = Call::get(operation::READ_CONFIG_VARS, Api::Platform, path);
        let reply = self.send(&call).await?;
        // Not filtered: the values are secrets, and shown by nobody.
        let vars: BTreeMap<String, Value> = decode::raw(&reply)?;
        let known = vars.into_iter().filter_map(|(name, value)| match value {
            // No variable of an add-on has a name of other characters.
            Value::String(value) => {
                Some((reply.filter.plain(&name)?.parse().ok()?, Secret::new(value)))
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        });
        Ok(known.collect())
    }
}
