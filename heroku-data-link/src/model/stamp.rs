//! Tells whether two texts are the same without showing them.

use std::fmt;
use std::str::FromStr;

use hmac_sha256::HMAC;

use super::{InvalidValue, LinkId};

/// Sets these stamps apart from whatever else may be keyed with a link's id.
const PURPOSE: &[u8] = b"heroku-data-link delivery 1\0";

/// A rotation stamp: the first 128 bits of an HMAC-SHA-256 of what a link delivers, keyed with the link's
/// id. The same stamp means the same text. It is written as 32 hexadecimal digits.
///
/// It shows nothing of passwords as long as those that Heroku makes; whoever guesses a whole text can see
/// whether the guess was right. The same text of two links has two stamps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u128);

impl Stamp {
    /// The stamp of a text that a link delivers.
    pub fn of(link: &LinkId, text: &str) -> Self {
        let mut mac = HMAC::new(link.as_str());
        mac.update(PURPOSE);
        mac.update(text);
        let whole = mac.finalize();
        let bytes = whole.iter().take(16);
        Self(bytes.fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Stamp {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex);
        number.map(Self).ok_or_else(|| {
            InvalidValue::new("rotation stamp", text, "it must have 32 hexadecimal digits")
        })
    }
}

value_traits!(Stamp, "^[0-9A-Fa-f]{32}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_texts_and_links_apart() {
        let of = |link: &str, text| Stamp::of(&link.parse().unwrap(), text);
        let stamp = of("cache", "hunter2");
        assert_eq!(stamp, of("cache", "hunter2"));
        assert_ne!(stamp, of("cache", "hunter3"));
        assert_ne!(stamp, of("other", "hunter2"));
        // What was stored by one version is compared by the next. By another implementation:
        // printf 'heroku-data-link delivery 1\0hunter2' | openssl dgst -sha256 -hmac cache
        assert_eq!(stamp.to_string(), "104225db9882d13b4c77e016248b6903");
    }

    #[test]
    fn a_stamp_reads_as_it_is_written() {
        for text in ["00000000000000000000000000000001", "ffffffffffffffffffffffffffffffff"] {
            assert_eq!(text.parse::<Stamp>().unwrap().to_string(), text);
        }
        for text in
            ["", "1", "+0000000000000000000000000000001", "g0000000000000000000000000000000"]
        {
            text.parse::<Stamp>().unwrap_err();
        }
    }
}
