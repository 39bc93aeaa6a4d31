//! The data services that can be reached privately.

use std::fmt;
use std::str::FromStr;

use super::{InvalidValue, PortRange, TlsMode};

/// A Heroku data service that offers PrivateLink.
///
/// Serde writes `key-value-store`, `kafka`, `postgres` and reads whatever parses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataService {
    /// Heroku Key-Value Store, formerly Heroku Redis.
    KeyValueStore,
    /// Apache Kafka on Heroku.
    Kafka,
    /// Heroku Postgres.
    Postgres,
}

impl DataService {
    /// All services.
    pub const ALL: [Self; 3] = [Self::KeyValueStore, Self::Kafka, Self::Postgres];

    /// The name of the add-on service, and the part of a plan name before the colon.
    pub fn slug(self) -> &'static str {
        match self {
            Self::KeyValueStore => "heroku-redis",
            Self::Kafka => "heroku-kafka",
            Self::Postgres => "heroku-postgresql",
        }
    }

    /// The service of a slug in any case, if it is one of the three.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.slug().eq_ignore_ascii_case(slug))
    }

    /// The TCP ports that a client must reach.
    ///
    /// Key-Value Store and Kafka: Heroku's articles on PrivateLink; Postgres also listens on
    /// 5433, for connection pooling.
    pub fn ports(self) -> &'static [PortRange] {
        match self {
            Self::KeyValueStore => &const { [PortRange::known(6379, 6379)] },
            Self::Kafka => &const { [PortRange::known(10_000, 11_000)] },
            Self::Postgres => &const { [PortRange::known(5432, 5433)] },
        }
    }

    /// The most that a client can verify with what Heroku hands out.
    pub fn tls_mode(self) -> TlsMode {
        match self {
            Self::KeyValueStore | Self::Postgres => TlsMode::Unverified,
            Self::Kafka => TlsMode::VerifyChain,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::KeyValueStore => "key-value-store",
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for DataService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KeyValueStore => "Key-Value Store",
            Self::Kafka => "Apache Kafka",
            Self::Postgres => "Postgres",
        })
    }
}

impl FromStr for DataService {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "kvs" | "redis" | "key-value-store" | "key-value store" | "heroku-redis" => {
                Ok(Self::KeyValueStore)
            }
            "kafka" | "apache kafka" | "heroku-kafka" => Ok(Self::Kafka),
            "pg" | "postgres" | "heroku-postgresql" => Ok(Self::Postgres),
            _ => Err(InvalidValue::new(
                "data service",
                text,
                "it must be key-value-store (or kvs, redis), kafka or postgres (or pg)",
            )),
        }
    }
}

conversions!(DataService);

impl serde::Serialize for DataService {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> serde::Deserialize<'de> for DataService {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_service_needs() {
        let facts = [
            ("key-value-store", "heroku-redis", "6379", TlsMode::Unverified),
            ("kafka", "heroku-kafka", "10000-11000", TlsMode::VerifyChain),
            ("postgres", "heroku-postgresql", "5432-5433", TlsMode::Unverified),
        ];
        for (service, (word, slug, ports, tls)) in DataService::ALL.into_iter().zip(facts) {
            assert_eq!((service.slug(), service.tls_mode()), (slug, tls));
            assert_eq!(DataService::from_slug(slug), Some(service));
            let range: PortRange = ports.parse().unwrap();
            assert_eq!(service.ports(), [range]);
            assert_eq!(serde_json::to_value(service).unwrap(), word);
            assert_eq!(serde_json::from_value::<DataService>(word.into()).unwrap(), service);
            assert_eq!(service.to_string().parse(), Ok(service));
        }
        assert_eq!(DataService::from_slug("heroku-redis:mini"), None);
    }

    #[test]
    fn what_people_call_them() {
        for (service, words) in [
            (DataService::KeyValueStore, ["kvs", "redis", "Key-Value Store"]),
            (DataService::Kafka, ["kafka", "Kafka", "Apache Kafka"]),
            (DataService::Postgres, ["postgres", "pg", "Postgres"]),
        ] {
            for word in words {
                assert_eq!(DataService::try_from(word), Ok(service), "{word}");
            }
        }
        assert_eq!(
            "mysql".parse::<DataService>().unwrap_err().to_string(),
            "\"mysql\" is not a data service: it must be key-value-store (or kvs, redis), kafka or \
             postgres (or pg)"
        );
    }
}
