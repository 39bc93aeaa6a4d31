//! A tolerant reader of netrc.
//!
//! ```text
//! # a comment
//! machine api.heroku.com
//!   login me@example.com
//!   password "a value with \"quotes\" and spaces"
//! macdef init
//!   a body that ends with an empty line
//!
//! default login anonymous
//! ```
//!
//! What it does not know it skips: other programs keep their own things in the file. A `#` begins
//! a comment where a keyword could be, and is an ordinary character in a value.

use heroku_data_link::model::Secret;

/// What the file says of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// `None` for `default`.
    pub(super) machine: Option<String>,
    pub(super) login: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) account: Option<String>,
}

/// The password of a machine, or why there is none.
///
/// A `default` entry does not count: it is for anonymous servers, and none of them is Heroku.
pub(super) fn password(text: &str, machine: &str) -> Result<Secret, String> {
    let named = |entry: &Entry| {
        entry.machine.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(machine))
    };
    let mut entries = parse(text).into_iter().filter(named).peekable();
    if entries.peek().is_none() {
        return Err(format!("it has no machine {machine}"));
    }
    entries
        .find_map(|entry| entry.password)
        .ok_or_else(|| format!("its machine {machine} has no password"))
}

/// All entries, in order. There is no text that it fails on.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    let mut reader = Reader { rest: text };
    let mut entries = Vec::new();
    // What precedes the first machine belongs to none.
    let mut nowhere = Entry::default();
    while let Some(keyword) = reader.keyword() {
        let entry = entries.last_mut().unwrap_or(&mut nowhere);
        match keyword {
            "machine" => {
                if let Some(name) = reader.value() {
                    entries.push(Entry { machine: Some(name), ..Entry::default() });
                }
            }
            "default" => entries.push(Entry::default()),
            "login" => entry.login = reader.value(),
            "password" => entry.password = reader.value().map(Secret::new),
            "account" => entry.account = reader.value(),
            "macdef" => reader.skip_macro(),
            _ => {}
        }
    }
    entries
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The next word that is not in a comment.
    fn keyword(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                break;
            }
            self.skip_line();
        }
        self.word()
    }

    /// The next word or quoted text.
    fn value(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix('"') {
            Some(quoted) => Some(self.quoted(quoted)),
            None => self.word().map(str::to_owned),
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Up to the closing quote, or to the end of the line if there is none.
    fn quoted(&mut self, text: &'a str) -> String {
        let mut value = String::new();
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &text[at + 1..];
                    return value;
                }
                '\n' => {
                    self.rest = &text[at..];
                    return value;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                _ => value.push(c),
            }
        }
        self.rest = "";
        value
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }

    /// The rest of the line with its name, and the lines up to an empty one.
    fn skip_macro(&mut self) {
        self.skip_line();
        while !self.rest.is_empty() {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            if line.trim().is_empty() {
                break;
            }
        }
    }
}
