//! JSON schemas as Kubernetes takes them, which calls them [structural].
//!
//! [structural]: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

pub(crate) use schemars::JsonSchema;
use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value};

/// Makes a derived schema structural, for `#[schemars(inline, transform = structural)]`.
///
/// Each node has one type and says nothing of `null`, so an optional property is left out instead.
/// What Kubernetes forbids goes: sets are lists, and objects do not say that they have no other
/// properties, which Kubernetes sees to itself.
pub(crate) fn structural(schema: &mut Schema) {
    transform_subschemas(&mut structural, schema);
    let Some(node) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = node.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            node.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = node.get_mut("enum") {
        words.retain(|it| !it.is_null());
    }
    let variants = node.get("oneOf").and_then(Value::as_array);
    if let Some(merged) = variants.and_then(|it| words(it).or_else(|| choice(it))) {
        node.remove("oneOf");
        node.extend(merged);
    }
    node.remove("uniqueItems");
    if node.get("additionalProperties") == Some(&Value::Bool(false)) {
        node.remove("additionalProperties");
    }
    if node.get("type").is_some_and(|it| it == "integer") {
        // The name of a type of Rust.
        node.remove("format");
    }
    if let Some(Value::String(text)) = node.get_mut("description") {
        *text = without_links(text);
    }
}

/// An enum whose variants are nothing but words. Kubernetes has no place for what each means.
fn words(variants: &[Value]) -> Option<Map<String, Value>> {
    let words: Option<Vec<_>> = variants.iter().map(|it| it.get("const").cloned()).collect();
    let words = words?.into();
    Some(Map::from_iter([("type".to_owned(), "string".into()), ("enum".to_owned(), words)]))
}

/// A choice: one object whose properties are those of the variants, of which just one is given.
fn choice(variants: &[Value]) -> Option<Map<String, Value>> {
    let mut properties = Map::new();
    for variant in variants {
        for (name, content) in variant.get("properties")?.as_object()? {
            let mut content = content.as_object()?.clone();
            content.extend(
                variant.get("description").map(|it| ("description".to_owned(), it.clone())),
            );
            properties.insert(name.clone(), content.into());
        }
    }
    Some(Map::from_iter([
        ("type".to_owned(), "object".into()),
        ("properties".to_owned(), properties.into()),
        ("minProperties".to_owned(), 1.into()),
        ("maxProperties".to_owned(), 1.into()),
    ]))
}

/// A text of rustdoc without its links, which lead nowhere else: `[label](target)` as `label`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((label, after)) = link.split_once(']') else { break };
        plain.push_str(before);
        plain.push_str(label);
        let target = after.strip_prefix('(').and_then(|it| it.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    plain + rest
}
