//! The services behind add-ons (Data API).

use std::time::SystemTime;

use axum::extract::{Path, State};
use heroku_data_link::model::{AddonState, DataService};
use heroku_data_link::provider::{Addon, AddonLifecycle, Readiness, ServiceInfo};
use serde_json::{Value, json};

use super::catalogue::{human, written};
use super::error::{self, HerokuError};
use super::named::id_of;
use super::{Answer, Api, lookup, ok, peek};
use crate::server::shared::Shared;

/// What the words of a service are while it can be used.
const AVAILABLE: &str = "available";

/// An add-on of a service, by name or id.
fn find(shared: &Shared, text: &str, service: DataService) -> Result<Addon, HerokuError> {
    let found = peek(shared, |state, now| lookup::addon(state, text, now));
    let found = found.filter(|addon| addon.plan.service() == Some(service));
    found.ok_or_else(|| HerokuError::not_found(format!("Addon {text} not found")))
}

/// What is said of an add-on that its service does not know: no longer, or not yet.
fn unknown(addon: &Addon) -> HerokuError {
    match addon.state {
        AddonState::Deprovisioning | AddonState::Deprovisioned => {
            HerokuError::not_found("Resource not found")
        }
        AddonState::Provisioning | AddonState::Provisioned | AddonState::Other(_) => {
            HerokuError::not_yet()
        }
    }
}

async fn wait(shared: &Shared, text: &str, service: DataService) -> Answer {
    let addon = find(shared, text, service)?;
    let readiness = shared.world().heroku().readiness(&addon).await;
    let readiness = readiness.map_err(|error| error::of(&error).of_data_api())?;
    let (message, waiting, failed) = match readiness.ok_or_else(|| unknown(&addon))? {
        Readiness::Waiting(message) => (message, true, false),
        Readiness::Ready(message) => (message, false, false),
        // Kafka's word for a cluster that is gone for good.
        Readiness::Failed(message) if service == DataService::Kafka => {
            return Err(HerokuError::gone(message));
        }
        Readiness::Failed(message) => (message, false, true),
    };
    let mut body = json!({ "message": message, "waiting?": waiting });
    match service {
        DataService::KeyValueStore => {}
        DataService::Kafka => body["healthy?"] = (!waiting).into(),
        DataService::Postgres => body["error?"] = failed.into(),
    }
    Ok(ok(&body))
}

/// `GET /redis/v0/databases/{addon}/wait`
pub(super) async fn redis_wait(State(shared): Api, Path(addon): Path<String>) -> Answer {
    wait(&shared, &addon, DataService::KeyValueStore).await
}

/// `GET /client/v11/databases/{addon}/wait_status`
pub(super) async fn postgres_wait(State(shared): Api, Path(addon): Path<String>) -> Answer {
    wait(&shared, &addon, DataService::Postgres).await
}

/// `GET /data/kafka/v0/clusters/{addon}/wait_status`
pub(super) async fn kafka_wait(State(shared): Api, Path(addon): Path<String>) -> Answer {
    wait(&shared, &addon, DataService::Kafka).await
}

/// What a service tells of an add-on.
struct Told {
    addon: Addon,
    info: ServiceInfo,
    /// What only this answer and an app's config variables show; none until it is provisioned.
    url: Option<String>,
    password: Option<String>,
    since: SystemTime,
}

async fn info(shared: &Shared, text: &str, service: DataService) -> Result<Told, HerokuError> {
    let addon = find(shared, text, service)?;
    let info = shared.world().heroku().service_info(&addon).await;
    let info = info.map_err(|error| error::of(&error).of_data_api())?;
    let info = info.ok_or_else(|| unknown(&addon))?;
    Ok(peek(shared, |state, _| {
        let record = state.heroku.addons.get(&addon.id);
        let since = record.map_or(SystemTime::UNIX_EPOCH, |record| record.life.created_at);
        let secret = record.filter(|_| addon.state == AddonState::Provisioned);
        let url = secret.map(|record| record.value(addon.id, "_URL"));
        let password = secret.map(|record| record.password.expose().to_owned());
        Told { addon, info, url, password, since }
    }))
}

impl Told {
    fn status(&self) -> &str {
        self.info.status.as_deref().unwrap_or_default()
    }

    /// What all services tell.
    fn view(&self) -> Value {
        let addon = &self.addon;
        json!({
            "addon_id": addon.id,
            "name": addon.name,
            "created_at": written(self.since),
            "formation": { "id": id_of("formation", addon.name.as_str()), "primary": null },
            "metaas_source": addon.plan.service_slug(),
            "plan": addon.plan.plan(),
        })
    }

    fn row(name: &str, value: &str) -> Value {
        json!({ "name": name, "values": [value] })
    }
}

/// A list where the face has the JSON of one.
fn key_as_written(key: &str) -> Value {
    let list: Option<Value> = serde_json::from_str(key).ok();
    list.filter(Value::is_array).unwrap_or_else(|| key.into())
}

/// `GET /redis/v0/databases/{addon}`
pub(super) async fn redis(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let told = info(&shared, &addon, DataService::KeyValueStore).await?;
    let version = told.info.version.as_deref().unwrap_or_default();
    let mut view = told.view();
    view["info"] = json!([
        Told::row("Plan", &human(told.addon.plan.plan())),
        Told::row("Status", told.status()),
        Told::row("Created", &written(told.since)),
        Told::row("Version", version),
    ]);
    view["port"] = json!(told.url.as_ref().map(|_| 6380));
    view["prefer_native_tls"] = true.into();
    view["resource_url"] = json!(told.url);
    view["version"] = version.into();
    if let Some(key) = &told.info.encryption_key {
        view["customer_encryption_key"] = key_as_written(key);
    }
    Ok(ok(&view))
}

/// `GET /client/v11/databases/{addon}`
pub(super) async fn postgres(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let told = info(&shared, &addon, DataService::Postgres).await?;
    let version = told.info.version.as_deref().unwrap_or_default();
    let mut rows = vec![
        Told::row("Plan", &human(told.addon.plan.plan())),
        Told::row("Status", &human(told.status())),
        Told::row("PG Version", version),
        Told::row("Created", &written(told.since)),
    ];
    let leader = told.info.following.as_deref();
    rows.extend(leader.map(|leader| Told::row("Following", leader)));
    let key = told.info.encryption_key.as_deref();
    rows.extend(
        key.map(
            |key| json!({ "name": "Customer Encryption Key", "values": [key_as_written(key)] }),
        ),
    );
    let mut view = told.view();
    view["credentials"] = 1.into();
    view["database_name"] = "db".into();
    view["database_password"] = json!(told.password);
    view["database_user"] = "user".into();
    view["following"] = json!(leader);
    view["info"] = rows.into();
    view["leader"] = json!(leader.map(|name| {
        let id = peek(&shared, |state, _| lookup::addon_id(state, name));
        json!({ "addon_id": id, "name": name })
    }));
    view["port"] = 5432.into();
    view["postgres_version"] = version.into();
    view["resource_url"] = json!(told.url);
    view["waiting?"] = (told.status() != AVAILABLE).into();
    Ok(ok(&view))
}

/// `GET /data/kafka/v0/clusters/{addon}`
pub(super) async fn kafka(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let told = info(&shared, &addon, DataService::Kafka).await?;
    let is_waiting = told.status() != AVAILABLE;
    let mut view = told.view();
    view["shared_cluster"] = false.into();
    view["state"] = json!({
        "degraded_brokers": [],
        "degraded_topics": [],
        "healthy?": !is_waiting,
        "message": told.status(),
        "status": told.status(),
        "waiting?": is_waiting,
    });
    view["topics"] = json!([]);
    view["version"] = json!(told.info.version.iter().collect::<Vec<_>>());
    if let Some(key) = &told.info.encryption_key {
        view["customer_encryption_key"] = key_as_written(key);
    }
    Ok(ok(&view))
}

/// `PUT /client/v11/databases/{addon}/unfollow`
pub(super) async fn unfollow(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let addon = find(&shared, &addon, DataService::Postgres)?;
    let is_follower = peek(&shared, |state, now| {
        let info = state.service_info(&addon, now);
        info.is_ok_and(|info| info.is_some_and(|info| info.following.is_some()))
    });
    let done = shared.world().heroku().unfollow(&addon).await;
    done.map_err(|error| error::of(&error).of_data_api())?;
    if !is_follower {
        // The face is content with it.
        let message = format!("{} does not follow another database.", addon.name);
        return Err(HerokuError::invalid(message).of_data_api());
    }
    Ok(ok(&json!({ "message": format!("{} will unfollow shortly.", addon.name) })))
}
