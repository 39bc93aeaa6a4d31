//! The JSON Schema of a fleet's document.

use serde_json::{Map, Value, json};

use super::document::Target;
use crate::encryption::EncryptionSpec;
use crate::key_access::KeyAccessSpec;
use crate::model::{LinkKind, OwnTags};
use crate::peering::PeeringSpec;
use crate::privatelink::PrivateLinkSpec;

/// The JSON Schema (draft 2020-12) of the document that [`Fleet`](super::Fleet) is read from, for
/// editors. It does not require what a link may get from the defaults, such as its VPC.
pub fn schema() -> Value {
    let kinds = [
        (LinkKind::PrivateLink, value_of::<PrivateLinkSpec>()),
        (LinkKind::Peering, value_of::<PeeringSpec>()),
        (LinkKind::Encryption, value_of::<EncryptionSpec>()),
        (LinkKind::KeyAccess, value_of::<KeyAccessSpec>()),
    ];
    let mut defaults = json!({
        "target": { "type": "string", "description": "The target of links that name none." },
        "tags": value_of::<OwnTags>(),
    });
    for (kind, schema) in &kinds {
        defaults[kind.as_str()] = as_defaults(schema.clone());
    }
    let links: Vec<_> = kinds.into_iter().map(|(kind, schema)| as_link(kind, schema)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A fleet of links",
        "type": "object",
        "required": ["targets", "links"],
        "additionalProperties": false,
        "properties": {
            "targets": { "type": "object", "additionalProperties": value_of::<Target>() },
            "defaults": {
                "type": "object",
                "additionalProperties": false,
                "properties": defaults,
            },
            "links": { "type": "array", "items": { "oneOf": links } },
        },
    })
}

fn value_of<T: schemars::JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        fields.remove("title");
    }
    schema
}

fn as_defaults(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("required");
    }
    if let Some(properties) = properties(&mut schema) {
        properties.remove("link");
    }
    schema
}

fn as_link(kind: LinkKind, mut schema: Value) -> Value {
    if let Some(properties) = properties(&mut schema) {
        properties.insert("kind".to_owned(), json!({ "const": kind.as_str() }));
        let target = json!({ "type": "string", "description": "The name of a target." });
        properties.insert("target".to_owned(), target);
    }
    schema["required"] = json!(["kind", "link"]);
    schema
}

fn properties(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}
