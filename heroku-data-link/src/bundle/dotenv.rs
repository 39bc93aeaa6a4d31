//! Values as lines of a dotenv file.

/// `NAME=value` lines.
pub(super) fn write<'a>(values: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let values: Vec<_> = values.collect();
    // Room for all, so that no copy of a secret stays behind in memory as the text grows.
    let length = values.iter().map(|(name, value)| name.len() + 4 * value.len() + 4).sum();
    let mut text = String::with_capacity(length);
    for (name, value) in values {
        text.push_str(name);
        text.push('=');
        write_value(&mut text, value);
        text.push('\n');
    }
    text
}

fn write_value(text: &mut String, value: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte);
    if value.bytes().all(is_plain) {
        text.push_str(value);
    } else {
        text.push('\'');
        // As a shell reads it; a single quote ends what is quoted.
        for (at, part) in value.split('\'').enumerate() {
            if at > 0 {
                text.push_str(r"'\''");
            }
            text.push_str(part);
        }
        text.push('\'');
    }
}
