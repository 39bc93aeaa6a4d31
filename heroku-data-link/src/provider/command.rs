//! Command lines of the official clients.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{AddonName, AppName, AwsRegion, DataService};
use crate::shell::write_word;

/// A command line of an official client. `Display` quotes it for a POSIX shell, and serde reads and
/// writes it as that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<Word>,
}

/// A word of a command line. `Display` quotes it for a POSIX shell, and serde reads and writes it as
/// that text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Word {
    /// This text, whatever is in it.
    Text(String),
    /// A shell variable, without the `$`, for a value that is not known yet.
    Variable(Cow<'static, str>),
}

impl Command {
    /// From its words.
    pub fn new<W: Into<Word>>(words: impl IntoIterator<Item = W>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect() }
    }

    /// `aws SERVICE VERB --region REGION WORDS`.
    pub(crate) fn aws<const N: usize>(
        service: &str,
        verb: &str,
        region: &AwsRegion,
        words: [&str; N],
    ) -> Self {
        let mut command = Self::new(["aws", service, verb, "--region", region.as_str()]);
        command.extend(words);
        command
    }

    /// What shows how the service behind an add-on is.
    pub(crate) fn service_info(service: DataService, addon: &AddonName, app: &AppName) -> Self {
        let topic = match service {
            DataService::KeyValueStore => "redis:info",
            DataService::Kafka => "kafka:info",
            DataService::Postgres => "pg:info",
        };
        Self::new(["heroku", topic, addon.as_str(), "--app", app.as_str()])
    }

    /// With a flag and its value at the end.
    pub(crate) fn with(mut self, flag: &str, value: impl Into<Word>) -> Self {
        self.push(flag);
        self.push(value);
        self
    }

    /// With one more word.
    pub fn push(&mut self, word: impl Into<Word>) {
        self.words.push(word.into());
    }

    /// With more words.
    pub fn extend<W: Into<Word>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.words.extend(words.into_iter().map(Into::into));
    }

    /// Its words.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Reads what `Display` writes.
    fn read(text: &str) -> Self {
        let mut words = Vec::new();
        let mut word: Option<Word> = None;
        let mut quote = None;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (character, quote) {
                (_, Some(open)) if character == open => quote = None,
                (' ', None) => words.extend(word.take()),
                ('\'', None) => {
                    quote = Some(character);
                    word.get_or_insert_default();
                }
                // Texts are never in these.
                ('"', None) => {
                    quote = Some(character);
                    word = Some(Word::Variable(Cow::default()));
                }
                ('$', Some('"')) => {}
                ('\\', None) => characters.next().into_iter().for_each(|c| grow(&mut word, c)),
                (_, None | Some(_)) => grow(&mut word, character),
            }
        }
        words.extend(word);
        let checked = words.into_iter().map(|word| match word {
            Word::Variable(name) => Word::variable(name),
            Word::Text(_) => word,
        });
        Self { words: checked.collect() }
    }
}

fn grow(word: &mut Option<Word>, character: char) {
    match word.get_or_insert_default() {
        Word::Text(text) => text.push(character),
        Word::Variable(name) => name.to_mut().push(character),
    }
}

impl Word {
    /// A shell variable; where none can have that name, the text.
    pub(crate) fn variable(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let goes_on = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if starts && name.bytes().all(goes_on) {
            Self::Variable(name)
        } else {
            Self::Text(format!("${name}"))
        }
    }

    /// A value, or the shell variable that stands for it while it is not known.
    pub(crate) fn known_or<T: AsRef<str>>(value: Option<&T>, variable: &'static str) -> Self {
        value.map_or_else(|| Self::variable(variable), |value| value.as_ref().into())
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Word {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Variable(name) => return write!(f, "\"${name}\""),
            Self::Text(text) => text,
        };
        if text.is_empty() { f.write_str("''") } else { write_word(f, text) }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{word}")?;
        }
        Ok(())
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(&String::deserialize(deserializer)?))
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Command::deserialize(deserializer)?.words.pop().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_variable_is_not_read_as_one() {
        for text in [r#""$(id)""#, r#""${A}""#, r#""$1A""#, r#""$A`id`""#, r#""$""#, r#""A B""#] {
            let word = Command::read(text).words.remove(0);
            let Word::Text(_) = &word else { panic!("{word:?}") };
            assert!(!word.to_string().contains('"'), "{word}");
        }
    }

    #[test]
    fn commands_are_quoted_for_a_shell_and_read_again() {
        let mut command =
            Command::new(["aws", "--x", "a b", "it's", "$SERVICE_NAME", "$x", "", "\\", "\"$A\""]);
        command.push(Word::Variable("SERVICE_NAME".into()));
        let text = command.to_string();
        assert_eq!(
            text,
            r#"aws --x 'a b' 'it'\''s' '$SERVICE_NAME' '$x' '' '\' '"$A"' "$SERVICE_NAME""#
        );
        assert_eq!(Command::read(&text), command);
    }
}
