//! Values as lines of a dotenv file.

use crate::shell::write_word;

/// `NAME=value` lines.
pub(super) fn write<'a>(values: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let values: Vec<_> = values.collect();
    // Room for all, so that no copy of a secret stays behind in memory as the text grows.
    let length = values.iter().map(|(name, value)| name.len() + 4 * value.len() + 4).sum();
    let mut text = String::with_capacity(length);
    for (name, value) in values {
        text.push_str(name);
        text.push('=');
        // Writing to a string cannot fail.
        let _ = write_word(&mut text, value);
        text.push('\n');
    }
    text
}
