//! What the documentation of apiextensions v1 asks of a definition, and what a definition asks of an
//! object. A mocked API server takes definitions that a real one refuses; this one does not.

use std::collections::BTreeMap;
use std::sync::Mutex;

use heroku_data_link_operator::{manifests, manifests_as_yaml};
use regex::Regex;
use serde_json::{Value, json};

/// What a structural schema may say of a node, of what is used here.
const KEYWORDS: [&str; 18] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxProperties",
    "maximum",
    "minItems",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-validations",
];
const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";

fn properties(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node["properties"].as_object().into_iter().flatten()
}

fn matches(pattern: &str, text: &str) -> bool {
    static KNOWN: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let regex = known.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap());
    regex.is_match(text)
}

/// Where and why a value does not fit its schema.
pub(crate) fn misfit(value: &Value, node: &Value, path: &str) -> Option<String> {
    let count = |keyword: &str, usual: u64| node[keyword].as_u64().unwrap_or(usual);
    let fits = match (node["type"].as_str().unwrap_or_default(), value) {
        ("object", Value::Object(object)) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                let property = node["properties"].get(name).or(node.get("additionalProperties"));
                if let Some(misfit) = property.and_then(|it| misfit(value, it, &path)) {
                    return Some(misfit);
                }
            }
            let has = |name: &Value| object.contains_key(name.as_str().unwrap());
            let size = object.len() as u64;
            (count("minProperties", 0)..=count("maxProperties", u64::MAX)).contains(&size)
                && node["required"].as_array().into_iter().flatten().all(has)
        }
        ("array", Value::Array(items)) => {
            let item = |value| misfit(value, &node["items"], &format!("{path}[]"));
            if let Some(misfit) = items.iter().find_map(item) {
                return Some(misfit);
            }
            count("minItems", 0) <= items.len() as u64
        }
        ("string", Value::String(text)) => {
            node["pattern"].as_str().is_none_or(|it| matches(it, text))
                && node["enum"].as_array().is_none_or(|words| words.contains(value))
        }
        ("integer", Value::Number(number)) => number
            .as_i64()
            .is_some_and(|it| u64::try_from(it).is_ok_and(|it| it <= count("maximum", u64::MAX))),
        ("boolean", Value::Bool(_)) => true,
        _ => false,
    };
    (!fits).then(|| format!("{path} is {value}"))
}

/// Fields that a definition does not know are dropped, and what is left out gets its default.
pub(crate) fn prune(value: &mut Value, node: &Value) {
    if node[PRESERVE] == true || node.get("properties").is_none() && node.get("items").is_none() {
        return;
    }
    match value {
        Value::Object(object) => {
            object.retain(|name, _| {
                node["properties"].get(name).is_some()
                    || ["metadata", "apiVersion", "kind"].contains(&name.as_str())
            });
            for (name, property) in properties(node) {
                if let (false, Some(default)) = (object.contains_key(name), property.get("default"))
                {
                    object.insert(name.clone(), default.clone());
                }
                if let Some(value) = object.get_mut(name) {
                    prune(value, property);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prune(item, &node["items"])),
        _ => {}
    }
}

/// The rules of a structural schema, below the root.
fn assert_structural(node: &Value, path: &str) {
    let object = node.as_object().unwrap_or_else(|| panic!("{path} is {node}"));
    let r#type = object["type"].as_str().unwrap_or_else(|| panic!("{path} has no one type"));
    for keyword in object.keys().map(String::as_str).filter(|it| *it != PRESERVE) {
        assert!(KEYWORDS.contains(&keyword), "{path} has {keyword}");
    }
    let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
    assert!(!description.contains("]("), "kubectl explain shows the link in {path}");
    match r#type {
        "object" => {
            let names: Vec<_> = properties(node).map(|(name, _)| name.as_str()).collect();
            let required = node["required"].as_array().into_iter().flatten();
            for name in required {
                assert!(names.contains(&name.as_str().unwrap()), "{path} needs {name}");
            }
            // The two exclude each other.
            assert!(names.is_empty() || node.get("additionalProperties").is_none(), "{path}");
            assert!(names.is_empty() || node.get(PRESERVE).is_none(), "{path}");
            if let Some(all) = node.get("additionalProperties") {
                assert_structural(all, &format!("{path}.*"));
            }
            for (name, property) in properties(node) {
                assert!(property["description"].is_string(), "{path}.{name} explains nothing");
                assert_structural(property, &format!("{path}.{name}"));
            }
        }
        "array" => {
            assert_structural(&node["items"], &format!("{path}[]"));
            if node["x-kubernetes-list-type"] == "map" {
                for key in node["x-kubernetes-list-map-keys"].as_array().unwrap() {
                    let item = &node["items"];
                    assert!(item["required"].as_array().unwrap().contains(key), "{path} by {key}");
                    assert!(
                        ["string", "integer", "boolean"]
                            .map(Value::from)
                            .contains(&item["properties"][key.as_str().unwrap()]["type"]),
                        "{path} by {key}"
                    );
                }
            }
        }
        "string" => {
            for word in node["enum"].as_array().into_iter().flatten() {
                assert!(word.is_string(), "{path}");
            }
            if let Some(pattern) = node["pattern"].as_str() {
                Regex::new(pattern).unwrap();
                assert!(!pattern.contains("(?"), "{path}: RE2 of Go takes no such group");
            }
        }
        "integer" => {
            let format = node.get("format");
            assert!(format.is_none_or(|it| it == "int32" || it == "int64"), "{path} {format:?}");
        }
        "boolean" => {}
        other => panic!("{path} is of type {other}"),
    }
    if let Some(default) = node.get("default") {
        assert_eq!(misfit(default, node, path), None, "the default of {path}");
        assert!(!default.is_null(), "{path}");
    }
    for rule in node["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let (rule, message) = (rule["rule"].as_str().unwrap(), rule["message"].as_str().unwrap());
        assert!(!message.is_empty() && !message.contains('\n'), "{path}: {rule}");
        // A field with a dash is written `__dash__` in CEL.
        for field in rule.split(|it: char| !it.is_ascii_alphanumeric() && it != '.' && it != '_') {
            for root in ["self.", "oldSelf."] {
                let Some(fields) = field.strip_prefix(root) else { continue };
                let mut at = node;
                for field in fields.split('.') {
                    at = &at["properties"][field.replace("__dash__", "-")];
                    assert!(at.is_object(), "{path}: {rule} is about no field");
                }
            }
        }
    }
}

#[test]
fn a_real_api_server_takes_the_definitions() {
    let all = manifests().unwrap();
    assert_eq!(all.len(), 4);
    for definition in all {
        let (spec, name) = (&definition["spec"], &definition["metadata"]["name"]);
        let plural = spec["names"]["plural"].as_str().unwrap();
        assert_eq!(*name, format!("{plural}.{}", spec["group"].as_str().unwrap()));
        assert_eq!(definition["apiVersion"], "apiextensions.k8s.io/v1");
        let [version] = spec["versions"].as_array().unwrap().as_slice() else { panic!("{name}") };
        assert_eq!((&version["served"], &version["storage"]), (&json!(true), &json!(true)));
        assert!(version["subresources"]["status"].is_object());
        let root = &version["schema"]["openAPIV3Schema"];
        assert_eq!(root["type"], "object");
        assert!(root["description"].is_string());
        // The root says nothing of the metadata, and only what every object has is there beside it.
        for (part, node) in properties(root) {
            assert!(["spec", "status"].contains(&part.as_str()), "{part} of {name}");
            assert_structural(node, part);
        }
        let columns: Vec<_> = version["additionalPrinterColumns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        assert_eq!(columns, ["Ready", "Reason", "Link", "Age"]);
        let compiled = kube_cel::compile_schema(root);
        assert!(!compiled.has_errors(), "{:?}", compiled.compilation_errors());
        let fields = &root["properties"]["spec"]["properties"];
        let is_fixed =
            |node: &Value| node["x-kubernetes-validations"][0]["rule"] == "self == oldSelf";
        let fixed = fields.as_object().unwrap().iter().filter(|(_, node)| is_fixed(node));
        let fixed: Vec<_> = fixed.map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = match plural {
            "privatelinks" => &["addon", "link", "vpc"],
            "peerings" => &["link", "space", "vpc"],
            "encryptedaddons" => &["addon", "link"],
            _ => &["key", "link"],
        };
        assert_eq!(fixed, expected);
        // What never changes is needed, or it could be left out and written anew.
        for field in fixed {
            let required = root["properties"]["spec"]["required"].as_array().unwrap();
            assert!(required.contains(&field.into()), "{field} of {name}");
        }
    }
}

#[test]
fn what_a_real_api_server_refuses_is_seen() {
    let refused = [
        json!({ "type": ["string", "null"] }),
        json!({ "type": "string", "default": null }),
        json!({ "type": "string", "default": 1 }),
        json!({ "type": "string", "enum": ["a", null] }),
        json!({ "type": "string", "nullable": true, "oneOf": [] }),
        json!({ "type": "object", "properties": {}, "required": ["a"] }),
        json!({ "type": "array" }),
        json!({ "description": "no type" }),
        json!({ "type": "integer", "format": "uint64" }),
    ];
    for node in refused {
        let result = std::panic::catch_unwind(|| assert_structural(&node, "x"));
        assert!(result.is_err(), "{node}");
    }
}

#[test]
fn the_files_are_what_the_program_prints() {
    let printed = manifests_as_yaml().unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crds.yaml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(file == printed, "run the program with --crd and write what it prints to {path}");
}
