use std::str::FromStr;

use heroku_data_link::model::{AddonId, AddonName, AppName, PlanName, Secret};
use heroku_data_link::provider::{self, AddonOption, NewAddon};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Named;
use crate::decode::text;
use crate::filter::passwords;

#[derive(Debug, Deserialize)]
pub(crate) struct Addon {
    id: AddonId,
    name: AddonName,
    app: Named<AppName>,
    plan: Named<PlanName>,
    #[serde(default, deserialize_with = "text")]
    state: String,
}

impl From<Addon> for provider::Addon {
    fn from(addon: Addon) -> Self {
        Self {
            id: addon.id,
            name: addon.name,
            app: addon.app.name,
            plan: addon.plan.name,
            state: addon.state.into(),
        }
    }
}

/// A row of the list of all add-ons: what of it can be read.
#[derive(Debug, Default)]
pub(crate) struct AddonRow {
    addon: provider::UnreadableAddon,
    state: String,
}

impl From<&Value> for AddonRow {
    fn from(row: &Value) -> Self {
        fn at<T: FromStr>(value: &Value) -> Option<T> {
            value.as_str()?.parse().ok()
        }
        let addon = provider::UnreadableAddon {
            id: at(&row["id"]),
            name: at(&row["name"]),
            app: at(&row["app"]["name"]),
            plan: at(&row["plan"]["name"]),
        };
        Self { addon, state: row["state"].as_str().unwrap_or_default().to_owned() }
    }
}

impl AddonRow {
    /// The add-on, if the row can be read whole.
    pub(crate) fn read(self) -> Result<provider::Addon, provider::UnreadableAddon> {
        match self.addon {
            provider::UnreadableAddon {
                id: Some(id),
                name: Some(name),
                app: Some(app),
                plan: Some(plan),
            } => Ok(provider::Addon { id, name, app, plan, state: self.state.into() }),
            partly => Err(partly),
        }
    }
}

/// The body of a creation, as the official CLI sends it: empty objects are sent, other things that
/// are absent are left out.
pub(crate) fn create_addon(addon: &NewAddon) -> Value {
    let options = addon.options.iter().map(|(name, value)| (name.clone(), option(value)));
    let mut body = json!({
        "attachment": {},
        "config": options.collect::<Map<_, _>>(),
        "name": addon.name,
        "plan": { "name": addon.plan },
    });
    if let Some(name) = &addon.attachment {
        body["attachment"] = json!({ "name": name });
    }
    if addon.confirm {
        body["confirm"] = json!(addon.app);
    }
    body
}

/// What is secret in that body, and the passwords of its URLs by themselves.
pub(crate) fn secrets(addon: &NewAddon) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for option in addon.options.values() {
        match option {
            AddonOption::Secret(secret) => {
                secrets.push(secret.clone());
                secrets.extend(passwords(secret.expose()));
            }
            AddonOption::Text(text) => secrets.extend(passwords(text)),
            AddonOption::Flag(_) => {}
        }
    }
    secrets
}

fn option(option: &AddonOption) -> Value {
    match option {
        AddonOption::Text(text) => text.as_str().into(),
        AddonOption::Secret(secret) => secret.expose().into(),
        AddonOption::Flag(flag) => (*flag).into(),
    }
}
