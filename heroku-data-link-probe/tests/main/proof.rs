//! A report that was made inside the VPC, read outside of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use heroku_data_link::privatelink::PrivateLinkOutput;
use heroku_data_link::reconcile::Clock;
use heroku_data_link_probe::{
    NotProved, Peered, Probe, ProbeReport, Service, TcpFailure, Tls, prove, prove_apps,
};
use serde_json::{Value, json};

use crate::certificates::Authority;
use crate::fakes;
use crate::link::established;
use crate::{apps, url};

const HOUR: Duration = Duration::from_secs(3600);

/// A clock that stands still.
#[derive(Debug)]
struct At(u64);

#[async_trait]
impl Clock for At {
    fn now(&self) -> SystemTime {
        at(self.0)
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Through JSON, as the report comes.
fn again(report: &ProbeReport) -> ProbeReport {
    serde_json::from_str(&serde_json::to_string(report).unwrap()).unwrap()
}

/// A link to a server of this machine, and the report of its probe.
async fn proved() -> (PrivateLinkOutput, ProbeReport) {
    let (mut link, _) = established(heroku_data_link::model::DataService::KeyValueStore).await;
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    link.connections[0].url = url(&format!("rediss://:hunter2@{address}"));
    let probe = Probe::new(&link.connections[0].url, Tls::unverified());
    let report = probe.with_clock(Arc::new(At(1_000_000))).run().await;
    assert!(report.passed, "{report}");
    (link, report)
}

#[tokio::test]
async fn what_is_written_is_read() {
    let (_, report) = proved().await;
    let read = again(&report);
    // Microseconds are kept, and nothing below them.
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&report).unwrap());
    assert_eq!(read.at, at(1_000_000));
    let refused = url(&format!("rediss://:hunter2@{}", fakes::closed_port()));
    let report = Probe::new(&refused, Tls::unverified()).also_look_up(["no.invalid"]).run().await;
    let read = again(&report);
    assert!(!read.passed && read.failures().eq(report.failures()), "{read}");
}

#[tokio::test]
async fn a_report_of_another_version_is_read_and_a_damaged_one_is_not() {
    let (_, report) = proved().await;
    let document = serde_json::to_value(&report).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        serde_json::from_value::<ProbeReport>(document)
    };
    let read = with(&|it| it["new"] = json!({ "a": 1 })).unwrap();
    assert!(read.passed);
    let read =
        with(&|it| it["hosts"][0]["stages"][3]["failure"] = json!({ "code": "new" })).unwrap();
    assert!(!read.passed, "`passed` follows from the stages, whatever the report says");
    let read = with(&|it| it["findings"] = json!([{ "finding": "new" }])).unwrap();
    assert!(read.passed && read.findings.is_empty());
    let read = with(&|it| it["hosts"] = json!([])).unwrap();
    assert!(!read.passed);
    for field in ["at", "service", "tls", "hosts"] {
        assert!(with(&|it| drop(it.as_object_mut().unwrap().remove(field))).is_err(), "{field}");
    }
    for (field, value) in [
        ("at", json!(-1)),
        ("at", json!(u64::MAX)),
        ("service", json!("mysql")),
        ("hosts", json!([1])),
    ] {
        assert!(with(&|it| it[field] = value.clone()).is_err(), "{field}: {value}");
    }
}

#[tokio::test]
async fn a_link_is_proved_by_its_own_report_that_is_fresh() {
    let (link, report) = proved().await;
    let report = again(&report);
    let now = at(1_000_000) + HOUR;
    assert_eq!(prove(&link, &report, now, HOUR), Ok(at(1_000_000)));

    let late = now + Duration::from_secs(1);
    let error = prove(&link, &report, late, HOUR).unwrap_err();
    let sentence = "the probe report is of 1970-01-12T13:46:40Z, which is longer ago than 3600 s";
    assert_eq!(error.to_string(), sentence);
    // Clocks differ a little, and no more.
    assert!(prove(&link, &report, at(1_000_000 - 300), HOUR).is_ok());
    let error = prove(&link, &report, at(1_000_000 - 301), HOUR).unwrap_err();
    assert!(matches!(error, NotProved::Future { .. }), "{error}");

    // Its hosts are named by the endpoint, or by a connection.
    let mut other = link.clone();
    other.connections[0].url = url("rediss://:hunter2@elsewhere.example:6379");
    let error = prove(&other, &report, now, HOUR).unwrap_err();
    assert!(matches!(error, NotProved::OtherHost { .. }), "{error}");
    other.dns_names.insert("127.0.0.1".to_owned());
    assert!(prove(&other, &report, now, HOUR).is_ok());

    let (postgres, _) = established(heroku_data_link::model::DataService::Postgres).await;
    let error = prove(&postgres, &report, now, HOUR).unwrap_err();
    assert!(matches!(error, NotProved::OtherService { .. }), "{error}");

    let mut weak = report.clone();
    weak.tls = heroku_data_link::model::TlsMode::Off;
    let error = prove(&link, &weak, now, HOUR).unwrap_err();
    assert!(matches!(error, NotProved::WeakerTls { .. }), "{error}");

    let mut empty = report.clone();
    empty.hosts.clear();
    assert_eq!(prove(&link, &empty, now, HOUR), Err(NotProved::Empty));
    let mut half = report;
    half.hosts[0].stages.pop();
    half.passed = false;
    assert_eq!(prove(&link, &half, now, HOUR), Err(NotProved::Empty));
}

#[tokio::test]
async fn a_failure_inside_is_told_outside_with_its_remedy() {
    let (mut link, _) = proved().await;
    link.connections[0].url = url(&format!("rediss://:hunter2@{}", fakes::closed_port()));
    let probe = Probe::new(&link.connections[0].url, Tls::unverified());
    let report = again(&probe.with_clock(Arc::new(At(0))).run().await);
    let error = prove(&link, &report, at(0), HOUR).unwrap_err();
    let NotProved::Failed { failure, .. } = &error else { panic!("{error}") };
    assert_eq!((failure, error.remedy()), (&TcpFailure::Refused.into(), failure.remedy()));
    assert!(error.to_string().contains(": tcp failed from inside the VPC: "), "{error}");
}

#[tokio::test]
async fn a_peering_is_proved_by_all_of_its_named_apps() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\n";
    let probe = apps::probe_of(fakes::says(answer).await, Tls::off());
    let report = again(&probe.with_clock(Arc::new(At(0))).run().await);
    assert_eq!(report.service, Service::Web);
    let named = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
    let judged = |names: &[&str], blocks: &heroku_data_link_probe::SpaceBlocks| {
        prove_apps(&named(names), blocks, &report, at(0), HOUR)
    };
    let app = "App.example";
    assert_eq!(judged(&[app], &apps::here()), Ok(at(0)));
    assert_eq!(judged(&[&report.hosts[0].host.to_string()], &apps::here()), Ok(at(0)));
    let error = judged(&[app, "more.example"], &apps::here()).unwrap_err();
    assert_eq!(error, NotProved::Missing { app: "more.example".to_owned() });
    let error = judged(&["more.example"], &apps::here()).unwrap_err();
    assert!(matches!(error, NotProved::OtherHost { .. }), "{error}");
    assert!(matches!(judged(&[], &apps::here()), Err(NotProved::OtherHost { .. })));
    // The addresses that were found are not those of this peering.
    let error = judged(&[app], &apps::peered().await.blocks()).unwrap_err();
    assert!(error.to_string().contains("to which the peering does not lead"), "{error}");
}
