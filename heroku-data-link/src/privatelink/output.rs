use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{
    AddonName, AllowedPrincipal, AppName, ConfigVarName, ConnectionUrl, DataService,
    EndpointServiceName, LinkId, SecurityGroupId, SubnetId, TlsMode, VpcEndpointId,
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
}

/// One way to connect through the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Connection {
    /// The config variable that holds the URL.
    pub variable: ConfigVarName,
    /// The URL to connect with: the variable's, with TLS switched on where the variable leaves it
    /// off, as every plan needs it.
    pub url: ConnectionUrl,
    /// What a client can verify of the server, and must not skip.
    pub tls: TlsMode,
    /// Config variables of the same app that hold the certificates a client needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<ConfigVarName>,
}

impl Connection {
    pub(super) fn new(variable: ConfigVarName, url: &ConnectionUrl) -> Self {
        let url = url.with_tls();
        let certificates = match url.service() {
            DataService::Kafka => certificates(&variable),
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

/// Kafka's variables share the attachment's name as their prefix.
fn certificates(variable: &ConfigVarName) -> Vec<ConfigVarName> {
    let Some(parts) = variable.endpoint_parts() else {
        return Vec::new();
    };
    ["TRUSTED_CERT", "CLIENT_CERT", "CLIENT_CERT_KEY"]
        .into_iter()
        .filter_map(|suffix| format!("{}_{suffix}", parts.attachment()).parse().ok())
        .collect()
}
