//! Web apps behind a peering, and each way in which they are not reached.

use std::net::SocketAddr;

use heroku_data_link::model::{CidrSet, TlsMode};
use heroku_data_link::peering::{PeeringOutput, PeeringSpec, PeeringWorkflow};
use heroku_data_link::reconcile::Driver;
use heroku_data_link_mock::World;
use heroku_data_link_probe::{
    DnsFailure, Failure, Finding, HttpFailure, Peered, Probe, ProbeReport, Service, SpaceBlocks,
    TcpFailure, Tls, TlsFailure,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, Pair};
use crate::fakes::{self, Names};
use crate::time::Run;
use crate::{failure, stages};

const APP: &str = "app.example";

fn cidrs(texts: &[&str]) -> CidrSet {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A space that is this machine.
pub(crate) fn here() -> SpaceBlocks {
    SpaceBlocks::new(cidrs(&["127.0.0.0/8"]), CidrSet::new())
}

/// A probe of an app that is at this address.
pub(crate) fn probe_of(address: SocketAddr, tls: Tls) -> Probe {
    let name = format!("{APP}:{}", address.port());
    let probe = Probe::of_apps([name.as_str()], here(), tls).unwrap();
    probe.with_resolver(Names::default().with(APP, &["127.0.0.1"]))
}

/// Answers one request behind TLS, and tells of it.
async fn https(pair: &Pair, answer: &'static [u8]) -> (SocketAddr, UnboundedReceiver<String>) {
    let (sender, heard) = unbounded_channel();
    let acceptor = TlsAcceptor::from(pair.server(None));
    let address = fakes::serve(move |stream| {
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let _ = sender.send(String::from_utf8_lossy(&request[..read]).into_owned());
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (address.await, heard)
}

#[tokio::test]
async fn an_app_answers_through_http() {
    // As in the published procedure, and slowly.
    let answer = b"HTTP/1.1 200 OK\r\nServer: Apache\r\nVia: 1.1 spaces-router\r\n\r\n";
    let report = probe_of(fakes::says(answer).await, Tls::off()).run().await;
    assert!(report.passed && report.findings.is_empty(), "{report}");
    assert_eq!(stages(&report), ["dns", "tcp", "http"]);
    assert_eq!((report.service, report.hosts[0].status), (Service::Web, Some(200)));
    let text = report.to_string();
    assert!(text.starts_with("Web app (TLS off) connects; "), "{text}");
    assert!(text.contains("tls  http\n") && text.contains("answered with status 200"), "{text}");
    let document = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&document["service"], &document["hosts"][0]["status"]),
        (&json!("web"), &json!(200))
    );
}

#[tokio::test]
async fn any_status_is_an_answer_and_nothing_is_followed() {
    for (answer, status, is_noted) in [
        (&b"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere.example/\r\n\r\n"[..], 301, false),
        (b"HTTP/1.0 404\r\n\r\n", 404, false),
        (b"HTTP/1.1 503 H10\r\n\r\n", 503, true),
    ] {
        let report = probe_of(fakes::says(answer).await, Tls::off()).run().await;
        assert!(report.passed, "{report}");
        assert_eq!(report.hosts[0].status, Some(status));
        let noted = report.findings.iter().any(|it| matches!(it, Finding::ServerError { .. }));
        assert_eq!(noted, is_noted, "{report}");
    }
}

#[tokio::test]
async fn an_app_answers_through_https() {
    let authority = Authority::new("ours");
    let pair = authority.issue(&[APP], crate::certificates::Validity::Now);
    let (address, mut heard) = https(&pair, b"HTTP/1.1 204 No Content\r\n\r\n").await;
    for tls in [
        Tls::verify_full(&authority.authorities()),
        Tls::pinned([pair.fingerprint()]),
        Tls::unverified(),
    ] {
        let report = probe_of(address, tls).run().await;
        assert!(report.passed, "{report}");
        assert_eq!(stages(&report), ["dns", "tcp", "tls", "http"]);
        let request = heard.recv().await.unwrap();
        let expected = format!("HEAD / HTTP/1.1\r\nHost: {APP}:{}\r\n", address.port());
        assert!(request.starts_with(&expected) && request.ends_with("\r\n\r\n"), "{request}");
    }
    let other = Authority::new("other").authorities();
    let report = probe_of(address, Tls::verify_full(&other)).run().await;
    assert_eq!(failure(&report), TlsFailure::UnknownAuthority.into());
    let other = authority.local();
    let (address, _) = https(&other, b"HTTP/1.1 200 OK\r\n\r\n").await;
    let report = probe_of(address, Tls::verify_full(&authority.authorities())).run().await;
    assert_eq!(failure(&report), TlsFailure::WrongName.into());
}

#[tokio::test]
async fn a_name_must_lead_into_the_space() {
    let probe = |addresses: &[&str]| {
        let names = Names::default().with(APP, addresses).with("db.example", addresses);
        let probe = Probe::of_apps([APP], SpaceBlocks::default(), Tls::off()).unwrap();
        probe.with_resolver(names).also_look_up(["db.example"])
    };
    for (addresses, expected) in [
        (&["203.0.113.5"][..], DnsFailure::Public),
        (&["10.0.1.5", "203.0.113.5"], DnsFailure::Public),
        (&["10.1.0.5"], DnsFailure::Reserved),
        (&["192.168.1.5"], DnsFailure::OutsideSpace),
    ] {
        let report = probe(addresses).run().await;
        assert_eq!(failure(&report), expected.into(), "{report}");
        // No packet is sent there, and what was found is shown.
        assert_eq!(stages(&report), ["dns"]);
        assert_eq!(report.hosts[0].addresses.len(), addresses.len());
        assert_eq!(report.names[0].failure, Some(expected.into()), "a name is judged as well");
        assert!(report.findings.is_empty(), "{report}");
    }
}

#[tokio::test]
async fn an_app_that_does_not_answer() {
    let refused = probe_of(fakes::closed_port(), Tls::off()).run().await;
    assert_eq!(failure(&refused), TcpFailure::Refused.into());
    let long: &'static [u8] = vec![b'H'; 2000].leak();
    for (answer, expected) in [
        (&b""[..], HttpFailure::Closed),
        (b"HTTP/1.1", HttpFailure::NotHttp),
        (b"-ERR unknown command 'HEAD'\r\n", HttpFailure::NotHttp),
        (b"HTTP/1.1 OK 200\r\n", HttpFailure::NotHttp),
        (long, HttpFailure::NotHttp),
    ] {
        let report = probe_of(fakes::says(answer).await, Tls::off()).run().await;
        assert_eq!(failure(&report), expected.into(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_silent() {
    let (address, mut heard) = fakes::mute_after(&[]).await;
    let run = Run::of(probe_of(address, Tls::off()));
    heard.recv().await.unwrap();
    let report = run.end().await;
    assert_eq!(failure(&report), HttpFailure::Silent.into());
    let (address, mut heard) = fakes::mute_after(&[b"HTTP/1.1 2"]).await;
    let run = Run::of(probe_of(address, Tls::off()));
    let report = run.end().await;
    let _ = heard.try_recv();
    assert_eq!(failure(&report), HttpFailure::NotHttp.into());
}

#[tokio::test]
async fn of_no_app_nothing_is_proved() {
    let report = Probe::of_apps([], here(), Tls::off()).unwrap().run().await;
    assert!(!report.passed && report.hosts.is_empty());
    assert!(Probe::of_apps(["h:hunter2@host"], here(), Tls::off()).is_err());
}

/// The peering of the published procedure.
pub(crate) async fn peered() -> PeeringOutput {
    let (world, site) = World::of_the_peering_procedure();
    let aws = world.aws_in(site.account, site.region.clone());
    let spec = PeeringSpec::new("office".parse().unwrap(), site.space, site.vpc);
    let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
    Driver::new(workflow, world.clock()).establish().await.unwrap()
}

#[tokio::test]
async fn a_peering_knows_where_its_apps_are() {
    let peering = peered().await;
    let probe = peering.probe_apps([APP], Tls::off()).unwrap();
    for (address, expected) in [
        ("10.1.0.5", Failure::Dns(DnsFailure::Reserved)),
        // In the VPC of the space, and not where its dynos are.
        ("10.0.200.5", Failure::Dns(DnsFailure::OutsideSpace)),
    ] {
        let names = Names::default().with(APP, &[address]);
        let report: ProbeReport = probe.clone().with_resolver(names).run().await;
        assert_eq!(failure(&report), expected, "{report}");
        assert_eq!(report.tls, TlsMode::Off);
    }
    // Those of the procedure.
    assert!(peering.blocks().space.covers(&"10.0.25.212/32".parse().unwrap()));
}
