//! What a certificate is recognised by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The SHA-256 of a certificate in DER, as `openssl x509 -fingerprint -sha256` shows it.
///
/// Prints as 64 lower-case hexadecimal digits; colons, upper case and `sha256:` before it are read
/// as well.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

/// Text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint: it must be the 64 hexadecimal digits of a SHA-256")]
pub struct InvalidFingerprint;

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_prefix("sha256:").unwrap_or(text);
        let mut bytes = [0; 32];
        let mut digits = text.bytes().filter(|&byte| byte != b':');
        let mut digit = || {
            let digit = char::from(digits.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        for byte in &mut bytes {
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(InvalidFingerprint);
            };
            *byte = high << 4 | low;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(InvalidFingerprint),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_and_openssl_write() {
        // SHA-256 of "abc", from FIPS 180-2.
        let printed = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let value = Fingerprint::of(b"abc");
        assert_eq!(value.to_string(), printed);
        assert_eq!(format!("{value:?}"), format!("Fingerprint({printed})"));
        let pairs: Vec<_> =
            printed.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair)).collect();
        let openssl = pairs.join(":").to_ascii_uppercase();
        for text in [printed, &openssl, &format!("sha256:{printed}")] {
            assert_eq!(text.parse(), Ok(value), "{text}");
        }
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), value);
        for text in ["", "ba", &printed[1..], &format!("{printed}0"), &printed.replace('b', "g")] {
            assert_eq!(text.parse::<Fingerprint>(), Err(InvalidFingerprint), "{text}");
        }
    }
}
