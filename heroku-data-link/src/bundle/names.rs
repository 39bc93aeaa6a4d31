//! What the values of a bundle are called.

use serde::{Deserialize, Serialize};

use super::BundleError;
use crate::model::choice::{Empty, choice};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::{DataService, VariableName};

/// What the values of a [`Bundle`](super::Bundle) are called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Names")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Names {
    /// As clients look for them: `REDIS_URL`, `DATABASE_URL`, `KAFKA_URL`, and libpq's `PGHOST` and so
    /// on.
    #[default]
    #[serde(with = "Empty")]
    WellKnown,
    /// With this before each name and a `_`: `CACHE_URL` with `CACHE`.
    Prefix(VariableName),
}

choice!(Names);

impl Names {
    pub(super) fn variable(
        &self,
        service: DataService,
        suffix: &str,
    ) -> Result<VariableName, BundleError> {
        let prefix = match (self, service) {
            (Self::Prefix(prefix), _) => prefix.as_str(),
            (Self::WellKnown, DataService::KeyValueStore) => "REDIS",
            (Self::WellKnown, DataService::Postgres) => "DATABASE",
            (Self::WellKnown, DataService::Kafka) => "KAFKA",
        };
        format!("{prefix}_{suffix}").parse().map_err(BundleError::Name)
    }

    /// libpq's own variable beside it, if there is one.
    pub(super) fn libpq(
        &self,
        service: DataService,
        suffix: &str,
    ) -> Result<Option<VariableName>, BundleError> {
        match (self, service) {
            (Self::WellKnown, DataService::Postgres) => {
                format!("PG{suffix}").parse().map(Some).map_err(BundleError::Name)
            }
            (Self::WellKnown, DataService::KeyValueStore | DataService::Kafka)
            | (Self::Prefix(_), _) => Ok(None),
        }
    }
}
