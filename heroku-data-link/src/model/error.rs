//! The one error of every parser in the model.

use std::borrow::Cow;

/// The longest input that a message repeats, in characters: enough for any id, ARN or name.
const SHOWN: usize = 80;

/// Text that is not a value of the type it was read as.
///
/// Its message names the value, the type, the rule broken and, where one can tell, the remedy.
/// It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct InvalidValue {
    what: &'static str,
    input: Option<String>,
    rule: Cow<'static, str>,
}

impl InvalidValue {
    /// `input` is not a `what` (`"VPC id"`, without article), because of `rule` (`"it must …"`).
    ///
    /// An input that holds `://` is left out: a connection URL given in the wrong place must not
    /// be printed with its password.
    pub fn new(
        what: &'static str,
        input: impl Into<String>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        let input = Some(input.into()).filter(|text| !text.contains("://"));
        Self { what, input, rule: rule.into() }
    }

    /// The same for an input that is, or may hold, a secret: the message does not repeat it.
    pub fn secret(what: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { what, input: None, rule: rule.into() }
    }

    /// What the text was read as, such as `VPC id`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The refused text in full; `None` when it may hold a secret.
    pub fn input(&self) -> Option<&str> {
        self.input.as_deref()
    }

    /// The rule that was broken, and the remedy where one can tell.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    fn message(&self) -> String {
        let what = with_article(self.what);
        match &self.input {
            Some(input) => format!("{:?} is not {what}: {}", shortened(input), self.rule),
            None => format!("not {what}: {}", self.rule),
        }
    }
}

/// `a VPC id`, `an ARN`.
pub(super) fn with_article(noun: &str) -> String {
    let article =
        if noun.starts_with(['a', 'A', 'e', 'E', 'i', 'I', 'o', 'O']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_value_type_and_rule() {
        let error = InvalidValue::new("VPC id", "vpce-1", "it must start with \"vpc-\"");
        assert_eq!(error.to_string(), "\"vpce-1\" is not a VPC id: it must start with \"vpc-\"");
        assert_eq!((error.what(), error.input()), ("VPC id", Some("vpce-1")));
        assert_eq!(error.rule(), "it must start with \"vpc-\"");
        let error = InvalidValue::secret("connection URL", "it has no host");
        assert_eq!(error.to_string(), "not a connection URL: it has no host");
        assert_eq!(error.input(), None);
    }

    #[test]
    fn a_misplaced_url_is_not_repeated() {
        let error = InvalidValue::new("app name", "redis://h:hunter2@host", "no");
        assert_eq!(error.to_string(), "not an app name: no");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn long_input_is_shortened_and_odd_input_escaped() {
        let of = |text: &str| InvalidValue::new("zone id", text, "no").to_string();
        let longest = "é".repeat(80);
        assert_eq!(of(&longest), format!("{longest:?} is not a zone id: no"));
        assert_eq!(of(&format!("{longest}x")), format!("\"{longest}…\" is not a zone id: no"));
        assert_eq!(of("a\n\u{1b}"), "\"a\\n\\u{1b}\" is not a zone id: no");
    }
}
