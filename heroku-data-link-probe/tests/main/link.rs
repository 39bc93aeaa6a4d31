//! The probe of an established link.

use std::collections::BTreeMap;

use heroku_data_link::model::{ConfigVarName, DataService, Secret, TlsMode};
use heroku_data_link::privatelink::{PrivateLinkOutput, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::ConfigVars;
use heroku_data_link::reconcile::Driver;
use heroku_data_link_mock::World;
use heroku_data_link_probe::{Connected, DnsFailure, Failure, InvalidPem, Tls, TlsError};

use crate::certificates::Authority;
use crate::fakes::{self, Names};
use crate::url;

pub(crate) type Variables = BTreeMap<ConfigVarName, Secret>;

/// A link on the simulated clouds, and the variables of its app.
pub(crate) async fn established(service: DataService) -> (PrivateLinkOutput, Variables) {
    let (world, site) = World::of_the_procedures(service);
    let spec = PrivateLinkSpec::new("events".parse().unwrap(), site.addon, site.vpc);
    let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
    let link = Driver::new(workflow, world.clock()).establish().await.unwrap();
    let variables = world.heroku().config_vars(&link.app).await.unwrap();
    (link, variables)
}

fn name(text: &str) -> ConfigVarName {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_link_is_proved_in_one_line() {
    let (mut link, variables) = established(DataService::KeyValueStore).await;
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    // Where the simulated variable leads to is nowhere.
    link.connections[0].url = url(&format!("rediss://:hunter2@{address}"));
    link.dns_names.clear();

    let report = link.probe(&variables).await.unwrap();

    assert!(report.passed, "{report}");
    assert_eq!(report.link, link.link);
    let variable = &link.connections[0].variable;
    assert!(report.connections[variable].passed);
    assert!(
        report.to_string().starts_with(&format!("{variable}: Key-Value Store (TLS unverified"))
    );
}

#[tokio::test]
async fn every_name_of_the_endpoint_is_looked_up() {
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let (link, variables) = established(service).await;
        assert!(link.dns_names.len() > 1, "regional and zonal");
        let probes = link.probes(&variables).unwrap();
        assert_eq!(probes.len(), link.connections.len());
        let mut looked_up = Vec::new();
        for (variable, probe) in probes {
            let report = probe.with_resolver(Names::default()).run().await;
            assert_eq!(report.tls, TlsMode::Unverified, "{variable}");
            let failures = report.failures().map(|(_, failure)| failure.clone());
            assert!(failures.into_iter().all(|it| it == Failure::from(DnsFailure::NotFound)));
            looked_up.extend(report.names.into_iter().map(|it| it.name));
        }
        // Once, though several variables may lead through the endpoint.
        assert!(looked_up.iter().eq(&link.dns_names), "{looked_up:?}");
    }
}

#[tokio::test]
async fn kafkas_certificates_come_from_the_variables() {
    let (link, _) = established(DataService::Kafka).await;
    let [trusted, certificate, key] = link.connections[0].certificates.as_slice() else {
        panic!("{link:?}")
    };
    assert_eq!(trusted, &name("KAFKA_TRUSTED_CERT"));
    let authority = Authority::new("ours");
    let (ours, other) = (authority.local(), authority.local());
    let good: Variables = [
        (trusted, [authority.pem.as_str(), &authority.pem].concat()),
        (certificate, ours.certificate.clone()),
        (key, ours.key.clone()),
    ]
    .map(|(name, value)| (name.clone(), Secret::new(value)))
    .into();
    let tls = Tls::of_connection(&link.connections[0], &good).unwrap();
    assert_eq!((tls.mode(), tls.has_identity()), (TlsMode::VerifyChain, true));

    for missing in [trusted, certificate, key] {
        let mut variables = good.clone();
        variables.remove(missing);
        let error = link.probes(&variables).unwrap_err();
        assert_eq!(error, TlsError::NoVariable(missing.clone()));
        assert_eq!(link.probe(&variables).await.unwrap_err(), error);
        let sentence = format!("config variable {missing} is missing, which the connection needs");
        assert_eq!(error.to_string(), sentence);
    }
    for (variable, value, expected) in [
        (trusted, "", InvalidPem::NoCertificate),
        (certificate, "hunter2", InvalidPem::NoCertificate),
        (key, "hunter2", InvalidPem::NoKey),
        (key, &other.key, InvalidPem::OtherKey),
    ] {
        let mut variables = good.clone();
        variables.insert(variable.clone(), Secret::new(value));
        let error = link.probes(&variables).unwrap_err();
        assert_eq!(error, TlsError::Variable(variable.clone(), expected));
    }
}
