//! Everything that a client needs to connect, as named values, and where copies of it are delivered.
//!
//! A [`Bundle`] is made from an app's config variables: the URL with the scheme that uses TLS and its
//! parts, Postgres' pooled URL, Kafka's brokers and certificates, how TLS is to be used. It is written
//! as environment variables, as a dotenv file, or as JSON. Its values are secrets: what shows them has
//! `expose` in its name.
//!
//! | service | values, here with the prefix `CACHE` |
//! | --- | --- |
//! | Key-Value Store | `CACHE_URL` (`rediss://…`), `CACHE_HOST`, `CACHE_PORT`, `CACHE_USER`, `CACHE_PASSWORD`, `CACHE_TLS_MODE` |
//! | Postgres | the same with `postgres://…`, `CACHE_DATABASE`, and `CACHE_PGBOUNCER_URL`, the pooled URL, where the add-on has one |
//! | Kafka | `CACHE_URL` (a list of `kafka+ssl://…`), `CACHE_BROKERS` (`host:port,host:port`), `CACHE_TRUSTED_CERT`, `CACHE_CLIENT_CERT`, `CACHE_CLIENT_CERT_KEY` (PEM), `CACHE_TLS_MODE` |
//!
//! [`Names::WellKnown`] has the prefixes `REDIS`, `DATABASE` and `KAFKA`, and for Postgres `PGHOST`,
//! `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE` and `PGSSLMODE` beside them. What a URL does not have,
//! such as a user, has no variable. `…_TLS_MODE` is a [`TlsMode`](crate::model::TlsMode).
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use heroku_data_link::bundle::{Bundle, Names};
//! use heroku_data_link::model::Secret;
//!
//! let vars = BTreeMap::from([(
//!     "REDIS_ENDPOINT_01C87AE3C05563935_URL".parse()?,
//!     Secret::new("redis://h:hunter2@vpce-01c87ae3c05563935.example.com:6379"),
//! )]);
//! let endpoint = "vpce-01c87ae3c05563935".parse()?;
//! let names = Names::Prefix("CACHE".parse()?);
//! let bundle = Bundle::from_config_vars(&endpoint, &vars, &names, None)?;
//!
//! let url = bundle.get("CACHE_URL").map(Secret::expose);
//! assert_eq!(url, Some("rediss://h:hunter2@vpce-01c87ae3c05563935.example.com:6379"));
//! assert!(bundle.expose_dotenv().contains("CACHE_PORT=6379\n"));
//! assert!(!format!("{bundle:?}").contains("hunter2"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod destination;
mod dotenv;
mod error;
mod names;

pub use destination::{CopyTeardown, Destination, FILE, Format, PARAMETER_STORE, SECRETS_MANAGER};
pub use error::BundleError;
pub use names::Names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::{
    AttachmentName, ConfigVarName, ConnectionUrl, DataService, LinkId, Secret, SslMode, Stamp,
    VariableName, VpcEndpointId,
};

/// The suffix of the variable that holds the URL of a service itself.
const DIRECT: &str = "URL";
/// The suffixes of the variables that hold Kafka's certificates.
const CERTIFICATES: [&str; 3] = ["TRUSTED_CERT", "CLIENT_CERT", "CLIENT_CERT_KEY"];

/// Everything that a client needs to connect, as named values, in the order of their names.
///
/// `Debug` shows the names alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle(BTreeMap<VariableName, Secret>);

impl Bundle {
    /// The bundle of a VPC endpoint, from the config variables of the app that the add-on is attached to.
    ///
    /// An app may have the variables of several attachments; `attachment` chooses one. Without it, all
    /// must lead to the same, or they are refused.
    ///
    /// # Errors
    /// While a variable is missing, and where one cannot be used.
    pub fn from_config_vars(
        endpoint: &VpcEndpointId,
        vars: &BTreeMap<ConfigVarName, Secret>,
        names: &Names,
        attachment: Option<&AttachmentName>,
    ) -> Result<Self, BundleError> {
        let mut found: BTreeMap<&str, BTreeMap<&str, ConnectionUrl>> = BTreeMap::new();
        for (name, value) in vars.iter().filter(|(name, _)| is_url_of(name, endpoint)) {
            let Some(parts) = name.endpoint_parts() else { continue };
            if attachment.is_some_and(|wanted| wanted.as_str() != parts.attachment()) {
                continue;
            }
            let url = value.expose().parse::<ConnectionUrl>();
            let url = url.map_err(|_| BundleError::Unreadable(name.clone()))?;
            found.entry(parts.attachment()).or_default().insert(parts.suffix(), url.with_tls());
        }
        let mut all = found.iter();
        let Some((attachment, urls)) = all.next() else {
            return Err(BundleError::NoConnection {
                endpoint: endpoint.clone(),
                attachment: attachment.cloned(),
            });
        };
        if all.any(|(_, others)| others != urls) {
            let attachments = found.keys().map(|name| (*name).to_owned()).collect();
            return Err(BundleError::SeveralAttachments(attachments));
        }
        let Some(direct) = urls.get(DIRECT) else {
            return Err(BundleError::NoDirectUrl { attachment: (*attachment).to_owned() });
        };
        let mut maker = Maker { names, values: BTreeMap::new() };
        maker.url(direct)?;
        for (suffix, url) in urls.iter().filter(|(suffix, _)| **suffix != DIRECT) {
            maker.put(direct.service(), suffix, url.expose_text())?;
        }
        if direct.service() == DataService::Kafka {
            maker.certificates(attachment, vars)?;
        }
        Ok(Self(maker.values))
    }

    /// A value.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }

    /// All values, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&VariableName, &Secret)> {
        self.0.iter()
    }

    /// The values as plain text, for instance for [`Command::envs`](std::process::Command::envs).
    pub fn expose_env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// The values in plain text as a dotenv file: a line for each, `NAME=value`.
    ///
    /// A shell that sources it, and the usual readers of such files, read the values as they are. A
    /// value of letters, digits and `_ . / : @ % + , = -` stands without quotes, so that `docker run
    /// --env-file` can read it, too; others stand in single quotes, PEM texts with their line ends.
    pub fn expose_dotenv(&self) -> String {
        dotenv::write(self.expose_env())
    }

    /// The values in plain text as one JSON object of strings.
    pub fn expose_json(&self) -> String {
        let object: serde_json::Map<_, _> =
            self.expose_env().map(|(name, value)| (name.to_owned(), value.into())).collect();
        serde_json::Value::Object(object).to_string()
    }

    /// Tells whether two bundles of a link have the same names and values, without showing any.
    pub fn stamp(&self, link: &LinkId) -> Stamp {
        Stamp::of(link, &self.expose_json())
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bundle").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

/// Whether a config variable holds a URL for the endpoint.
pub(crate) fn is_url_of(name: &ConfigVarName, endpoint: &VpcEndpointId) -> bool {
    name.belongs_to(endpoint) && name.as_str().ends_with("_URL")
}

/// The config variables that bundles of an endpoint are made from, and no other.
pub(crate) fn sources(
    endpoint: &VpcEndpointId,
    vars: &BTreeMap<ConfigVarName, Secret>,
) -> BTreeMap<ConfigVarName, Secret> {
    let urls = vars.keys().filter(|name| is_url_of(name, endpoint));
    let mut wanted = BTreeSet::new();
    for name in urls {
        wanted.insert(name.clone());
        wanted.extend(certificates(name));
    }
    let values = wanted.into_iter().filter_map(|name| {
        let value = vars.get(&name)?.clone();
        Some((name, value))
    });
    values.collect()
}

/// The variables that hold Kafka's certificates: they share the attachment's name as their prefix.
pub(crate) fn certificates(url: &ConfigVarName) -> Vec<ConfigVarName> {
    let Some(parts) = url.endpoint_parts() else { return Vec::new() };
    let names = CERTIFICATES.iter().map(|suffix| certificate(parts.attachment(), suffix));
    names.filter_map(|name| name.parse().ok()).collect()
}

fn certificate(attachment: &str, suffix: &str) -> String {
    format!("{attachment}_{suffix}")
}

/// A bundle in the making.
struct Maker<'a> {
    names: &'a Names,
    values: BTreeMap<VariableName, Secret>,
}

impl Maker<'_> {
    fn put(
        &mut self,
        service: DataService,
        suffix: &str,
        value: impl Into<String>,
    ) -> Result<(), BundleError> {
        self.put_as(self.names.variable(service, suffix)?, value)
    }

    fn put_as(&mut self, name: VariableName, value: impl Into<String>) -> Result<(), BundleError> {
        let value = Secret::new(value);
        // Nobody could tell that it is no password, once it is stored.
        if value.is_masked() {
            return Err(BundleError::Masked(name));
        }
        self.values.insert(name, value);
        Ok(())
    }

    /// The URL and its parts.
    fn url(&mut self, url: &ConnectionUrl) -> Result<(), BundleError> {
        let service = url.service();
        self.put(service, DIRECT, url.expose_text())?;
        self.put(service, "TLS_MODE", url.tls_mode().as_str())?;
        if service == DataService::Kafka {
            let brokers: Vec<_> = url.hosts().iter().map(ToString::to_string).collect();
            return self.put(service, "BROKERS", brokers.join(","));
        }
        let [host] = url.hosts() else { return Ok(()) };
        let host_and_port = [
            ("HOST", Some(host.host().to_owned())),
            ("PORT", Some(host.port().to_string())),
            ("USER", url.user().map(str::to_owned)),
            ("PASSWORD", url.password().map(|it| it.expose().to_owned())),
            ("DATABASE", url.database().map(str::to_owned)),
        ];
        for (suffix, value) in host_and_port {
            let Some(value) = value else { continue };
            if let Some(name) = self.names.libpq(service, suffix)? {
                self.put_as(name, value.clone())?;
            }
            self.put(service, suffix, value)?;
        }
        if let Some(name) = self.names.libpq(service, "SSLMODE")? {
            let mode = url.ssl_mode().unwrap_or(SslMode::Require);
            self.put_as(name, mode.as_str())?;
        }
        Ok(())
    }

    fn certificates(
        &mut self,
        attachment: &str,
        vars: &BTreeMap<ConfigVarName, Secret>,
    ) -> Result<(), BundleError> {
        let mut missing = Vec::new();
        for suffix in CERTIFICATES {
            let name = certificate(attachment, suffix);
            let value = vars.iter().find(|(known, _)| known.as_str() == name);
            match value.filter(|(_, value)| !value.expose().trim().is_empty()) {
                Some((_, value)) => self.put(DataService::Kafka, suffix, value.expose())?,
                None => missing.push(name),
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(BundleError::Missing(missing)) }
    }
}

#[cfg(test)]
mod tests;
