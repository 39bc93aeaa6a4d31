//! Text from outside, made fit to be shown.

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
        let masked = self.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.expose()) { text.replace(secret.expose(), MASK) } else { text }
        });
        let mut shown = String::new();
        let mut count = 0;
        for (index, word) in masked.split_whitespace().enumerate() {
            let gap = if index > 0 { " " } else { "" };
            for c in gap.chars().chain(without_user_info(word).chars()) {
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
}

/// A word without the user info that it may hold.
fn without_user_info(word: &str) -> String {
    let Some(at) = word.rfind('@') else { return word.to_owned() };
    let (before, host) = word.split_at(at);
    if let Some((scheme, _)) = before.split_once("://") {
        return format!("{scheme}://{MASK}{host}");
    }
    // The session of an assumed role may be called like a mail address.
    if before.contains(':') && !before.contains("arn:") {
        return format!("{MASK}{host}");
    }
    word.to_owned()
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
}
