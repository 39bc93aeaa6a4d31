//! Texts as words of a shell.

use std::fmt::{self, Write};

/// A text as a shell reads it back, whatever is in it: in single quotes, unless it needs none. An empty
/// text needs none only where it cannot vanish, as after a `=`.
pub(crate) fn write_word(out: &mut impl Write, text: &str) -> fmt::Result {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,=@%+".contains(&byte);
    if text.bytes().all(is_plain) {
        return out.write_str(text);
    }
    out.write_char('\'')?;
    // A single quote ends what is quoted. Written part by part, so that no copy of a secret stays behind.
    for (at, part) in text.split('\'').enumerate() {
        if at > 0 {
            out.write_str(r"'\''")?;
        }
        out.write_str(part)?;
    }
    out.write_char('\'')
}
