//! The config variables that add-ons set.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use heroku_data_link::model::{AddonId, AppName, ConfigVarName, DataService, Secret};

use super::addons::AddonRecord;
use super::endpoint::EndpointRecord;
use super::{Refusal, Reply, State, known};

/// Where a data service listens on Heroku's side; nobody connects to it.
const HOST: &str = "ec2-203-0-113-25.compute-1.amazonaws.com";

impl AddonRecord {
    /// What comes after the attachment's name in the variables of the add-on.
    pub(crate) fn variables(&self) -> &'static [&'static str] {
        match self.service() {
            Some(DataService::Kafka) => {
                &["_URL", "_TRUSTED_CERT", "_CLIENT_CERT", "_CLIENT_CERT_KEY"]
            }
            _ => &["_URL"],
        }
    }

    fn value(&self, variable: &str) -> String {
        let password = self.password.expose();
        match (self.service(), variable) {
            (Some(DataService::KeyValueStore), _) => format!("rediss://:{password}@{HOST}:6380"),
            (Some(DataService::Kafka), "_URL") => brokers(HOST, [9096, 9097, 9098]),
            (Some(DataService::Kafka), "_CLIENT_CERT_KEY") => {
                format!(
                    "-----BEGIN RSA PRIVATE KEY-----\n{password}\n-----END RSA PRIVATE KEY-----"
                )
            }
            (Some(DataService::Kafka), _) => {
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----".to_owned()
            }
            (Some(DataService::Postgres), _) => {
                format!("postgres://user:{password}@{HOST}:5432/db")
            }
            (None, _) => format!("https://user:{password}@addon.example.com"),
        }
    }

    /// Suffix and value of the variables for a VPC endpoint of this DNS name.
    fn endpoint_values(&self, host: &str) -> Vec<(&'static str, String)> {
        let password = self.password.expose();
        match self.service() {
            Some(DataService::KeyValueStore) => {
                vec![("URL", format!("redis://h:{password}@{host}:6379"))]
            }
            Some(DataService::Kafka) => vec![("URL", brokers(host, [10001, 10002, 10003]))],
            Some(DataService::Postgres) => vec![
                ("URL", format!("postgres://user:{password}@{host}:5432/db")),
                ("PGBOUNCER_URL", format!("postgres://user:{password}@{host}:5433/db")),
            ],
            None => Vec::new(),
        }
    }
}

fn brokers(host: &str, ports: [u16; 3]) -> String {
    ports.map(|port| format!("kafka+ssl://{host}:{port}")).join(",")
}

impl State {
    /// All config variables of an app.
    pub(crate) fn config_vars(
        &self,
        app: &AppName,
        at: SystemTime,
    ) -> Reply<BTreeMap<ConfigVarName, Secret>> {
        if !self.heroku.apps.contains_key(app) {
            return Err(Refusal::not_found(format!("Couldn't find that app: {app}")));
        }
        let mut vars = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (attachment, id) in self.heroku.attached(app) {
            let Some(addon) = self.heroku.addons.get(id) else { continue };
            if at < addon.provisioned_at {
                continue;
            }
            for variable in addon.variables() {
                let name = known(format!("{attachment}{variable}").parse());
                vars.insert(name, Secret::new(addon.value(variable)));
            }
            // An endpoint has variables of the add-on's first attachment only.
            if !seen.insert(*id) {
                continue;
            }
            for endpoint in self.connected(*id, at) {
                let delay = self.timings.config_var;
                if endpoint.connected_since(at).is_none_or(|since| at < since + delay) {
                    continue;
                }
                for (suffix, value) in addon.endpoint_values(&endpoint.regional_name()) {
                    let name = ConfigVarName::for_endpoint(attachment, &endpoint.id, suffix);
                    vars.insert(known(name), Secret::new(value));
                }
            }
        }
        Ok(vars)
    }

    /// The VPC endpoints that are connected to an add-on's endpoint service.
    pub(crate) fn connected(
        &self,
        addon: AddonId,
        at: SystemTime,
    ) -> impl Iterator<Item = &EndpointRecord> {
        let link = self.heroku.links.get(&addon).and_then(|link| link.at(at));
        let service = link.and_then(|link| link.service_name.as_ref());
        service
            .into_iter()
            .flat_map(|service| self.aws.endpoints_of_service(service))
            .filter(move |endpoint| endpoint.connected_since(at).is_some())
    }
}
