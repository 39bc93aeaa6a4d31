use async_trait::async_trait;
use heroku_data_link::model::{AddonRef, AppName, DataService};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonList, Addons, AllAddons, Attachment, ErrorKind, NewAddon,
    ProviderError, ProviderResult, Readiness, ServiceInfo, operation,
};
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::error::{Failure, absent, not_yet};
use crate::transport::{Api, Call};
use crate::{decode, wire};

#[async_trait]
impl Addons for Client {
    async fn resolve(&self, app: Option<&AppName>, addon: &AddonRef) -> ProviderResult<Vec<Addon>> {
        let app = addon.app().or(app);
        let call = Call::post(
            operation::RESOLVE_ADDON,
            Api::Platform,
            "/actions/addons/resolve".to_owned(),
        )
        .with("accept", "application/vnd.heroku+json; version=3.sdk")
        .with("accept-expansion", "addon_service,plan")
        .json(&json!({ "addon": addon.name(), "app": app }));
        let Some(reply) = absent(self.send(&call).await)? else { return Ok(Vec::new()) };
        let found: Vec<wire::Addon> = decode::items(call.operation, decode::object(&reply)?)?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

#[async_trait]
impl AllAddons for Client {
    async fn all_addons(&self) -> ProviderResult<AddonList> {
        let call = Call::get(operation::READ_ALL_ADDONS, Api::Platform, "/addons".to_owned());
        let mut list = AddonList::default();
        for row in &self.rows(call).await? {
            match wire::AddonRow::from(row).read() {
                Ok(addon) => list.addons.push(addon),
                Err(partly) => list.unreadable.push(partly),
            }
        }
        Ok(list)
    }

    async fn all_attachments(&self) -> ProviderResult<Vec<Attachment>> {
        let path = "/addon-attachments".to_owned();
        let call = Call::get(operation::READ_ALL_ATTACHMENTS, Api::Platform, path);
        let attachments = self.list::<wire::Attachment>(call).await?;
        Ok(attachments.into_iter().map(Into::into).collect())
    }
}

#[async_trait]
impl AddonLifecycle for Client {
    /// After a 422 this looks whether the app has an add-on of that name, and says `Conflict` if so:
    /// Heroku's answer to a name that is taken is not documented. Where Heroku says that it is taken
    /// and the app does not show it, the look may be one of the past; only what is seen to be another
    /// app's is no conflict.
    async fn create_addon(&self, addon: &NewAddon) -> ProviderResult<()> {
        let path = format!("/apps/{}/addons", addon.app);
        let call = Call::post(operation::CREATE_ADDON, Api::Platform, path)
            .with("accept-expansion", "plan")
            .with("x-heroku-legacy-provider-messages", "true")
            .json(&wire::create_addon(addon))
            .hiding(wire::secrets(addon));
        let Err(failure) = self.send(&call).await else { return Ok(()) };
        if failure.status != 422 {
            return Err(failure.into());
        }
        let look = |path| Call::get(operation::CREATE_ADDON, Api::Platform, path);
        let of_app = look(format!("/apps/{}/addons/{}", addon.app, addon.name));
        if self.send(&of_app).await.is_ok() {
            return Err(failure.with_kind(ErrorKind::Conflict));
        }
        if !says_taken(&failure) {
            return Err(failure.into());
        }
        let anywhere = self.send(&look(format!("/addons/{}", addon.name))).await;
        let owner = anywhere.ok().and_then(|reply| decode::object::<wire::Addon>(&reply).ok());
        match owner.map(Addon::from) {
            Some(other) if other.app != addon.app => Err(failure.into()),
            Some(_) | None => Err(failure.with_kind(ErrorKind::Conflict)),
        }
    }

    async fn readiness(&self, addon: &Addon) -> ProviderResult<Option<Readiness>> {
        let operation = operation::READ_READINESS;
        let service = service(operation, addon)?;
        let path = match service {
            DataService::KeyValueStore => format!("{}/wait", path(service, addon)),
            DataService::Kafka | DataService::Postgres => {
                format!("{}/wait_status", path(service, addon))
            }
        };
        match self.send(&data_call(operation, service, path)).await {
            // Kafka's word for a cluster that is gone for good.
            Err(failure) if failure.status == 410 => {
                Ok(Some(Readiness::Failed(failure.error.message().to_owned())))
            }
            result => {
                let reply = not_yet(result)?;
                let wait = reply.map(|reply| decode::object::<wire::Wait>(&reply)).transpose()?;
                Ok(wait.map(Into::into))
            }
        }
    }

    async fn service_info(&self, addon: &Addon) -> ProviderResult<Option<ServiceInfo>> {
        let operation = operation::READ_SERVICE_INFO;
        let service = service(operation, addon)?;
        let call = data_call(operation, service, path(service, addon));
        let reply = not_yet(self.send(&call).await)?;
        let info = reply.map(|reply| decode::object::<wire::ServiceInfo>(&reply)).transpose()?;
        Ok(info.map(Into::into))
    }

    /// After a 422 this looks once whether there is something to unfollow: Heroku's answer for what
    /// follows nothing is not on record.
    async fn unfollow(&self, addon: &Addon) -> ProviderResult<()> {
        let operation = operation::UNFOLLOW;
        let service = service(operation, addon)?;
        if service != DataService::Postgres {
            let text = format!("{} is no follower: only Postgres has them", addon.name);
            return Err(ProviderError::new(operation, ErrorKind::InvalidRequest, text));
        }
        let path = path(service, addon);
        let call = Call::new(operation, Api::Data, Method::PUT, format!("{path}/unfollow"));
        let Err(failure) = self.send(&call).await else { return Ok(()) };
        if failure.status != 422 {
            return Err(failure.into());
        }
        match self.send(&Call::get(operation, Api::Data, path)).await {
            Ok(reply) => {
                let info: ServiceInfo = decode::object::<wire::ServiceInfo>(&reply)?.into();
                if info.following.is_none() { Ok(()) } else { Err(failure.into()) }
            }
            Err(_) => Err(failure.into()),
        }
    }
}

/// Heroku's words for a name that is taken.
fn says_taken(failure: &Failure) -> bool {
    failure.error.message().to_ascii_lowercase().contains("already taken")
}

fn service(operation: &'static str, addon: &Addon) -> ProviderResult<DataService> {
    addon.plan.service().ok_or_else(|| {
        let text = format!("{} is no data service", addon.plan);
        ProviderError::new(operation, ErrorKind::InvalidRequest, text)
    })
}

fn path(service: DataService, addon: &Addon) -> String {
    let id = addon.id;
    match service {
        DataService::KeyValueStore => format!("/redis/v0/databases/{id}"),
        DataService::Kafka => format!("/data/kafka/v0/clusters/{id}"),
        DataService::Postgres => format!("/client/v11/databases/{id}"),
    }
}

fn data_call(operation: &'static str, service: DataService, path: String) -> Call {
    let call = Call::get(operation, Api::Data, path);
    match service {
        // What the official plugin sends to this family alone.
        DataService::Kafka => call.with("accept", "application/json"),
        DataService::KeyValueStore | DataService::Postgres => call,
    }
}
