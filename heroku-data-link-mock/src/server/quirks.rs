//! What is odd about the clouds, under `/__world`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use heroku_data_link::model::{AddonId, AddonName};
use serde::Deserialize;
use serde_json::json;

use super::control::{Answer, Refused, ok, read};
use super::shared::Shared;
use crate::{KeyForm, KeyQuirks, OddRow};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/key-quirks", post(key_quirks))
        .route("/odd-addon", post(odd_addon))
        .route("/rotate-credentials", post(rotate_credentials))
}

/// What is left out is as by default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeyQuirksBody {
    tag_cleaner_seconds: Option<u32>,
    #[serde(default)]
    lists_nothing: bool,
    #[serde(default)]
    describes_nothing: bool,
    strict_policies: Option<bool>,
}

async fn key_quirks(State(shared): State<Arc<Shared>>, body: Body) -> Answer {
    let body: KeyQuirksBody = read(body).await?;
    let usual = KeyQuirks::default();
    shared.world().set_key_quirks(KeyQuirks {
        tag_cleaner: body.tag_cleaner_seconds.map(|it| std::time::Duration::from_secs(it.into())),
        lists_nothing: body.lists_nothing,
        describes_nothing: body.describes_nothing,
        strict_policies: body.strict_policies.unwrap_or(usual.strict_policies),
    });
    Ok(ok(&json!({})))
}

/// An add-on by name, and what is odd about it from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OddAddon {
    addon: String,
    /// A word for an [`OddRow`].
    listed_as: Option<String>,
    /// A word for a [`KeyForm`].
    key_written_as: Option<String>,
}

async fn odd_addon(State(shared): State<Arc<Shared>>, body: Body) -> Answer {
    let body: OddAddon = read(body).await?;
    let (world, id) = (shared.world(), addon(&shared, &body.addon)?);
    let row = body.listed_as.map(|word| one_of(&OddRow::ALL, &word).ok_or_else(|| refused(&word)));
    let form =
        body.key_written_as.map(|word| one_of(&KeyForm::ALL, &word).ok_or_else(|| refused(&word)));
    let (row, form) = (row.transpose()?, form.transpose()?);
    let done = row.map_or(Ok(()), |row| world.list_addon_as(id, row));
    let done = done.and_then(|()| form.map_or(Ok(()), |form| world.write_addon_key_as(id, form)));
    done.map_err(|error| refused(&error.to_string()))?;
    Ok(ok(&json!({})))
}

/// An add-on by name, and the password that it has from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NewPassword {
    addon: String,
    password: String,
}

async fn rotate_credentials(State(shared): State<Arc<Shared>>, body: Body) -> Answer {
    let body: NewPassword = read(body).await?;
    let id = addon(&shared, &body.addon)?;
    let done = shared.world().set_password(id, &body.password);
    done.map_err(|error| refused(&error.to_string()))?;
    Ok(ok(&json!({})))
}

fn addon(shared: &Shared, name: &str) -> Result<AddonId, Refused> {
    let known: Option<AddonName> = name.parse().ok();
    let id = known.and_then(|name| shared.world().lock().state.heroku.names.get(&name).copied());
    id.ok_or_else(|| refused(&format!("the add-on {name:?}")))
}

fn refused(what: &str) -> Refused {
    Refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{what} is not known"))
}

fn one_of<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}
