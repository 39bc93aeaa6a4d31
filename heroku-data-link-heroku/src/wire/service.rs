use heroku_data_link::provider::{self, Readiness};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{or_default, readable, shown, text, text_or_none};

/// The row of Postgres' list that holds what the other services have a field for.
const KEY_ROW: &str = "Customer Encryption Key";

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
    #[serde(default, deserialize_with = "text_or_none")]
    customer_encryption_key: Option<String>,
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
    #[serde(default, deserialize_with = "readable")]
    info: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
struct State {
    #[serde(default, deserialize_with = "text_or_none")]
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    values: Vec<Value>,
}

impl From<ServiceInfo> for provider::ServiceInfo {
    fn from(info: ServiceInfo) -> Self {
        let row = |name: &str| {
            let row = info.info.iter().find(|row| row.name.eq_ignore_ascii_case(name))?;
            row.values.first().and_then(first)
        };
        let key = info.customer_encryption_key.clone();
        Self {
            encryption_key: key.or_else(|| row(KEY_ROW)),
            version: first(&info.version)
                .or_else(|| first(&info.postgres_version))
                .or_else(|| row("PG Version")),
            status: info.state.status.clone().or_else(|| row("Status")),
            following: info.leader.get("name").and_then(first).or_else(|| row("Following")),
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
