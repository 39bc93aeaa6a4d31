//! How what has a name is referred to.

use std::fmt::Display;

use serde_json::{Value, json};

pub(super) use crate::state::named::id_of;

/// How something is referred to.
pub(super) fn reference(kind: &str, name: &(impl AsRef<str> + ?Sized)) -> Value {
    json!({ "id": id_of(kind, name.as_ref()), "name": name.as_ref() })
}

/// How what has an id of its own is referred to.
pub(super) fn known(id: impl Display, name: impl Display) -> Value {
    json!({ "id": id.to_string(), "name": name.to_string() })
}
