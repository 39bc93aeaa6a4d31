use heroku_data_link::provider::{self, Readiness};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{or_default, shown, text, text_or_none};

/// The row of Postgres' list that holds what the other services have a field for.
const KEY_ROW: &str = "Customer Encryption Key";

/// What stands for the key while a row of the list has no name.
const UNREADABLE_ROW: &str = "a row that cannot be read";

/// An answer of a wait endpoint. The question marks are on the wire.
#[derive(Debug, Deserialize)]
pub(crate) struct Wait {
    #[serde(default, deserialize_with = "text")]
    message: String,
    #[serde(rename = "waiting?", alias = "waiting")]
    waiting: bool,
    #[serde(rename = "error?", default, deserialize_with = "or_default")]
    error: bool,
}

impl From<Wait> for Readiness {
    fn from(wait: Wait) -> Self {
        if wait.error {
            Self::Failed(wait.message)
        } else if wait.waiting {
            Self::Waiting(wait.message)
        } else {
            Self::Ready(wait.message)
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ServiceInfo {
    /// Text; whatever else is there is no text, and not nothing.
    #[serde(default)]
    customer_encryption_key: Value,
    /// Text, or a list of it (Kafka).
    #[serde(default)]
    version: Value,
    #[serde(default)]
    postgres_version: Value,
    #[serde(default, deserialize_with = "or_default")]
    state: State,
    /// What a follower of Postgres follows.
    #[serde(default)]
    leader: Value,
    #[serde(default, deserialize_with = "or_default")]
    info: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct State {
    #[serde(default, deserialize_with = "text_or_none")]
    status: Option<String>,
}

impl From<ServiceInfo> for provider::ServiceInfo {
    fn from(info: ServiceInfo) -> Self {
        let row = |name: &str| row(&info.info, name).and_then(|row| first(&row["values"]));
        Self {
            encryption_key: key(&info),
            version: first(&info.version)
                .or_else(|| first(&info.postgres_version))
                .or_else(|| row("PG Version")),
            status: info.state.status.clone().or_else(|| row("Status")),
            following: info.leader.get("name").and_then(first).or_else(|| row("Following")),
        }
    }
}

fn name_of(row: &Value) -> Option<&str> {
    row["name"].as_str().map(str::trim)
}

fn row<'a>(rows: &'a [Value], name: &str) -> Option<&'a Value> {
    rows.iter().find(|row| name_of(row).is_some_and(|it| it.eq_ignore_ascii_case(name)))
}

/// The customer's key as it is written. `None` only where none is named: a row that cannot be read
/// may be the one that names it.
fn key(info: &ServiceInfo) -> Option<String> {
    if let Some(key) = written(&info.customer_encryption_key) {
        return Some(key);
    }
    let Some(row) = row(&info.info, KEY_ROW) else {
        let is_odd = info.info.iter().any(|row| name_of(row).is_none());
        return is_odd.then(|| UNREADABLE_ROW.to_owned());
    };
    match row["values"].as_array().map(Vec::as_slice) {
        Some([one]) => written(one),
        Some(_) | None => written(&row["values"]),
    }
}

/// Text as it is, and the JSON of anything else that is not nothing.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(shown(text)).filter(|text| !text.is_empty()),
        Value::Array(values) if values.iter().all(Value::is_null) => None,
        Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_) => {
            Some(shown(&value.to_string()))
        }
    }
}

/// Text of a value, of a number, or of the first item of a list.
fn first(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(shown(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) => values.first().and_then(first),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}
