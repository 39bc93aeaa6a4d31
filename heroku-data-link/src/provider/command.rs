//! Command lines of the official clients.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::AwsRegion;

/// A command line of an official client. `Display` quotes it for a POSIX shell, and serde reads and
/// writes it as that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<String>,
}

impl Command {
    /// From its words. A word `$NAME` stays a shell variable, for values not known yet.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
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

    /// With one more word.
    pub fn push(&mut self, word: impl Into<String>) {
        self.words.push(word.into());
    }

    /// With more words.
    pub fn extend<W: Into<String>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.words.extend(words.into_iter().map(Into::into));
    }

    /// Its words, unquoted.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Reads what `Display` writes.
    fn read(text: &str) -> Self {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (character, quote) {
                (_, Some(open)) if character == open => quote = None,
                (' ', None) => words.extend(word.take()),
                ('\'' | '"', None) => {
                    quote = Some(character);
                    word.get_or_insert_default();
                }
                ('\\', None) => word.get_or_insert_default().extend(characters.next()),
                (_, None | Some(_)) => word.get_or_insert_default().push(character),
            }
        }
        words.extend(word);
        Self { words }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            let is_variable = word.strip_prefix('$').is_some_and(|name| {
                name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            });
            let is_plain = !word.is_empty()
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:,=@%+".contains(&b));
            if is_variable {
                write!(f, "\"{word}\"")?;
            } else if is_plain {
                f.write_str(word)?;
            } else {
                write!(f, "'{}'", word.replace('\'', r"'\''"))?;
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_for_a_shell_and_read_again() {
        let command = Command::new(["aws", "--x", "a b", "it's", "$SERVICE_NAME", "$x", "", "\\"]);
        let text = command.to_string();
        assert_eq!(text, r#"aws --x 'a b' 'it'\''s' "$SERVICE_NAME" '$x' '' '\'"#);
        assert_eq!(Command::read(&text), command);
    }
}
