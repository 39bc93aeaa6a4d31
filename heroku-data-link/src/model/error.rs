//! The one error of every parser in the model.

use std::borrow::Cow;

use super::text_filter::may_hold_password;

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
    input: Input,
    rule: Cow<'static, str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Input {
    Shown(String),
    /// It may hold a password, where none belongs.
    Withheld,
    /// What it was read as holds secrets.
    Secret,
}

impl InvalidValue {
    /// `input` is not a `what` (`"VPC id"`, without article), because of `rule` (`"it must …"`).
    ///
    /// An input that may hold a password is left out, and the message says so: a connection URL
    /// given in the wrong place, whole or in part, is not printed.
    pub fn new(
        what: &'static str,
        input: impl Into<String>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (input, rule) = (input.into(), rule.into());
        if !may_hold_password(&input) {
            return Self { what, input: Input::Shown(input), rule };
        }
        let rule = match rule {
            Cow::Owned(rule) if quotes(&rule, &input) => {
                Cow::Owned(format!("it must be {} and nothing else", with_article(what)))
            }
            rule => rule,
        };
        Self { what, input: Input::Withheld, rule }
    }

    /// The same for an input that is, or may hold, a secret: the message does not repeat it.
    pub fn secret(what: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { what, input: Input::Secret, rule: rule.into() }
    }

    /// What the text was read as, such as `VPC id`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The refused text in full; `None` when it may hold a secret.
    pub fn input(&self) -> Option<&str> {
        match &self.input {
            Input::Shown(input) => Some(input),
            Input::Withheld | Input::Secret => None,
        }
    }

    /// The rule that was broken, and the remedy where one can tell.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    fn message(&self) -> String {
        let what = with_article(self.what);
        match &self.input {
            Input::Shown(input) => format!("{:?} is not {what}: {}", shortened(input), self.rule),
            Input::Withheld => {
                format!("not {what} (left out, as it may hold a password): {}", self.rule)
            }
            Input::Secret => format!("not {what}: {}", self.rule),
        }
    }
}

/// Whether a rule that was made for an input has words of it.
fn quotes(rule: &str, input: &str) -> bool {
    /// The rules' own articles and prepositions are no longer.
    const SHORTEST: usize = 3;
    let words = input.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.len() >= SHORTEST).any(|word| rule.contains(word))
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
        for text in ["redis://h:hunter2@host", "h:hunter2@host", "hunter2@host", "h:hun ter2@host"]
        {
            let error = InvalidValue::new("app name", text, "no");
            let message = "not an app name (left out, as it may hold a password): no";
            assert_eq!(error.to_string(), message);
            assert_eq!(error.input(), None);
            assert!(!format!("{error:?}").contains("ter2"), "{error:?}");
        }
    }

    #[test]
    fn a_rule_does_not_quote_what_is_left_out() {
        let of = |rule: &str| InvalidValue::new("VPC id", "h:hunter2@host", rule.to_owned());
        let start = "it must start with \"vpc-\"";
        assert_eq!(of(start).rule(), start);
        assert_eq!(of("\"hunter2\" is no id").rule(), "it must be a VPC id and nothing else");
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
