//! Config variables of apps.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use heroku_data_link::model::{ConfigVarName, Secret};
use heroku_data_link::provider::ConfigVars;
use serde_json::{Map, Value};

use super::error::{self, HerokuError};
use super::input::Input;
use super::{Answer, Api, lookup, ok, operation, peek};
use crate::journal::Request;
use crate::state::config_vars::VariableChanges;

/// The one answer, beside those of the services, that shows secrets.
fn view(variables: &BTreeMap<ConfigVarName, Secret>) -> Response {
    let fields = variables.iter();
    let fields = fields.map(|(name, value)| (name.to_string(), Value::from(value.expose())));
    ok(&Value::Object(fields.collect::<Map<_, _>>()))
}

/// `GET /apps/{app}/config-vars`
pub(super) async fn show(State(shared): Api, Path(app): Path<String>) -> Answer {
    let name = lookup::app_name(&shared, &app)?;
    let variables = shared.world().heroku().config_vars(&name).await;
    variables.map(|variables| view(&variables)).map_err(|error| error::of(&error))
}

/// `PATCH /apps/{app}/config-vars`: `null` unsets.
pub(super) async fn change(
    State(shared): Api,
    Path(app): Path<String>,
    Input(body): Input<BTreeMap<String, Option<String>>>,
) -> Answer {
    let name = lookup::app_name(&shared, &app)?;
    let mut changes = VariableChanges::new();
    for (variable, value) in body {
        let invalid = || HerokuError::invalid("Config vars have names of letters, digits and _.");
        let variable = variable.parse::<ConfigVarName>().map_err(|_| invalid())?;
        changes.insert(variable, value.map(Secret::new));
    }
    let names: Vec<&str> = changes.keys().map(AsRef::as_ref).collect();
    let detail = format!("{} of {name}", names.join(", "));
    let request = Request::new(operation::CHANGE_CONFIG_VARS, &detail);
    let outcome = shared
        .world()
        .mutate(request, |state, now| state.change_variables(now, &name, changes.clone()));
    outcome.settle().await.map_err(|error| error::of(&error))?;
    let variables = peek(&shared, |state, now| state.config_vars(&name, now));
    Ok(view(&variables.unwrap_or_default()))
}
