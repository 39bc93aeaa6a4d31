//! The password of Basic authentication.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What comes after the colon in `user:password`, from Base64. Users are of no interest.
pub(super) fn password(encoded: &str) -> Option<Vec<u8>> {
    let decoded = decode(encoded)?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

fn decode(encoded: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut decoded) = (0_u32, 0, Vec::new());
    for byte in encoded.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|it| *it == byte)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
        bits &= 0xff;
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_what_follows_the_first_colon() {
        for (encoded, expected) in [
            ("OnNlY3JldA==", Some(&b"secret"[..])),
            ("OnNlY3JldA", Some(b"secret")),
            ("dXNlcjpwOnc=", Some(b"p:w")),
            ("Og==", Some(b"")),
            ("dXNlcg==", None),
            ("", None),
            ("!", None),
            ("ÄÖ", None),
        ] {
            assert_eq!(password(encoded).as_deref(), expected, "{encoded}");
        }
    }
}
