//! Where text from outside comes in: all of it is made fit to be shown here.

use heroku_data_link::model::{Secret, TextFilter};
use serde_json::{Map, Value};

/// The longest text of an answer that is kept, in characters: more than the longest ARN.
const LONGEST_FIELD: usize = 1000;

/// Knows the secrets of a client, and of what one call sends.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// For messages.
    all: TextFilter,
    /// For fields, some of which are ids: a code of six digits may be a part of one.
    fields: TextFilter,
    /// The code of the second factor, hidden in fields where it stands by itself.
    code: Option<Secret>,
}

impl Filter {
    pub(crate) fn new(token: &Secret, code: Option<&Secret>) -> Self {
        let fields = TextFilter::new().hiding(token.clone());
        let all = match code {
            Some(code) => fields.clone().hiding(code.clone()),
            None => fields.clone(),
        };
        Self { all, fields, code: code.cloned().filter(|code| !code.expose().is_empty()) }
    }

    /// Hides these, too.
    pub(crate) fn hiding(&self, secrets: &[Secret]) -> Self {
        let with =
            |filter: &TextFilter| secrets.iter().cloned().fold(filter.clone(), TextFilter::hiding);
        Self { all: with(&self.all), fields: with(&self.fields), code: self.code.clone() }
    }

    /// A text that is only shown, on one line and of bounded length.
    pub(crate) fn message(&self, text: &str) -> String {
        self.all.show(text)
    }

    /// The text, if it needs no filtering; an id that does is of no use.
    pub(crate) fn plain<'a>(&self, text: &'a str) -> Option<&'a str> {
        (!text.is_empty() && self.all.show(text) == text).then_some(text)
    }

    /// All texts of an answer, the names of its fields included.
    pub(crate) fn clean(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.field(&text)),
            Value::Array(values) => values.into_iter().map(|it| self.clean(it)).collect(),
            Value::Object(fields) => {
                let clean = |(name, value): (String, Value)| (self.field(&name), self.clean(value));
                Value::Object(fields.into_iter().map(clean).collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    fn field(&self, text: &str) -> String {
        let filter = if self.has_code(text) { &self.all } else { &self.fields };
        filter.show_up_to(text, LONGEST_FIELD)
    }

    fn has_code(&self, text: &str) -> bool {
        let Some(code) = self.code.as_ref().map(Secret::expose) else { return false };
        let is_end = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        text.match_indices(code).any(|(at, _)| {
            is_end(text[..at].chars().next_back()) && is_end(text[at + code.len()..].chars().next())
        })
    }
}

/// The passwords of a URL, as they are written and as they are meant.
pub(crate) fn passwords(text: &str) -> Vec<Secret> {
    let user_info = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    let written = user_info.and_then(|(user_info, _)| user_info.split_once(':'));
    let Some((_, written)) = written else { return Vec::new() };
    let query = format!("p={}", written.replace('+', "%2B").replace('&', "%26"));
    let meant = url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned());
    [written.to_owned()].into_iter().chain(meant).map(Secret::new).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_of_an_answer_is_cleaned_and_ids_stay_whole() {
        let token = Secret::new("HRKU-1");
        let filter = Filter::new(&token, Some(&Secret::new("123456")));
        let found = filter.clean(json!({
            "HRKU-1": ["HRKU-1", { "\u{1b}": "redis://h:pw@host" }],
            "account": "123456789012",
            "code": "is 123456.",
            "long": "x".repeat(3000),
            "number": 7,
        }));
        assert_eq!(
            found,
            json!({
                "***": ["***", { "\\u{1b}": "redis://***@host" }],
                "account": "123456789012",
                "code": "is ***.",
                "long": format!("{}…", "x".repeat(1000)),
                "number": 7,
            })
        );
        assert_eq!(filter.message("123456789012 HRKU-1"), "***789012 ***");
        assert_eq!(filter.plain("3f-4"), Some("3f-4"));
        assert_eq!((filter.plain("a HRKU-1"), filter.plain("")), (None, None));
    }

    #[test]
    fn the_password_of_a_url_is_hidden_as_written_and_as_meant() {
        let found = |text: &str| {
            let passwords = passwords(text);
            passwords.iter().map(|it| it.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("redis://h:p%40w+x&y@host:1"), ["p%40w+x&y", "p@w+x&y"]);
        assert_eq!(found("redis://:a@b@host"), ["a@b", "a@b"]);
        for none in ["redis-haiku-1", "redis://host:1", "redis://h@host", ""] {
            assert_eq!(found(none), [""; 0]);
        }
        let filter = Filter::new(&Secret::new("t"), None).hiding(&passwords("x://h:p%41w@host"));
        assert_eq!(filter.message("no pAw, no p%41w"), "no ***, no ***");
    }
}
