//! The probe of an established link.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::future::join_all;
use heroku_data_link::model::{ConfigVarName, LinkId, Secret};
use heroku_data_link::privatelink::PrivateLinkOutput;
use serde::Serialize;

use crate::probe::Probe;
use crate::report::ProbeReport;
use crate::tls::{Tls, TlsError};

/// What an established link's connections are probed with.
///
/// `variables` are the config variables of the link's app, as
/// [`ConfigVars::config_vars`](heroku_data_link::provider::ConfigVars::config_vars) reads them.
/// Kafka's certificates and key are taken from there; other services need none, and any map does.
pub trait Connected {
    /// One probe for each connection, by config variable, for whoever wants to change deadlines or
    /// pin certificates. The names of the endpoint are looked up by the first one.
    ///
    /// # Errors
    /// When a variable that a connection needs is missing, or cannot be read.
    fn probes(
        &self,
        variables: &BTreeMap<ConfigVarName, Secret>,
    ) -> Result<Vec<(ConfigVarName, Probe)>, TlsError>;

    /// Probes all connections at once.
    ///
    /// # Errors
    /// As of [`probes`](Self::probes). A connection that fails is part of the report.
    fn probe(
        &self,
        variables: &BTreeMap<ConfigVarName, Secret>,
    ) -> impl Future<Output = Result<LinkReport, TlsError>> + Send;
}

/// What was found of a link's connections. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LinkReport {
    /// The link.
    pub link: LinkId,
    /// Whether every connection passed.
    pub passed: bool,
    /// What was found, by the config variable that holds the URL.
    pub connections: BTreeMap<ConfigVarName, ProbeReport>,
}

impl Connected for PrivateLinkOutput {
    fn probes(
        &self,
        variables: &BTreeMap<ConfigVarName, Secret>,
    ) -> Result<Vec<(ConfigVarName, Probe)>, TlsError> {
        let mut names = Some(self.dns_names.iter().cloned());
        self.connections
            .iter()
            .map(|connection| {
                let tls = Tls::of_connection(connection, variables)?;
                let probe = Probe::new(&connection.url, tls);
                let probe = probe.also_look_up(names.take().into_iter().flatten());
                Ok((connection.variable.clone(), probe))
            })
            .collect()
    }

    fn probe(
        &self,
        variables: &BTreeMap<ConfigVarName, Secret>,
    ) -> impl Future<Output = Result<LinkReport, TlsError>> + Send {
        let probes = self.probes(variables);
        let link = self.link.clone();
        async move {
            let runs = probes?.into_iter().map(async |(name, probe)| (name, probe.run().await));
            let connections: BTreeMap<_, _> = join_all(runs).await.into_iter().collect();
            let passed = connections.values().all(|report| report.passed);
            Ok(LinkReport { link, passed, connections })
        }
    }
}

impl fmt::Display for LinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (variable, report)) in self.connections.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            write!(f, "{gap}{variable}: {report}")?;
        }
        Ok(())
    }
}
