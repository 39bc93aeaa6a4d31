use std::collections::BTreeSet;

use async_trait::async_trait;
use heroku_data_link::model::{AddonId, AwsPrincipal};
use heroku_data_link::provider::{ErrorKind, PrivateLink, PrivateLinks, ProviderResult, operation};
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::error::{Failure, absent};
use crate::transport::{Api, Call};
use crate::{decode, wire};

fn path(addon: &AddonId) -> String {
    // The path says databases for every service.
    format!("/private-link/v0/databases/{addon}")
}

fn principals(principals: &BTreeSet<AwsPrincipal>) -> serde_json::Value {
    let short: Vec<String> = principals.iter().map(AwsPrincipal::heroku_form).collect();
    json!({ "allowed_accounts": short })
}

impl Client {
    async fn change_principals(
        &self,
        operation: &'static str,
        method: Method,
        addon: &AddonId,
        changed: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        let path = format!("{}/allowed_accounts", path(addon));
        let call = Call::new(operation, Api::Data, method, path).json(&principals(changed));
        self.send(&call).await?;
        Ok(())
    }

    /// How a refused creation ends: what refuses a second one is not on record, so a look tells.
    async fn refused(&self, addon: &AddonId, failure: Failure) -> ProviderResult<()> {
        if failure.status != 422 {
            return Err(failure.error);
        }
        let call = Call::get(operation::CREATE_PRIVATE_LINK, Api::Data, path(addon));
        match self.send(&call).await {
            Ok(_) => Err(failure.with_kind(ErrorKind::Conflict)),
            Err(_) => Err(failure.error),
        }
    }
}

#[async_trait]
impl PrivateLinks for Client {
    async fn private_link(&self, addon: &AddonId) -> ProviderResult<Option<PrivateLink>> {
        let call = Call::get(operation::READ_PRIVATE_LINK, Api::Data, path(addon));
        let reply = absent(self.send(&call).await)?;
        let link = reply.map(|reply| decode::object::<wire::PrivateLink>(&reply)).transpose()?;
        Ok(link.map(Into::into))
    }

    /// After a 422 this looks once whether there is a PrivateLink, and says `Conflict` if so:
    /// Heroku's answer to a second creation is not documented.
    async fn create_private_link(
        &self,
        addon: &AddonId,
        allowed: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        let call = Call::post(operation::CREATE_PRIVATE_LINK, Api::Data, path(addon));
        match self.send(&call.json(&principals(allowed))).await {
            Ok(_) => Ok(()),
            Err(failure) => self.refused(addon, failure).await,
        }
    }

    async fn allow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        // PUT adds; it does not replace.
        self.change_principals(operation::ALLOW_PRINCIPALS, Method::PUT, addon, principals).await
    }

    async fn disallow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        // PATCH removes.
        let operation = operation::DISALLOW_PRINCIPALS;
        self.change_principals(operation, Method::PATCH, addon, principals).await
    }

    async fn delete_private_link(&self, addon: &AddonId) -> ProviderResult<()> {
        let operation = operation::DELETE_PRIVATE_LINK;
        let call = Call::new(operation, Api::Data, Method::DELETE, path(addon));
        absent(self.send(&call).await)?;
        Ok(())
    }
}
