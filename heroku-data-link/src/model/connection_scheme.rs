//! Schemes of connection URLs.

use std::fmt;
use std::str::FromStr;

use super::{DataService, InvalidValue};

/// The scheme of a connection URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionScheme {
    /// `redis`: Key-Value Store without TLS.
    Redis,
    /// `rediss`: Key-Value Store with TLS.
    Rediss,
    /// `postgres`, also written `postgresql`.
    Postgres,
    /// `kafka`: without TLS.
    Kafka,
    /// `kafka+ssl`: with TLS.
    KafkaSsl,
}

impl ConnectionScheme {
    /// The service that the scheme speaks to.
    pub fn service(self) -> DataService {
        match self {
            Self::Redis | Self::Rediss => DataService::KeyValueStore,
            Self::Postgres => DataService::Postgres,
            Self::Kafka | Self::KafkaSsl => DataService::Kafka,
        }
    }

    /// The scheme as a URL has it, without colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Rediss => "rediss",
            Self::Postgres => "postgres",
            Self::Kafka => "kafka",
            Self::KafkaSsl => "kafka+ssl",
        }
    }

    /// The port where a URL names none; Kafka has no usual one.
    pub(super) fn default_port(self) -> Option<u16> {
        match self {
            Self::Redis | Self::Rediss => Some(6379),
            Self::Postgres => Some(5432),
            Self::Kafka | Self::KafkaSsl => None,
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        const SPELLINGS: [(&str, ConnectionScheme); 6] = [
            ("rediss", ConnectionScheme::Rediss),
            ("redis", ConnectionScheme::Redis),
            ("postgres", ConnectionScheme::Postgres),
            ("postgresql", ConnectionScheme::Postgres),
            ("kafka+ssl", ConnectionScheme::KafkaSsl),
            ("kafka", ConnectionScheme::Kafka),
        ];
        let spelling = SPELLINGS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        spelling.map(|(_, scheme)| *scheme)
    }
}

impl fmt::Display for ConnectionScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ConnectionScheme {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or_else(|| InvalidValue::new("connection scheme", text, SCHEMES))
    }
}

conversions!(ConnectionScheme);

/// The rule that names all schemes.
pub(super) const SCHEMES: &str =
    "it must be redis, rediss, postgres, postgresql, kafka or kafka+ssl";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_has_one_service() {
        for (word, scheme, service) in [
            ("redis", ConnectionScheme::Redis, DataService::KeyValueStore),
            ("rediss", ConnectionScheme::Rediss, DataService::KeyValueStore),
            ("postgres", ConnectionScheme::Postgres, DataService::Postgres),
            ("kafka", ConnectionScheme::Kafka, DataService::Kafka),
            ("kafka+ssl", ConnectionScheme::KafkaSsl, DataService::Kafka),
        ] {
            assert_eq!(word.parse(), Ok(scheme));
            assert_eq!(word.to_ascii_uppercase().parse(), Ok(scheme));
            assert_eq!((scheme.as_str(), scheme.to_string()), (word, word.to_owned()));
            assert_eq!(scheme.service(), service);
        }
        assert_eq!("postgresql".parse(), Ok(ConnectionScheme::Postgres));
        assert_eq!(
            ConnectionScheme::try_from("http").unwrap_err().to_string(),
            "\"http\" is not a connection scheme: it must be redis, rediss, postgres, postgresql, \
             kafka or kafka+ssl"
        );
    }
}
