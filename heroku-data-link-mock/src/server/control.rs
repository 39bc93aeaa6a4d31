//! The routes under `/__world`, which no cloud has: time, faults, journal, state, reset.
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET /__world` | time, speed, how many calls and mutations were made |
//! | `POST /__world/advance` | `{"seconds": n}`: lets time pass |
//! | `POST /__world/speed` | `{"speed": n}`: simulated seconds in a real one |
//! | `GET /__world/journal` | every call, as [`World::journal`](crate::World::journal) has it |
//! | `GET /__world/requests` | how many HTTP requests came, by operation |
//! | `GET /__world/state` | fingerprint and orphans |
//! | `POST /__world/faults` | [`FaultBody`]: lets calls fail |
//! | `DELETE /__world/faults` | no fault from now on |
//! | `POST /__world/read-lag` | `{"seconds": n}`: reads show the past |
//! | `POST /__world/forbid` | `{"action": "ec2:…"}`: takes a permission away |
//! | `POST /__world/key-quirks` | `{"tag-cleaner-seconds": n, "lists-nothing": b, …}`: a [`KeyQuirks`](crate::KeyQuirks) |
//! | `POST /__world/odd-addon` | `{"addon": "…", "listed-as": "no-plan", "key-written-as": "list"}`: an [`OddRow`](crate::OddRow), a [`KeyForm`](crate::KeyForm) |
//! | `POST /__world/rotate-credentials` | `{"addon": "…", "password": "…"}`: [`World::set_password`](crate::World::set_password) |
//! | `POST /__world/reset` | begins anew |
//!
//! They obey programs of this machine alone, as [`local`] says.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use heroku_data_link::provider::{ErrorKind, operation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::respond::{self, Unreadable, seconds};
use super::shared::Shared;
use super::{aws, heroku, local, quirks};
use crate::Fault;

type Control = State<Arc<Shared>>;

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/advance", post(advance))
        .route("/speed", post(speed))
        .route("/journal", get(journal))
        .route("/requests", get(requests))
        .route("/state", get(state))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/read-lag", post(read_lag))
        .route("/forbid", post(forbid))
        .route("/reset", post(reset))
        .merge(quirks::router())
        .fallback(nothing)
        .layer(from_fn(local::only_local))
        .with_state(Arc::clone(shared))
}

/// What cannot be done, in one sentence.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        respond::json(self.0, "application/json", &json!({ "message": self.1 }))
    }
}

pub(super) type Answer = Result<Response, Refused>;

pub(super) fn ok(body: &Value) -> Response {
    respond::json(StatusCode::OK, "application/json", body)
}

pub(super) async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refused> {
    let bytes = respond::read_body(body).await.map_err(|error| match error {
        Unreadable::TooLong => {
            Refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long".into())
        }
        Unreadable::Broken => Refused(StatusCode::BAD_REQUEST, "the body broke off".into()),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refused(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}

async fn nothing() -> Refused {
    Refused(StatusCode::NOT_FOUND, "there is no such control route".into())
}

async fn overview(State(shared): Control) -> Response {
    let world = shared.world();
    ok(&json!({
        "now": seconds(world.now()),
        "speed": shared.speed(),
        "calls": world.calls(),
        "mutations": world.mutations(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seconds {
    seconds: u32,
}

impl Seconds {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

async fn advance(State(shared): Control, body: Body) -> Answer {
    let by: Seconds = read(body).await?;
    shared.advance(by.duration());
    Ok(overview(State(shared)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    speed: u32,
}

async fn speed(State(shared): Control, body: Body) -> Answer {
    let body: Speed = read(body).await?;
    shared.set_speed(body.speed);
    Ok(overview(State(shared)).await)
}

async fn journal(State(shared): Control) -> Response {
    let calls = shared.world().journal();
    let calls = calls.iter().map(|call| {
        json!({
            "at": seconds(call.at),
            "operation": call.operation,
            "mutating": call.mutating,
            "call": call.to_string(),
        })
    });
    ok(&Value::Array(calls.collect()))
}

async fn requests(State(shared): Control) -> Response {
    let counts = shared.requests().into_iter().map(|count| {
        json!({
            "cloud": count.cloud.as_str(),
            "operation": count.operation,
            "count": count.count,
        })
    });
    ok(&Value::Array(counts.collect()))
}

async fn state(State(shared): Control) -> Response {
    let world = shared.world();
    ok(&json!({ "fingerprint": world.fingerprint(), "orphans": world.orphans() }))
}

/// A fault: a name of [`operation`], `before` or `after` the effect, and the kind of error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FaultBody {
    on: String,
    /// `timeout` ends the connection without an answer; `protocol` is, on Heroku's side, the 404 of a
    /// proxy.
    error: Error,
    #[serde(default)]
    when: Side,
    /// Not the next such call but the n-th.
    #[serde(default = "one")]
    nth: usize,
    #[serde(default = "one")]
    times: usize,
    retry_after_seconds: Option<u32>,
    message: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Side {
    #[default]
    Before,
    After,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Error {
    NotFound,
    Conflict,
    RateLimited,
    Unauthorized,
    TwoFactorRequired,
    Forbidden,
    InvalidRequest,
    QuotaExceeded,
    Transient,
    Timeout,
    Protocol,
}

fn one() -> usize {
    1
}

/// The operation of this name.
fn known(name: &str) -> Result<&'static str, Refused> {
    let all = operation::ALL.iter().chain(heroku::OPERATIONS).chain(aws::OPERATIONS);
    all.copied().find(|known| *known == name).ok_or_else(|| {
        Refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{name:?} is no operation"))
    })
}

impl FaultBody {
    fn kind(&self) -> ErrorKind {
        let retry_after = self.retry_after_seconds.map(|it| Duration::from_secs(it.into()));
        match self.error {
            Error::NotFound => ErrorKind::NotFound,
            Error::Conflict => ErrorKind::Conflict,
            Error::RateLimited => ErrorKind::RateLimited { retry_after },
            Error::Unauthorized => ErrorKind::Unauthorized,
            Error::TwoFactorRequired => ErrorKind::TwoFactorRequired,
            Error::Forbidden => ErrorKind::Forbidden,
            Error::InvalidRequest => ErrorKind::InvalidRequest,
            Error::QuotaExceeded => ErrorKind::QuotaExceeded,
            Error::Transient => ErrorKind::Transient,
            Error::Timeout => ErrorKind::Timeout,
            Error::Protocol => ErrorKind::Protocol,
        }
    }
}

async fn add_fault(State(shared): Control, body: Body) -> Answer {
    let body: FaultBody = read(body).await?;
    let fault = Fault::on(known(&body.on)?).nth(body.nth).times(body.times);
    let mut fault = match body.when {
        Side::Before => fault.before(body.kind()),
        Side::After => fault.after(body.kind()),
    };
    if let Some(message) = body.message {
        fault = fault.saying(message);
    }
    shared.world().fault(fault);
    Ok(ok(&json!({})))
}

async fn clear_faults(State(shared): Control) -> Response {
    shared.world().clear_faults();
    ok(&json!({}))
}

async fn read_lag(State(shared): Control, body: Body) -> Answer {
    let lag: Seconds = read(body).await?;
    shared.world().set_read_lag(lag.duration());
    Ok(ok(&json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    action: String,
}

async fn forbid(State(shared): Control, body: Body) -> Answer {
    let body: Action = read(body).await?;
    shared.world().forbid(known(&body.action)?);
    Ok(ok(&json!({})))
}

async fn reset(State(shared): Control) -> Answer {
    if shared.reset() {
        return Ok(overview(State(shared)).await);
    }
    Err(Refused(StatusCode::CONFLICT, "this world was made by hand, and has no beginning".into()))
}
