//! How far a connection can be protected.

use std::fmt;
use std::str::FromStr;

use super::InvalidValue;

/// How to use TLS on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsMode {
    /// Chain and host name are verified.
    VerifyFull,
    /// The chain is verified and the host name is not: Kafka, which also takes a client certificate,
    /// and whose certificates are made out to no host that a client connects to; Postgres with
    /// `sslmode=verify-ca`.
    VerifyChain,
    /// Encrypted, with a chain that is not verified, or pinned: Key-Value Store, whose
    /// certificate is self-signed, and Postgres with `sslmode=require`.
    Unverified,
    /// Not encrypted.
    Off,
}

impl TlsMode {
    const ALL: [Self; 4] = [Self::VerifyFull, Self::VerifyChain, Self::Unverified, Self::Off];

    /// The mode in one word, such as `verify-full`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyChain => "verify-chain",
            Self::Unverified => "unverified",
            Self::Off => "off",
        }
    }

    /// The mode in a sentence for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::VerifyFull => "TLS; the certificate chain and the host name are verified",
            Self::VerifyChain => "TLS; the certificate chain is verified, the host name is not",
            Self::Unverified => {
                "TLS; the certificate chain is not verified, unless the certificate is pinned"
            }
            Self::Off => "no TLS: everything, passwords included, travels in the clear",
        }
    }
}

impl AsRef<str> for TlsMode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TlsMode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| {
            InvalidValue::new(
                "TLS mode",
                text,
                "it must be verify-full, verify-chain, unverified or off",
            )
        })
    }
}

conversions!(TlsMode);

impl serde::Serialize for TlsMode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for TlsMode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences() {
        let words = ["verify-full", "verify-chain", "unverified", "off"];
        for (mode, word) in TlsMode::ALL.into_iter().zip(words) {
            assert_eq!((mode.to_string(), mode.as_ref()), (word.to_owned(), word));
            assert_eq!(word.parse(), Ok(mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), word);
            assert_eq!(serde_json::from_value::<TlsMode>(word.into()).unwrap(), mode);
            assert_eq!(mode.description().starts_with("TLS"), mode != TlsMode::Off);
        }
        assert_eq!(
            TlsMode::try_from("VerifyFull").unwrap_err().to_string(),
            "\"VerifyFull\" is not a TLS mode: it must be verify-full, verify-chain, unverified or \
             off"
        );
    }
}
