use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::copies;
use super::facts::Facts;
use super::principals;
use crate::bundle::{self, Bundle, BundleError, Names};
use crate::model::{
    AddonName, AllowedPrincipal, AppName, ConfigVarName, ConnectionUrl, CopyName, DataService,
    EndpointServiceName, LinkId, Secret, SecurityGroupId, SinkName, Stamp, SubnetId, TlsMode,
    VpcEndpointId,
};

/// What an established PrivateLink gives to its user. Printing and serialising it shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct PrivateLinkOutput {
    /// The link.
    pub link: LinkId,
    /// The app whose config variables hold the connections.
    pub app: AppName,
    /// The add-on.
    pub addon: AddonName,
    /// Its kind.
    pub service: DataService,
    /// The endpoint service.
    pub service_name: EndpointServiceName,
    /// The VPC endpoint.
    pub endpoint: VpcEndpointId,
    /// Its DNS names, regional and zonal, in no particular order.
    pub dns_names: BTreeSet<String>,
    /// The subnets that it is in, one per zone.
    pub subnets: BTreeSet<SubnetId>,
    /// The security groups that guard it.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Who Heroku allows beside accounts, users and roles: `*` means that anyone may ask for a
    /// connection. Usually there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable_principals: Vec<AllowedPrincipal>,
    /// How to connect, by config variable: at least one.
    pub connections: Vec<Connection>,
    /// What was delivered, in the order of the spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<Delivered>,
}

/// A copy of the connection at a sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Delivered {
    /// The sink.
    pub to: SinkName,
    /// What the copy is called there.
    pub name: CopyName,
    /// Changes with what is in the copy: restart who reads it when it does.
    pub stamp: Stamp,
}

impl PrivateLinkOutput {
    /// Everything that a client needs to connect, as named values. `vars` are the config variables of
    /// [`app`](Self::app).
    ///
    /// # Errors
    /// When a variable is missing or cannot be used, as none was when the link was looked at.
    pub fn bundle(
        &self,
        vars: &BTreeMap<ConfigVarName, Secret>,
        names: &Names,
    ) -> Result<Bundle, BundleError> {
        Bundle::from_config_vars(&self.endpoint, vars, names, None)
    }
}

/// What an established link gives; `None` while there is no connection.
pub(super) fn of(facts: &Facts<'_>) -> Option<PrivateLinkOutput> {
    let (addon, endpoint) = (facts.addon?, facts.endpoint?);
    let connections: Vec<Connection> = facts
        .seen
        .connections
        .iter()
        .filter_map(|(name, url)| Some(Connection::new(name.clone(), url.as_ref()?)))
        .collect();
    if connections.is_empty() {
        return None;
    }
    Some(PrivateLinkOutput {
        link: facts.spec.link.clone(),
        app: facts.handle.app.clone()?,
        addon: addon.name.clone(),
        service: facts.data_service?,
        service_name: facts.service_name?.clone(),
        endpoint: endpoint.id.clone(),
        dns_names: endpoint.dns_names.clone(),
        subnets: endpoint.subnets.clone(),
        security_groups: endpoint.groups.clone(),
        unreadable_principals: principals::unreadable(facts.seen.private_link.as_ref()),
        connections,
        delivered: copies::delivered(facts),
    })
}

/// One way to connect through the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Connection {
    /// The config variable that holds the URL.
    pub variable: ConfigVarName,
    /// The URL to connect with: the variable's, with TLS switched on where the variable leaves it
    /// off or may do without it, as every plan needs it.
    pub url: ConnectionUrl,
    /// What a client can verify of the server, and must not skip: for Postgres more than Heroku hands
    /// out certificates for, where the variable's `sslmode` says so.
    pub tls: TlsMode,
    /// Config variables of the same app that hold the certificates a client needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<ConfigVarName>,
}

impl Connection {
    fn new(variable: ConfigVarName, url: &ConnectionUrl) -> Self {
        let url = url.with_tls();
        let certificates = match url.service() {
            DataService::Kafka => bundle::certificates(&variable),
            DataService::KeyValueStore | DataService::Postgres => Vec::new(),
        };
        Self { tls: url.tls_mode(), certificates, variable, url }
    }

    /// How to connect, as one sentence for people.
    pub fn advice(&self) -> String {
        let clients = match self.url.service() {
            DataService::KeyValueStore => "a Redis client",
            DataService::Kafka => "a Kafka client",
            DataService::Postgres => "a Postgres client",
        };
        let mut advice = format!(
            "give the value of {} to {clients} as a {} URL, over {}",
            self.variable,
            self.url.scheme().as_str(),
            self.tls.description()
        );
        if !self.certificates.is_empty() {
            let names: Vec<_> = self.certificates.iter().map(ToString::to_string).collect();
            advice.push_str("; certificates and key are in ");
            advice.push_str(&names.join(", "));
        }
        advice
    }
}
