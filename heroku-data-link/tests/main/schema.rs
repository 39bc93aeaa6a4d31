//! The schemas of the four specs: structural for Kubernetes, and true of what is read and written.

use std::collections::BTreeSet;
use std::fmt::Debug;

use heroku_data_link::encryption::EncryptionSpec;
use heroku_data_link::key_access::KeyAccessSpec;
use heroku_data_link::peering::PeeringSpec;
use heroku_data_link::privatelink::PrivateLinkSpec;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// All that Kubernetes takes in a schema and that is used here; neither `$ref`, nor `oneOf` and its
/// like, nor `additionalProperties` beside `properties`.
const KEYWORDS: [&str; 14] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
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
];

fn schema<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).into()
}

fn text<'a>(node: &'a Value, keyword: &str) -> &'a str {
    node[keyword].as_str().unwrap_or_else(|| panic!("no {keyword} in {node}"))
}

fn properties(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node["properties"].as_object().into_iter().flatten()
}

/// Each node below this one has one type, and keywords that go with it.
fn assert_structural(node: &Value, path: &str) {
    for keyword in node.as_object().unwrap_or_else(|| panic!("{path} is {node}")).keys() {
        assert!(KEYWORDS.contains(&keyword.as_str()), "{path} has {keyword}");
    }
    match text(node, "type") {
        "object" => {
            let names: Vec<_> =
                properties(node).map(|(name, _)| Value::from(name.clone())).collect();
            let required = node["required"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(required.iter().all(|name| names.contains(name)), "{path} {required:?}");
            let additional = node.get("additionalProperties");
            assert!(names.is_empty() || additional.is_none(), "{path} has {additional:?}");
            if let Some(additional) = additional {
                assert_structural(additional, &format!("{path}.*"));
            }
            for (name, property) in properties(node) {
                let path = format!("{path}.{name}");
                assert!(!text(property, "description").contains("]("), "{path}");
                assert_structural(property, &path);
            }
        }
        "array" => assert_structural(&node["items"], &format!("{path}[]")),
        "string" => {
            let words = node["enum"].as_array().into_iter().flatten();
            assert!(words.clone().all(Value::is_string), "{path}");
        }
        "integer" => assert!(node["minimum"].is_u64(), "{path}"),
        "boolean" => {}
        other => panic!("{path} is of type {other}"),
    }
    if let Some(default) = node.get("default") {
        assert_eq!(misfit(default, node, path), None, "default of {path}");
    }
}

/// Where and why a value does not fit its schema.
fn misfit(value: &Value, node: &Value, path: &str) -> Option<String> {
    let count = |keyword: &str, usual: u64| node[keyword].as_u64().unwrap_or(usual);
    let fits = match (text(node, "type"), value) {
        ("object", Value::Object(object)) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                let property = node["properties"].get(name).or(node.get("additionalProperties"));
                let Some(property) = property else { return Some(format!("{path} is unknown")) };
                if let Some(misfit) = misfit(value, property, &path) {
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
            let pattern = node["pattern"].as_str().map(|it| Regex::new(it).unwrap());
            pattern.is_none_or(|it| it.is_match(text))
                && node["enum"].as_array().is_none_or(|words| words.contains(value))
        }
        ("integer", Value::Number(number)) => number
            .as_u64()
            .is_some_and(|it| (count("minimum", 0)..=count("maximum", u64::MAX)).contains(&it)),
        ("boolean", Value::Bool(_)) => true,
        _ => false,
    };
    (!fits).then(|| format!("{path} is {value}"))
}

/// The paths of all properties that a schema has.
fn described(node: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, property) in properties(node) {
        let path = format!("{path}.{name}");
        described(property, &path, found);
        found.insert(path);
    }
    if let Some(items) = node.get("items") {
        described(items, path, found);
    }
}

/// The paths of all properties that a value has, without those that are no field but a key.
fn used(value: &Value, node: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, property) in properties(node).filter(|(name, _)| value.get(name).is_some()) {
        let path = format!("{path}.{name}");
        used(&value[name], property, &path, found);
        found.insert(path);
    }
    for item in value.as_array().into_iter().flatten() {
        used(item, &node["items"], path, found);
    }
}

/// All of it together for one kind of spec. Each sample is what is added to `needed`: as it was written
/// before choices were objects, and as it is written now. Together they have every property.
fn holds<T>(name: &str, needed: &Value, samples: &[(Value, Value)])
where
    T: JsonSchema + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let schema = schema::<T>();
    assert_eq!(text(&schema, "title"), name);
    let mut root = schema.clone();
    root.as_object_mut().unwrap().retain(|keyword, _| !["$schema", "title"].contains(&&**keyword));
    assert_structural(&root, name);

    let (mut all, mut shown) = (BTreeSet::new(), BTreeSet::new());
    described(&root, name, &mut all);
    for (old, new) in samples {
        let with = |added: &Value| {
            let mut whole = needed.clone();
            whole.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
            whole
        };
        let (old, new) = (with(old), with(new));
        let read: T = serde_json::from_value(new.clone()).unwrap();
        assert_eq!(serde_json::from_value::<T>(old).unwrap(), read);
        assert_eq!(misfit(&new, &root, name), None);
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(misfit(&written, &root, name), None);
        assert_eq!(serde_json::from_value::<T>(written.clone()).unwrap(), read);
        used(&written, &root, name, &mut shown);
        assert_newer_is_named::<T>(&written, &root);
    }
    let missing: Vec<_> = all.difference(&shown).collect();
    assert!(missing.is_empty(), "no sample of this test writes {missing:?}: add one");
}

/// A field that is added to any object of a spec is refused by its name.
fn assert_newer_is_named<T: DeserializeOwned + Debug>(whole: &Value, root: &Value) {
    const NEWER: &str = "of-a-newer-version";
    for changed in with_field(whole, root, NEWER) {
        let errors = [
            serde_json::from_value::<T>(changed.clone()).unwrap_err(),
            serde_json::from_str::<T>(&changed.to_string()).unwrap_err(),
        ];
        for error in errors.map(|error| error.to_string()) {
            assert!(error.contains(NEWER), "{error} from {changed}");
        }
    }
}

/// The value once for each of its objects, with a field more in that.
fn with_field(value: &Value, node: &Value, field: &str) -> Vec<Value> {
    let mut all = Vec::new();
    if let Value::Object(object) = value {
        if node.get("additionalProperties").is_none() {
            let mut more = object.clone();
            more.insert(field.to_owned(), json!({}));
            all.push(more.into());
        }
        for (name, property) in properties(node).filter(|(name, _)| object.contains_key(*name)) {
            for changed in with_field(&object[name], property, field) {
                let mut whole = object.clone();
                whole.insert(name.clone(), changed);
                all.push(whole.into());
            }
        }
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        for changed in with_field(item, &node["items"], field) {
            let mut whole = value.clone();
            whole[at] = changed;
            all.push(whole);
        }
    }
    all
}

/// A sample whose spelling has always been the same.
fn unchanged(sample: Value) -> (Value, Value) {
    (sample.clone(), sample)
}

#[test]
fn a_private_link_has_a_structural_schema_that_is_true() {
    let needed = json!({ "link": "cache", "addon": "app::REDIS", "vpc": "vpc-0a" });
    holds::<PrivateLinkSpec>(
        "PrivateLinkSpec",
        &needed,
        &[
            unchanged(json!({})),
            (
                json!({
                    "app": "shop",
                    "subnets": "every-zone",
                    "principals": "caller",
                    "security-groups": { "owned": { "clients": "vpc" } },
                    "endpoint": "owned",
                    "heroku-teardown": "delete",
                }),
                json!({
                    "app": "shop",
                    "subnets": { "every-zone": {} },
                    "principals": { "caller": {} },
                    "security-groups": { "owned": { "clients": { "vpc": {} } } },
                    "endpoint": { "owned": {} },
                    "heroku-teardown": "delete",
                }),
            ),
            (json!({ "endpoint": "adopt" }), json!({ "endpoint": { "adopt": {} } })),
            unchanged(json!({
                "subnets": { "among": ["subnet-0a", "subnet-0b"] },
                "principals": { "these": ["123456789012", "arn:aws:iam::123456789012:role/x"] },
                "security-groups": { "existing": ["sg-0a"] },
                "endpoint": { "existing": "vpce-0a" },
                "deadlines": { "addon": 1 },
                "quotas": { "rules-per-group": 100 },
                "tags": { "team": "data", "cost center": "" },
            })),
            (
                json!({ "deliver": [{ "to": "file", "name": "cache.env", "names": "well-known" }] }),
                json!({ "deliver": [{
                    "to": "file", "name": "cache.env", "names": { "well-known": {} },
                    "format": "usual", "on-teardown": "keep"
                }] }),
            ),
            unchanged(json!({ "deliver": [{
                "to": "secrets-manager",
                "name": "prod/cache",
                "names": { "prefix": "CACHE" },
                "attachment": "REDIS_BLUE",
                "value": "CACHE_URL",
                "format": "json",
                "kms-key": "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
                "on-teardown": "delete",
            }] })),
            unchanged(json!({
                "security-groups": { "owned": { "clients": { "these": [
                    "10.0.0.0/16", "sg-0a", "123456789012/sg-0a", "pl-0a"
                ] }, "name": "shop cache", "description": "Clients of the cache" } },
            })),
        ],
    );
}

#[test]
fn a_peering_has_a_structural_schema_that_is_true() {
    let needed = json!({ "link": "net", "space": "space", "vpc": "vpc-0a" });
    holds::<PeeringSpec>(
        "PeeringSpec",
        &needed,
        &[
            unchanged(json!({})),
            (
                json!({ "route-tables": "main", "peering": "owned", "route-width": "whole-vpc" }),
                json!({
                    "route-tables": { "main": {} },
                    "peering": { "owned": {} },
                    "route-width": "whole-vpc",
                }),
            ),
            (
                json!({ "route-tables": "all", "peering": "adopt" }),
                json!({ "route-tables": { "all": {} }, "peering": { "adopt": {} } }),
            ),
            unchanged(json!({
                "route-tables": { "ids": ["rtb-0a"] },
                "inbound": { "security-group": "sg-0a", "ports": ["5432", "6379-6380"] },
                "peering": { "existing": "pcx-0a" },
                "replaces": ["pcx-0b"],
                "tags": { "team": "data" },
            })),
            unchanged(json!({ "route-tables": { "tagged": { "key": "tier", "value": "app" } } })),
            unchanged(json!({ "route-tables": { "of-subnets": ["subnet-0a"] } })),
        ],
    );
}

#[test]
fn an_encryption_has_a_structural_schema_that_is_true() {
    let needed = json!({
        "link": "vault", "app": "shop", "plan": "heroku-redis:private-7", "addon": "shop-redis",
    });
    let key = "arn:aws:kms:us-east-1:123456789101:key/1234abcd";
    holds::<EncryptionSpec>(
        "EncryptionSpec",
        &needed,
        &[
            unchanged(json!({})),
            unchanged(json!({ "key": { "owned": { "alias": "alias/vault" } } })),
            unchanged(json!({
                "key": { "existing": { "key": key } },
                "attachment": "VAULT",
                "rotation": 90,
                "tags": { "team": "data" },
                "migration": {
                    "source": "REDIS",
                    "copy": "follower",
                    "promote-as": "REDIS",
                    "keep-as": "REDIS_OLD",
                },
            })),
        ],
    );
}

#[test]
fn a_key_access_has_a_structural_schema_that_is_true() {
    let key = "arn:aws:kms:us-east-1:123456789101:key/1234abcd";
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let needed = json!({ "link": "vault", "key": key });
    let confirmed = |ending: Value, whys: [Value; 4]| {
        let unknown = whys.map(|why| {
            json!({
                "addon": "a", "id": id, "app": "shop", "plan": "heroku-redis:private-7", "why": why,
            })
        });
        let confirmation = json!({
            "key": key, "ending": ending.clone(), "addons": [id], "unknown": unknown,
        });
        json!({ "ending": ending, "confirmation": confirmation })
    };
    let unreadable = || json!({ "unreadable-key": "x" });
    holds::<KeyAccessSpec>(
        "KeyAccessSpec",
        &needed,
        &[
            unchanged(json!({})),
            (
                confirmed(
                    json!("disable"),
                    [json!("unreadable"), json!("no-answer"), json!("unknown-plan"), unreadable()],
                ),
                confirmed(
                    json!({ "disable": {} }),
                    [
                        json!({ "unreadable": {} }),
                        json!({ "no-answer": {} }),
                        json!({ "unknown-plan": {} }),
                        unreadable(),
                    ],
                ),
            ),
            unchanged(confirmed(json!({ "schedule-deletion": 7 }), [(); 4].map(|()| unreadable()))),
        ],
    );
}

#[test]
fn what_does_not_fit_a_schema_is_seen() {
    let root = schema::<PrivateLinkSpec>();
    let whole = json!({ "link": "cache", "addon": "a", "vpc": "vpc-0a" });
    assert_eq!(misfit(&whole, &root, ""), None);
    for (name, value, expected) in [
        ("link", json!("-a"), r#".link is "-a""#),
        ("app", json!(null), ".app is null"),
        ("endpoint", json!("owned"), r#".endpoint is "owned""#),
        ("endpoint", json!({}), ".endpoint is {}"),
        (
            "endpoint",
            json!({ "owned": {}, "adopt": {} }),
            r#".endpoint is {"adopt":{},"owned":{}}"#,
        ),
        ("subnets", json!({ "among": [] }), ".subnets.among is []"),
        ("heroku-teardown", json!("x"), r#".heroku-teardown is "x""#),
        ("tags", json!({ "team": 1 }), ".tags.team is 1"),
        ("deadlines", json!({ "addon": -1 }), ".deadlines.addon is -1"),
        ("principal", json!("x"), ".principal is unknown"),
    ] {
        let mut whole = whole.clone();
        whole[name] = value;
        assert_eq!(misfit(&whole, &root, "").as_deref(), Some(expected));
    }
}
