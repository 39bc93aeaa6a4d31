//! JSON as YAML, for manifests.

use serde_json::Value;

/// A document. Texts are quoted as JSON does it, which YAML reads.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    node(value, 0, &mut text);
    text
}

fn node(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            for (at, (key, value)) in object.iter().enumerate() {
                if at > 0 {
                    indent(depth, text);
                }
                let is_plain = key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
                    && key.starts_with(|it: char| it.is_ascii_alphabetic());
                if is_plain {
                    text.push_str(key);
                } else {
                    text.push_str(&Value::from(key.as_str()).to_string());
                }
                text.push(':');
                below(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(depth, text);
                }
                text.push_str("- ");
                node(item, depth + 1, text);
            }
        }
        scalar => {
            text.push_str(&scalar.to_string());
            text.push('\n');
        }
    }
}

/// What follows a key.
fn below(value: &Value, depth: usize, text: &mut String) {
    let has_more = match value {
        Value::Object(object) => !object.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if has_more {
        text.push('\n');
        indent(depth, text);
    } else {
        text.push(' ');
    }
    node(value, depth, text);
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_is_written_as_yaml() {
        let document = super::document(&json!({
            "a": { "b-c": [1, { "d": "x: y", "e": [] }], "$ref": null },
            "f": {},
        }));
        let expected =
            "a:\n  \"$ref\": null\n  b-c:\n    - 1\n    - d: \"x: y\"\n      e: []\nf: {}\n";
        assert_eq!(document, expected);
    }
}
