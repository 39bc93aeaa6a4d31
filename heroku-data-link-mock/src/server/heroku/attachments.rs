//! Attachments, and what resolves to them.

use std::time::SystemTime;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use heroku_data_link::model::{AddonName, AppName};
use heroku_data_link::provider::{self, Attachments, NewAttachment, operation as core_operation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue::written;
use super::error::{self, HerokuError};
use super::input::{Input, Reference};
use super::lookup::{self, APP, look_at_app, no_addon, no_app};
use super::named::{known, reference};
use super::variant::Wants;
use super::{Answer, Api, Wanted, look, ok, operation, page, peek, reply};
use crate::journal::Request;
use crate::server::shared::Shared;
use crate::state::State as Truth;

/// An attachment with what the provider's type does not have.
struct Row {
    number: u64,
    since: SystemTime,
    attachment: provider::Attachment,
}

impl Row {
    fn id(&self) -> String {
        format!("00000000-0000-4000-b000-{:012x}", self.number)
    }

    fn view(&self, state: &Truth, wants: &Wants) -> Value {
        let attachment = &self.attachment;
        let mut addon = known(attachment.addon, &attachment.addon_name);
        if let Some(record) = state.heroku.addons.get(&attachment.addon) {
            addon["app"] = reference(APP, &record.app);
            if wants.includes("addon:plan") {
                addon["plan"] = reference("plan", &record.plan);
            }
        }
        let mut view = json!({
            "id": self.id(),
            "name": attachment.name,
            "addon": addon,
            "app": reference(APP, &attachment.app),
            "created_at": written(self.since),
            "log_input_url": null,
            "namespace": attachment.namespace,
            "updated_at": written(self.since),
            "web_url": null,
        });
        if wants.includes("config_vars") {
            view["config_vars"] = json!(attachment.config_vars);
        }
        view
    }

    /// Whether text is its id, its name or that of one of its variables, or the add-on's.
    fn is_meant(&self, text: &str) -> bool {
        let attachment = &self.attachment;
        self.is_called(text)
            || attachment.config_vars.iter().any(|name| name.as_str() == text)
            || attachment.addon_name.as_str() == text
            || text.parse().is_ok_and(|id| attachment.addon == id)
    }

    fn is_called(&self, text: &str) -> bool {
        self.attachment.name.as_str() == text || self.id().eq_ignore_ascii_case(text)
    }
}

fn rows(state: &Truth, app: &AppName, at: SystemTime) -> Vec<Row> {
    // Both are of the same attachments, in the same order.
    let records = state.attached(app, at);
    let rows = records.zip(state.attachments(app, at)).map(|(record, attachment)| Row {
        number: record.number,
        since: record.from,
        attachment,
    });
    rows.collect()
}

fn all_rows(state: &Truth, at: SystemTime) -> Vec<Row> {
    state.heroku.attachments.keys().flat_map(|app| rows(state, app, at)).collect()
}

fn no_attachment() -> HerokuError {
    HerokuError::not_found("Couldn't find that add on attachment.").of_resource("add_on attachment")
}

fn views(state: &Truth, rows: &[Row], wants: &Wants) -> Vec<Value> {
    rows.iter().map(|row| row.view(state, wants)).collect()
}

/// `GET /addon-attachments`
pub(super) async fn list(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
) -> Answer {
    let all = look(&shared, core_operation::READ_ALL_ATTACHMENTS, "", |state, at| {
        views(state, &all_rows(state, at), &wants)
    });
    page::of(&shared, &headers, page::BY_ID, all.await?)
}

/// `GET /addon-attachments/{attachment}`
pub(super) async fn show(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(attachment): Path<String>,
) -> Answer {
    let found = look(&shared, core_operation::READ_ALL_ATTACHMENTS, &attachment, |state, at| {
        let row = all_rows(state, at).into_iter().find(|row| row.id() == attachment)?;
        Some(row.view(state, &wants))
    });
    found.await?.map(|view| ok(&view)).ok_or_else(no_attachment)
}

/// `GET /apps/{app}/addon-attachments`
pub(super) async fn of_app(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
    Path(app): Path<String>,
) -> Answer {
    let found = look_at_app(&shared, core_operation::READ_ATTACHMENTS, &app, |state, app, at| {
        views(state, &rows(state, app, at), &wants)
    });
    page::of(&shared, &headers, page::BY_ID, found.await?)
}

/// `GET /apps/{app}/addon-attachments/{attachment}`, by id or name.
pub(super) async fn show_in_app(
    State(shared): Api,
    Extension(wants): Wanted,
    Path((app, attachment)): Path<(String, String)>,
) -> Answer {
    let found = look_at_app(&shared, core_operation::READ_ATTACHMENTS, &app, |state, app, at| {
        let row = rows(state, app, at).into_iter().find(|row| row.is_called(&attachment))?;
        Some(row.view(state, &wants))
    });
    found.await?.map(|view| ok(&view)).ok_or_else(no_attachment)
}

/// `GET /addons/{addon}/addon-attachments`
pub(super) async fn of_addon(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
    Path(addon): Path<String>,
) -> Answer {
    let found = look(&shared, core_operation::READ_ALL_ATTACHMENTS, &addon, |state, at| {
        let addon = lookup::addon(state, &addon, at)?.id;
        let mut rows = all_rows(state, at);
        rows.retain(|row| row.attachment.addon == addon);
        Some(views(state, &rows, &wants))
    });
    let found = found.await?.ok_or_else(no_addon)?;
    page::of(&shared, &headers, page::BY_ID, found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanting {
    addon_attachment: String,
    app: Option<String>,
    addon_service: Option<String>,
}

/// `POST /actions/addon-attachments/resolve`
pub(super) async fn resolve(
    State(shared): Api,
    Extension(wants): Wanted,
    Input(body): Input<Wanting>,
) -> Answer {
    let text = &body.addon_attachment;
    let found = look(&shared, operation::RESOLVE_ATTACHMENT, text, |state, at| {
        let found = find(state, &body, at)?;
        Ok::<_, HerokuError>(views(state, &found, &wants))
    });
    let found = found.await??;
    if found.is_empty() { Err(no_attachment()) } else { Ok(ok(&found.into())) }
}

fn find(state: &Truth, body: &Wanting, at: SystemTime) -> Result<Vec<Row>, HerokuError> {
    let text = body.addon_attachment.as_str();
    let (app, text) = match text.split_once("::") {
        Some((app, text)) => (Some(app), text),
        None => (body.app.as_deref(), text),
    };
    let mut found = match app {
        Some(app) => {
            let app = lookup::app(state, app).ok_or_else(no_app)?;
            rows(state, app, at)
        }
        None => all_rows(state, at),
    };
    // Only ids are unique beyond an app.
    found.retain(|row| if app.is_some() { row.is_meant(text) } else { row.id() == text });
    if let Some(service) = &body.addon_service {
        let slug = |row: &Row| {
            let record = state.heroku.addons.get(&row.attachment.addon);
            record.is_some_and(|record| record.plan.service_slug() == service)
        };
        found.retain(slug);
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    addon: Reference,
    app: Reference,
    name: Option<String>,
    namespace: Option<String>,
    /// The app's name: to replace what has the name of the attachment.
    confirm: Option<String>,
}

/// `POST /addon-attachments`
pub(super) async fn create(
    State(shared): Api,
    Extension(wants): Wanted,
    Input(body): Input<New>,
) -> Answer {
    let app = lookup::app_name(&shared, body.app.text())?;
    let name = body.name.map(|name| name.parse()).transpose();
    let new = NewAttachment {
        addon: addon_name(&shared, body.addon.text())?,
        name: name.map_err(|_| {
            HerokuError::invalid("An attachment's name has capital letters, digits and _.")
        })?,
        namespace: body.namespace,
        replace: body.confirm.as_deref() == Some(app.as_str()),
        app,
    };
    let made = shared.world().heroku().attach(&new).await;
    made.map_err(|error| error::of(&error).confirmed_by(&new.app))?;
    let view = peek(&shared, |state, now| {
        let made = |row: &Row| {
            row.attachment.addon_name == new.addon
                && new.name.as_ref().is_none_or(|name| row.attachment.name == *name)
        };
        let row = rows(state, &new.app, now).into_iter().rfind(made)?;
        Some(row.view(state, &wants))
    });
    Ok(reply(StatusCode::CREATED, &view.unwrap_or_default()))
}

fn addon_name(shared: &Shared, text: &str) -> Result<AddonName, HerokuError> {
    let found = peek(shared, |state, now| lookup::addon(state, text, now));
    found.map(|addon| addon.name).ok_or_else(no_addon)
}

/// `DELETE /addon-attachments/{attachment}`
pub(super) async fn delete(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(attachment): Path<String>,
) -> Answer {
    let found = peek(&shared, |state, now| {
        let row = all_rows(state, now).into_iter().find(|row| row.id() == attachment)?;
        Some((row.view(state, &wants), row))
    });
    let (view, row) = found.ok_or_else(no_attachment)?;
    let Row { number, attachment: provider::Attachment { app, name, .. }, .. } = row;
    let detail = format!("{name} of {app}");
    let request = Request::new(operation::DELETE_ATTACHMENT, &detail);
    let detached = shared.world().mutate(request, |state, now| state.detach(now, &app, number));
    detached.settle().await.map_err(|error| error::of(&error))?;
    Ok(ok(&view))
}
