//! Text from outside, made fit to be shown.

use std::borrow::Cow;
use std::fmt::Write;

use url::form_urlencoded;

use super::secret::{MASK, Secret};

/// Makes text that came from outside fit to be shown to people: what a cloud, a server or a file
/// says is neither trusted nor bounded, and may repeat what was sent to it.
///
/// - Known secrets, plain or percent-encoded, become `***`.
/// - So does the user info of URLs, and of words like `user:password@host`.
/// - Control characters, and those that change the direction of a line or are invisible, are
///   escaped: `\u{1b}`.
/// - White space, line breaks included, becomes single spaces, so that the text is one line.
/// - It is cut, with a `…`, after [`LONGEST`](Self::LONGEST) characters or another bound.
///
/// ```
/// use heroku_data_link::model::{Secret, TextFilter};
///
/// let filter = TextFilter::new().hiding(Secret::new("HRKU-1"));
/// assert_eq!(filter.show("HRKU-1 may not\nfork redis://h:pw@host"), "*** may not fork redis://***@host");
/// assert_eq!(filter.show("\u{1b}[31mred"), "\\u{1b}[31mred");
/// ```
#[derive(Debug, Clone, Default)]
pub struct TextFilter {
    secrets: Vec<Secret>,
}

impl TextFilter {
    /// The longest text that is shown whole, in characters.
    pub const LONGEST: usize = 300;

    /// A filter that knows no secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides this secret, too. An empty one hides nothing.
    #[must_use]
    pub fn hiding(mut self, secret: Secret) -> Self {
        let text = secret.expose();
        if text.is_empty() {
            return self;
        }
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        if encoded != text {
            self.secrets.push(Secret::new(encoded));
        }
        self.secrets.push(secret);
        // A secret that is a part of another one must not leave the rest of it.
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        self
    }

    /// The text as it may be shown, cut after [`LONGEST`](Self::LONGEST) characters.
    pub fn show(&self, text: &str) -> String {
        self.show_up_to(text, Self::LONGEST)
    }

    /// The text as it may be shown, cut after `longest` characters.
    pub fn show_up_to(&self, text: &str, longest: usize) -> String {
        let words = self.masked(text);
        let words = words.split_whitespace().enumerate().flat_map(|(index, word)| {
            let gap = if index > 0 { " " } else { "" };
            [Cow::Borrowed(gap), without_user_info(word)]
        });
        visible(words, longest)
    }

    /// A text that is compared as well as shown, such as a name or a tag: as it is, but for known
    /// secrets, characters that cannot be seen, line breaks among them, and what comes after
    /// [`LONGEST`](Self::LONGEST) characters.
    pub fn name(&self, text: &str) -> String {
        visible([self.masked(text)], Self::LONGEST)
    }

    fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.secrets.iter().fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(secret.expose()) {
                Cow::Owned(text.replace(secret.expose(), MASK))
            } else {
                text
            }
        })
    }
}

/// The parts one after the other, escaped and cut.
fn visible<'a>(parts: impl IntoIterator<Item = Cow<'a, str>>, longest: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for part in parts {
        for c in part.chars() {
            count += 1;
            if count > longest {
                shown.push('…');
                return shown;
            }
            if is_visible(c) {
                shown.push(c);
            } else {
                // Writing to a string cannot fail.
                let _ = write!(shown, "{}", c.escape_unicode());
            }
        }
    }
    shown
}

/// A word without the user info that it may hold.
fn without_user_info(word: &str) -> Cow<'_, str> {
    let Some(at) = word.rfind('@') else { return Cow::Borrowed(word) };
    let (before, host) = word.split_at(at);
    if let Some((scheme, _)) = before.split_once("://") {
        return Cow::Owned(format!("{scheme}://{MASK}{host}"));
    }
    // The session of an assumed role may be called like a mail address.
    if before.contains(':') && !before.contains("arn:") {
        return Cow::Owned(format!("{MASK}{host}"));
    }
    Cow::Borrowed(word)
}

/// Whether a character is shown as it is: nothing that moves a cursor, hides, or turns a line.
fn is_visible(c: char) -> bool {
    let is_hidden = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    !c.is_control() && !is_hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_on_one_line_without_secrets() {
        let long = "x".repeat(400);
        let kept = format!("{}…", "x".repeat(300));
        for (text, expected) in [
            ("Couldn't find that app.", "Couldn't find that app."),
            ("no HRKU-1 here\nand \u{1b}[31m there", "no *** here and \\u{1b}[31m there"),
            ("all of HRKU-12 goes", "all of *** goes"),
            ("a%2Fb is a/b", "*** is ***"),
            ("bad fork redis://h:pw@host:1", "bad fork redis://***@host:1"),
            ("bad fork h:pw@host:1", "bad fork ***@host:1"),
            ("(postgres://u:p@w@h/db)", "(postgres://***@h/db)"),
            ("mail jane@example.com", "mail jane@example.com"),
            ("arn:aws:sts::1:assumed-role/a/jane@b.c", "arn:aws:sts::1:assumed-role/a/jane@b.c"),
            ("see https://devcenter.heroku.com/x", "see https://devcenter.heroku.com/x"),
            ("a\u{202e}b\u{200b}c\u{2028}d", "a\\u{202e}b\\u{200b}c d"),
            (&long, &kept),
            ("", ""),
        ] {
            let filter = TextFilter::new()
                .hiding(Secret::new("HRKU-1"))
                .hiding(Secret::new("HRKU-12"))
                .hiding(Secret::new("a/b"))
                .hiding(Secret::new(""));
            assert_eq!(filter.show(text), expected);
        }
    }

    #[test]
    fn a_text_is_cut_after_it_was_masked() {
        let filter = TextFilter::new().hiding(Secret::new("hunter2"));
        assert_eq!(filter.show_up_to("   hunter2 hunter2", 5), "*** *…");
        assert_eq!(filter.show_up_to("abc", 3), "abc");
    }

    #[test]
    fn a_name_stays_as_it_is_but_for_secrets_and_what_cannot_be_seen() {
        let filter = TextFilter::new().hiding(Secret::new("hunter2"));
        for (text, expected) in [
            ("a  b ", "a  b "),
            ("mailto:jane@example.com", "mailto:jane@example.com"),
            ("app-hunter2", "app-***"),
            ("a\u{1b}[31m\n", "a\\u{1b}[31m\\u{a}"),
        ] {
            assert_eq!(filter.name(text), expected);
        }
        assert_eq!(filter.name(&"x".repeat(400)).chars().count(), TextFilter::LONGEST + 1);
    }
}
