//! Add-ons, and what resolves to them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use heroku_data_link::model::{AddonRef, AddonState};
use heroku_data_link::provider::{Addon, operation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue::{plan_view, price, service_view, written};
use super::error::HerokuError;
use super::input::Input;
use super::lookup::{self, APP, look_at_app, no_addon};
use super::named::{id_of, reference};
use super::operation::{READ_ADDON, READ_ADDONS};
use super::variant::Wants;
use super::{Answer, Api, Wanted, look, ok, page};
use crate::OddRow;
use crate::state::State as Truth;

/// Add-ons as the API shows them.
pub(super) fn views(
    state: &Truth,
    addons: impl IntoIterator<Item = Addon>,
    at: SystemTime,
    wants: &Wants,
) -> Vec<Value> {
    // By owner: what it has by each of its add-ons.
    let mut variables = BTreeMap::new();
    let view = |addon: Addon| {
        let of_owner = variables
            .entry(addon.app.clone())
            .or_insert_with(|| state.addon_variables(&addon.app, at));
        let names = of_owner.get(&addon.id);
        let names: Vec<&str> = names.into_iter().flatten().map(AsRef::as_ref).collect();
        let mut view = view(state, &addon, wants);
        view["config_vars"] = names.into();
        view
    };
    addons.into_iter().map(view).collect()
}

/// One add-on as the API shows it.
pub(super) fn single(state: &Truth, addon: Addon, at: SystemTime, wants: &Wants) -> Value {
    views(state, [addon], at, wants).pop().unwrap_or_default()
}

/// Without its variables.
fn view(state: &Truth, addon: &Addon, wants: &Wants) -> Value {
    let (plan, slug) = (&addon.plan, addon.plan.service_slug());
    let life = state.heroku.addons.get(&addon.id).map(|record| &record.life);
    let made = written(life.map_or(SystemTime::UNIX_EPOCH, |life| life.created_at));
    let mut billed_to = reference(APP, &addon.app);
    billed_to["type"] = "app".into();
    let mut view = json!({
        "id": addon.id,
        "name": addon.name,
        "actions": [],
        "addon_service": reference("addon_service", slug),
        "app": reference(APP, &addon.app),
        "billed_price": price(),
        "billing_entity": billed_to,
        "created_at": made,
        "plan": reference("plan", plan),
        "provider_id": id_of("provider", addon.name.as_str()),
        "state": addon.state,
        "updated_at": made,
        "web_url": null,
    });
    if wants.expands("addon_service") {
        view["addon_service"] = service_view(slug);
    }
    if wants.expands("plan") {
        view["plan"] = plan_view(plan);
    }
    if wants.messages && addon.state == AddonState::Provisioning {
        view["provision_message"] = "Your add-on is being provisioned.".into();
    }
    view
}

/// A row of a list, as it is odd.
fn oddly(mut view: Value, row: Option<OddRow>) -> Value {
    let plan = view["plan"]["name"].as_str().unwrap_or_default();
    match row {
        None => {}
        Some(OddRow::NoPlan) => view["plan"] = Value::Null,
        Some(OddRow::NoApp) => view["app"] = Value::Null,
        Some(OddRow::PlanWithoutService) => {
            let plan = plan.split_once(':').map_or(plan, |(_, plan)| plan).to_owned();
            view["plan"]["name"] = plan.into();
        }
        Some(OddRow::UpperCasePlan) => view["plan"]["name"] = plan.to_ascii_uppercase().into(),
        Some(OddRow::OnlyId) => {
            let view = view.as_object_mut();
            let others = view.into_iter().flatten().filter(|(name, _)| *name != "id");
            others.for_each(|(_, value)| *value = Value::Null);
        }
    }
    view
}

/// `GET /addons`
pub(super) async fn list(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
) -> Answer {
    let addons = look(&shared, operation::READ_ALL_ADDONS, "", |state, at| {
        let (addons, rows): (Vec<_>, Vec<_>) = state.all_addons(at).unzip();
        let views = views(state, addons, at, &wants).into_iter().zip(rows);
        views.map(|(view, row)| oddly(view, row)).collect()
    });
    page::of(&shared, &headers, page::BY_ID, addons.await?)
}

/// `GET /apps/{app}/addons`: those that it owns, and those that are attached to it.
pub(super) async fn of_app(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
    Path(app): Path<String>,
) -> Answer {
    let addons = look_at_app(&shared, READ_ADDONS, &app, |state, app, at| {
        views(state, state.addons_of(app, at), at, &wants)
    });
    page::of(&shared, &headers, page::BY_ID, addons.await?)
}

/// `GET /addons/{addon}`
pub(super) async fn show(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(addon): Path<String>,
) -> Answer {
    let addon = look(&shared, READ_ADDON, &addon, |state, at| {
        lookup::addon(state, &addon, at).map(|addon| single(state, addon, at, &wants))
    });
    addon.await?.map(|addon| ok(&addon)).ok_or_else(no_addon)
}

/// `GET /apps/{app}/addons/{addon}`
pub(super) async fn show_in_app(
    State(shared): Api,
    Extension(wants): Wanted,
    Path((app, addon)): Path<(String, String)>,
) -> Answer {
    let addon = look_at_app(&shared, READ_ADDON, &app, |state, app, at| {
        let id = lookup::addon_id(state, &addon)?;
        let found = state.addons_of(app, at).into_iter().find(|addon| addon.id == id)?;
        Some(single(state, found, at, &wants))
    });
    addon.await?.map(|addon| ok(&addon)).ok_or_else(no_addon)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanting {
    addon: String,
    app: Option<String>,
    addon_service: Option<String>,
}

/// `POST /actions/addons/resolve`
pub(super) async fn resolve(
    State(shared): Api,
    Extension(wants): Wanted,
    Input(body): Input<Wanting>,
) -> Answer {
    let detail = match &body.app {
        Some(app) => format!("{} in {app}", body.addon),
        None => body.addon.clone(),
    };
    let found = look(&shared, operation::RESOLVE_ADDON, &detail, |state, at| {
        let found = find(state, &body, at)?;
        Ok::<_, HerokuError>(views(state, found, at, &wants))
    });
    let found = found.await??;
    if found.is_empty() { Err(no_addon()) } else { Ok(ok(&found.into())) }
}

fn find(state: &Truth, body: &Wanting, at: SystemTime) -> Result<Vec<Addon>, HerokuError> {
    let Ok(reference) = body.addon.parse::<AddonRef>() else { return Ok(Vec::new()) };
    let named = reference.app().map(AsRef::as_ref).or(body.app.as_deref());
    let find_app = |text| lookup::app(state, text).ok_or_else(lookup::no_app);
    let app = named.map(find_app).transpose()?;
    let mut found = state.resolve(app, &reference, at);
    if let Some(service) = &body.addon_service {
        found.retain(|addon| addon.plan.service_slug() == service);
    }
    Ok(found)
}
