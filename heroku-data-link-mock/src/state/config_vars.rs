//! The config variables that add-ons set.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AppName, AttachmentName, ConfigVarName, DataService, Secret,
};
use heroku_data_link::provider::Attachment;

use super::addons::AddonRecord;
use super::endpoint::EndpointRecord;
use super::{Refusal, Reply, State, known};
use crate::clock::beginning;

/// A config variable of an app, and where it has it from.
struct Variable<'a> {
    attachment: &'a AttachmentName,
    addon: AddonId,
    name: ConfigVarName,
    value: Secret,
}

/// Variables that are set, or unset.
pub(crate) type VariableChanges = BTreeMap<ConfigVarName, Option<Secret>>;

/// Where an add-on listens on Heroku's side; nobody connects to it.
pub(crate) fn host_of(id: AddonId) -> String {
    // Ids are numbered in their last digits.
    let id = id.to_string();
    let digits = id.get(id.len().saturating_sub(4)..).unwrap_or_default();
    let [high, low] = u16::from_str_radix(digits, 16).unwrap_or_default().to_be_bytes();
    format!("ec2-198-18-{high}-{low}.compute-1.amazonaws.com")
}

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

    pub(crate) fn value(&self, id: AddonId, variable: &str) -> String {
        let password = self.password.expose();
        let host = host_of(id);
        match (self.service(), variable) {
            (Some(DataService::KeyValueStore), _) => format!("rediss://:{password}@{host}:6380"),
            (Some(DataService::Kafka), "_URL") => brokers(&host, [9096, 9097, 9098]),
            (Some(DataService::Kafka), "_CLIENT_CERT_KEY") => {
                format!(
                    "-----BEGIN RSA PRIVATE KEY-----\n{password}\n-----END RSA PRIVATE KEY-----"
                )
            }
            (Some(DataService::Kafka), _) => {
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----".to_owned()
            }
            (Some(DataService::Postgres), _) => {
                format!("postgres://user:{password}@{host}:5432/db")
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
        let changes = self.heroku.own_variables.get(app).map_or(&[][..], Vec::as_slice);
        let mut own = BTreeMap::new();
        for (_, changes) in changes.iter().filter(|(since, _)| *since <= at) {
            own.extend(changes.clone());
        }
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let of_addons = self.variables(app, at);
        let of_addons = of_addons.into_iter().map(|variable| (variable.name, variable.value));
        Ok(own.chain(of_addons).collect())
    }

    /// The names of the variables that an app has by each add-on.
    #[cfg(feature = "server")]
    pub(crate) fn addon_variables(
        &self,
        app: &AppName,
        at: SystemTime,
    ) -> BTreeMap<AddonId, BTreeSet<ConfigVarName>> {
        let mut names: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for variable in self.variables(app, at) {
            names.entry(variable.addon).or_default().insert(variable.name);
        }
        names
    }

    /// Says of each attachment of an app which variables the app has by it.
    pub(crate) fn name_variables(
        &self,
        app: &AppName,
        at: SystemTime,
        attachments: &mut [Attachment],
    ) {
        for variable in self.variables(app, at) {
            let by = |it: &&mut Attachment| {
                it.name == *variable.attachment && it.addon == variable.addon
            };
            if let Some(attachment) = attachments.iter_mut().find(by) {
                attachment.config_vars.insert(variable.name);
            }
        }
    }

    fn variables(&self, app: &AppName, at: SystemTime) -> Vec<Variable<'_>> {
        let mut variables = Vec::new();
        let mut seen = BTreeSet::new();
        // An app gets to know of its attachments a moment later.
        let before = at.checked_sub(self.timings.attachment).unwrap_or(SystemTime::UNIX_EPOCH);
        for attachment in self.attached(app, before) {
            let id = attachment.addon;
            let Some(addon) = self.heroku.addons.get(&id) else { continue };
            if before < addon.provisioned_at {
                continue;
            }
            let mut put = |name: ConfigVarName, value: String| {
                let (attachment, value) = (&attachment.name, Secret::new(value));
                variables.push(Variable { attachment, addon: id, name, value });
            };
            let since = addon.provisioned_at.max(beginning());
            let late = self.timings.certificates;
            // A read may be of a time before the world's beginning.
            let has_certificates = late.is_zero() || at >= since + late;
            for variable in addon.variables().iter().filter(|it| has_certificates || **it == "_URL")
            {
                let name = known(format!("{}{variable}", attachment.name).parse());
                put(name, addon.value(id, variable));
            }
            // An endpoint has variables of the add-on's first attachment only.
            if !seen.insert(id) {
                continue;
            }
            for endpoint in self.connected(id, at) {
                let delay = self.timings.config_var;
                if endpoint.connected_since(at).is_none_or(|since| at < since + delay) {
                    continue;
                }
                for (suffix, value) in addon.endpoint_values(&endpoint.regional_name()) {
                    let name = ConfigVarName::for_endpoint(&attachment.name, &endpoint.id, suffix);
                    put(known(name), value);
                }
            }
        }
        variables
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
