//! Text in hexadecimal, for the tokens with which lists go on.

pub(super) fn encoded(text: &str) -> String {
    let digits = text.bytes().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// `None` for what [`encoded`] does not write.
pub(super) fn decoded(token: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let bytes = token.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_was_written() {
        for text in ["alias/a", "ß", "0", ""] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        }
        for token in ["0", "zz", "ff", "é", "+5"] {
            assert_eq!(decoded(token), None, "{token}");
        }
    }
}
