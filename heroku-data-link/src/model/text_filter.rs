//! Text from outside, made fit to be shown.

use std::fmt::Write;
use std::ops::Range;

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::secret::{MASK, Secret};

/// Makes text that came from outside fit to be shown to people: what a cloud, a server or a file
/// says is neither trusted nor bounded, and may repeat what was sent to it.
///
/// - Known secrets, plain or percent-encoded, become `***`.
/// - So does the user info of URLs, and of words like `user:password@host`, also where the
///   password has a `/`, `?`, `#`, `@` or blank that should have been percent-encoded, and where
///   all of it is percent-encoded; and so does the value of `password=`.
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
        visible(&without_passwords(&self.masked(text)), longest)
    }

    /// A text that is compared as well as shown, such as a name or a tag: as it is, but for known
    /// secrets, characters that cannot be seen, line breaks among them, and what comes after
    /// [`LONGEST`](Self::LONGEST) characters.
    pub fn name(&self, text: &str) -> String {
        visible(&self.masked(text), Self::LONGEST)
    }

    /// The text without the known secrets.
    fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.expose()) { text.replace(secret.expose(), MASK) } else { text }
        })
    }
}

/// A text with what cannot be seen escaped, and cut after `longest` characters.
fn visible(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == longest {
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
    shown
}

/// Whether a text that was given for something else, such as a name, may hold a password: user
/// info of a URL in any form, well-formed or not. Nothing of ours but an AWS principal has
/// an `@`.
pub(super) fn may_hold_password(text: &str) -> bool {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let has_user_info = match decoded.rfind('@') {
        Some(at) => !is_principal(&decoded[..at]),
        None => false,
    };
    has_user_info || decoded.contains("://") || password_value(&decoded).is_some()
}

/// Whether a text has what [`TextFilter`] masks of itself, without knowing any secret.
pub(crate) fn holds_password(text: &str) -> bool {
    !without_passwords(text).split_whitespace().eq(text.split_whitespace())
}

/// A text with the user info and passwords masked that it may hold, and with single spaces.
fn without_passwords(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut masked = String::with_capacity(text.len());
    let mut next = 0;
    while let Some(word) = words.get(next) {
        if next > 0 {
            masked.push(' ');
        }
        let (word, read) = match torn_url(&words[next..]) {
            Some(torn) => torn,
            None => (without_user_info(word), 1),
        };
        masked.push_str(&word);
        next += read;
    }
    masked
}

/// A word without the user info and the password that it may hold.
fn without_user_info(word: &str) -> String {
    let masked = match masked_user_info(word) {
        Some(masked) => masked,
        // All of a URL may be encoded, as it is where it is a parameter of another one.
        None if word.contains('%') => {
            let decoded = percent_decode_str(word).decode_utf8_lossy();
            masked_user_info(&decoded).unwrap_or_else(|| word.to_owned())
        }
        None => word.to_owned(),
    };
    match password_value(&masked) {
        Some(value) => format!("{}{MASK}{}", &masked[..value.start], &masked[value.end..]),
        None => masked,
    }
}

/// The word with its user info masked, if it has any.
fn masked_user_info(word: &str) -> Option<String> {
    // The last one, as a password may have others.
    let (before, host) = word.split_at(word.rfind('@')?);
    if let Some((scheme, _)) = before.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        return Some(format!("{scheme}://{MASK}{host}"));
    }
    // No mail address has a port, or begins with slashes.
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
    let is_user_info = before.contains(':') || before.starts_with("//") || has_port;
    (is_user_info && !is_principal(before)).then(|| format!("{MASK}{host}"))
}

/// Whether what precedes `://` ends with a scheme, and not with the beginning of a password: that
/// has a colon or another `@` before it.
fn is_scheme(before: &str) -> bool {
    const KNOWN: [&str; 5] = ["http", "https", "redis", "rediss", "postgres"];
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let outside = before.trim_end_matches(is_part);
    KNOWN.contains(&&before[outside.len()..]) || !outside.contains([':', '@'])
}

/// A URL with white space in its password: masked up to its host, and how many words that is.
///
/// What follows the colon is no port, and somewhere an `@` follows. If none does, the URL may have
/// been cut, and is masked up to its end.
fn torn_url(words: &[&str]) -> Option<(String, usize)> {
    let (scheme, rest) = words.first()?.split_once("://")?;
    if rest.contains('@') || rest.starts_with('[') {
        return None;
    }
    let (_, port) = rest.split(['/', '?', '#']).next()?.split_once(':')?;
    let end = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
    let is_port = end > 0 && !port[end..].starts_with(|c: char| c.is_alphanumeric());
    if is_port {
        return None;
    }
    let found =
        words.iter().enumerate().skip(1).find_map(|(at, word)| Some((at, word.rfind('@')?)));
    Some(match found {
        Some((at, host)) => (format!("{scheme}://{MASK}{}", &words[at][host..]), at + 1),
        None => (format!("{scheme}://{MASK}"), 1),
    })
}

/// Where the value of `password=` is, as libpq writes it, `sslpassword=` too.
fn password_value(word: &str) -> Option<Range<usize>> {
    const KEY: &str = "password=";
    let start = word.to_ascii_lowercase().find(KEY)? + KEY.len();
    Some(start..word[start..].find('&').map_or(word.len(), |end| start + end))
}

/// Whether what precedes an `@` is that of an AWS principal, which may be called like a mail
/// address: `arn:aws:iam::123456789012:user/jane`, `123456789012:user/jane`.
fn is_principal(before: &str) -> bool {
    const KINDS: [&str; 4] = ["user/", "role/", "assumed-role/", "federated-user/"];
    let Some((account, name)) = before.rsplit_once(':') else { return false };
    if !KINDS.iter().any(|kind| name.starts_with(kind)) {
        return false;
    }
    let head = account.trim_end_matches(|c: char| c.is_ascii_digit());
    let start = head.rfind("arn:aws").unwrap_or(head.len());
    let (outside, arn) = head.split_at(start);
    let is_whole = match arn {
        "" => account.len() - head.len() == 12,
        // Partition, service, no region.
        arn => account.len() > head.len() && arn.split(':').count() == 5 && arn.ends_with("::"),
    };
    is_whole && !outside.ends_with(|c: char| c.is_alphanumeric() || c == ':')
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
            ("see http://h:80/x, jane@b.c", "see http://h:80/x, jane@b.c"),
            ("see http://h:80: jane@b.c", "see http://h:80: jane@b.c"),
            ("see http://[::1]:80/x", "see http://[::1]:80/x"),
            ("see http://h/x:y, jane@b.c", "see http://h/x:y, jane@b.c"),
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
    fn user_info_is_masked_however_it_is_written() {
        for (text, expected) in [
            ("no redis://h:pw?w@host:1/0", "no redis://***@host:1/0"),
            ("no redis://h:pw/w@host", "no redis://***@host"),
            ("no redis://h:pw#w@host", "no redis://***@host"),
            ("no redis://h:pw@w@host", "no redis://***@host"),
            ("no redis://h:pw w\n#@host.", "no redis://***@host."),
            ("no redis://h:1pw w@host", "no redis://***@host"),
            ("no redis://:pw w@host", "no redis://***@host"),
            ("cut redis://h:pw", "cut redis://***"),
            ("no h:pw://w@host", "no ***@host"),
            ("error:redis://h:pw@host", "error:redis://***@host"),
            ("url=kafka+ssl://h:pw@host", "url=kafka+ssl://***@host"),
            ("no pw@host:6379", "no ***@host:6379"),
            ("no //pw@host", "no ***@host"),
            ("no redis:h:pw@host", "no ***@host"),
            ("no h:arn:pw@host", "no ***@host"),
            ("no x:arn:aws:a:b:c:pw@host", "no ***@host"),
            ("no arn:pw@host", "no ***@host"),
            ("q?fork=redis%3A%2F%2Fh%3Apw%40host", "q?fork=redis://***@host"),
            ("no h%3Apw%40host", "no ***@host"),
            ("postgres://h/d?password=pw&a=b", "postgres://h/d?password=***&a=b"),
            ("host=h sslPassword=pw user=u", "host=h sslPassword=*** user=u"),
            (
                "{\"AWS\":\"arn:aws:sts::1:assumed-role/x/jane@b.c\"}",
                "{\"AWS\":\"arn:aws:sts::1:assumed-role/x/jane@b.c\"}",
            ),
            ("arn:aws:iam::123456789012:user/jane@b.c", "arn:aws:iam::123456789012:user/jane@b.c"),
            ("no 123456789012:user/jane@b.c", "no 123456789012:user/jane@b.c"),
            ("no h:123456789012:user/pw@host", "no ***@host"),
            ("no arn:aws:kms:r:1:key/pw@host:1", "no ***@host:1"),
            ("100%@", "100%@"),
        ] {
            assert_eq!(TextFilter::new().show(text), expected, "{text}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_known() {
        for text in [
            "redis://h:pw@host",
            "redis://h:pw",
            "h:pw@host",
            "pw@host",
            "h:p w@host",
            "redis%3A%2F%2Fh%3Apw%40host",
            "h%3Apw%40host",
            "arn:pw@host",
            "host=h password=pw",
        ] {
            assert!(may_hold_password(text), "{text}");
        }
        for text in ["redis://h:pw@host", "see  redis://h:p w@host", "h:pw@host", "x password=pw"] {
            assert!(holds_password(text), "{text}");
        }
        for text in ["", " ", "jane@b.c", "see  https://h/x", "a\tb\nc", "x"] {
            assert!(!holds_password(text), "{text}");
        }
        for text in ["", "redis-haiku-1", "a:b", "arn:aws:sts::1:assumed-role/a/jane@b.c", "10%"] {
            assert!(!may_hold_password(text), "{text}");
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

    proptest::proptest! {
        #[test]
        fn no_password_of_a_url_is_shown(
            user in "[a-z]{0,4}",
            password in "[a-zA-Z0-9?#/@:%.=&,-]{4,20}",
            around in proptest::sample::select(vec![["", ""], ["(", ")."], ["\"", "\","], ["see ", " x"]]),
        ) {
            let [before, after] = around;
            let shown = |text: String| TextFilter::new().show(&format!("{before}{text}{after}"));
            let expected = format!("{before}redis://***@host{after}");
            proptest::prop_assert_eq!(shown(format!("redis://{user}:{password}@host")), expected);
            let bare = shown(format!("{user}:{password}@host:1"));
            proptest::prop_assert!(!bare.contains(&password), "{}", bare);
        }
    }
}
