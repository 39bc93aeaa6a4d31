//! The definitions of the objects, as a real API server takes them.

use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use crate::object::{EncryptedAddon, KeyAccess, Linked, Peering, PrivateLink};
use crate::yaml;

/// The definitions of all kinds of objects.
///
/// # Errors
/// When a definition cannot be written as JSON.
pub fn manifests() -> Result<Vec<Value>, serde_json::Error> {
    Ok(vec![
        manifest::<PrivateLink>()?,
        manifest::<Peering>()?,
        manifest::<EncryptedAddon>()?,
        manifest::<KeyAccess>()?,
    ])
}

/// The same as one file.
///
/// # Errors
/// When a definition cannot be written as JSON.
pub fn manifests_as_yaml() -> Result<String, serde_json::Error> {
    let documents = manifests()?;
    let documents = documents.iter().map(|it| format!("---\n{}", yaml::document(it)));
    Ok(documents.collect())
}

fn manifest<K: Linked>() -> Result<Value, serde_json::Error> {
    let mut manifest = serde_json::to_value(<K as CustomResourceExt>::crd())?;
    let schema = &mut manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    tidy(schema);
    let spec = &mut schema["properties"]["spec"];
    for field in K::IDENTITY {
        spec["properties"][*field]["x-kubernetes-validations"] = json!([{
            "rule": "self == oldSelf",
            "message": format!("{field} says which link it is and does not change: make a new object"),
        }]);
    }
    let mut rules = vec![json!({
        "rule": "has(self.credentials) == has(oldSelf.credentials) && \
                 (!has(self.credentials) || self.credentials.secret == oldSelf.credentials.secret)",
        "message": "credentials say which account it is in and do not change: make a new object",
    })];
    let properties = &mut spec["properties"];
    if let Some(secret) = properties.get_mut("connection-secret") {
        secret["properties"]["name"]["x-kubernetes-validations"] = json!([{
            "rule": "self == oldSelf",
            "message": "the Secret keeps its name for as long as the object lives",
        }]);
        rules.push(json!({
            "rule": "!has(oldSelf.connection__dash__secret) || has(self.connection__dash__secret)",
            "message": "a Secret is not taken away from those who read it: delete the object",
        }));
    }
    spec["x-kubernetes-validations"] = rules.into();
    let conditions = &mut schema["properties"]["status"]["properties"]["conditions"];
    conditions["x-kubernetes-list-type"] = json!("map");
    conditions["x-kubernetes-list-map-keys"] = json!(["type"]);
    Ok(manifest)
}

/// What `kube` adds beside the library's schemas is made as plain as those: no names of Rust types, and
/// what is optional is left out rather than null.
fn tidy(node: &mut Value) {
    let Value::Object(object) = node else { return };
    object.remove("title");
    object.remove("nullable");
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let is_integer = object.get("type").is_some_and(|it| it == "integer");
    if is_integer && object.get("format").is_some_and(|it| it != "int32" && it != "int64") {
        object.remove("format");
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        each(properties);
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(keyword) {
            tidy(below);
        }
    }
}

fn each(properties: &mut Map<String, Value>) {
    properties.values_mut().for_each(tidy);
}
