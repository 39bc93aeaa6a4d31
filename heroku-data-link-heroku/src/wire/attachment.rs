use std::collections::BTreeSet;

use heroku_data_link::model::{AddonId, AddonName, AppName, AttachmentName, ConfigVarName};
use heroku_data_link::provider::{self, NewAttachment};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Named;
use crate::decode::{readable, text_or_none};

#[derive(Debug, Deserialize)]
pub(crate) struct Attachment {
    name: AttachmentName,
    addon: AttachedAddon,
    app: Named<AppName>,
    #[serde(default, deserialize_with = "text_or_none")]
    namespace: Option<String>,
    #[serde(default, deserialize_with = "readable")]
    config_vars: Vec<ConfigVarName>,
}

#[derive(Debug, Deserialize)]
struct AttachedAddon {
    id: AddonId,
    name: AddonName,
}

impl From<Attachment> for provider::Attachment {
    fn from(attachment: Attachment) -> Self {
        Self {
            name: attachment.name,
            addon: attachment.addon.id,
            addon_name: attachment.addon.name,
            app: attachment.app.name,
            namespace: attachment.namespace,
            config_vars: attachment.config_vars.into_iter().collect::<BTreeSet<_>>(),
        }
    }
}

/// The body of a creation, as the official CLI sends it.
pub(crate) fn create_attachment(attachment: &NewAttachment) -> Value {
    let mut body = json!({
        "addon": { "name": attachment.addon },
        "app": { "name": attachment.app },
    });
    if let Some(name) = &attachment.name {
        body["name"] = json!(name);
    }
    if let Some(namespace) = &attachment.namespace {
        body["namespace"] = json!(namespace);
    }
    if attachment.replace {
        body["confirm"] = json!(attachment.app);
    }
    body
}
