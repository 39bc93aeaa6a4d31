//! librdkafka's mock cluster, behind TLS that asks for a client certificate, as Heroku's Kafka does.

use std::net::SocketAddr;
use std::time::Duration;

use heroku_data_link::model::ConnectionUrl;
use heroku_data_link_probe::{Deadlines, Finding, Probe, ProbeReport, Tls, TlsFailure};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::advance;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, Validity};
use crate::servers::kafka::Cluster;
use crate::time::Run;
use crate::{fakes, stages, url};

/// The brokers behind TLS, and who signed what.
pub(crate) struct Protected {
    servers: Authority,
    clients: Authority,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Protected {
    /// A door to each broker, whose certificate names neither the host nor anything like it.
    pub(crate) async fn new(cluster: &Cluster) -> Self {
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let mut addresses = Vec::new();
        for &broker in &cluster.brokers {
            let pair = servers.issue(&["ip-10-1-2-3.ec2.internal"], Validity::Now);
            let acceptor = TlsAcceptor::from(pair.server(Some(&clients)));
            let door = fakes::serve(move |stream| {
                let acceptor = acceptor.clone();
                async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut broker = TcpStream::connect(broker).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut broker).await;
                }
            });
            addresses.push(door.await);
        }
        Self { servers, clients, addresses }
    }

    pub(crate) fn url(&self) -> ConnectionUrl {
        let hosts: Vec<_> =
            self.addresses.iter().map(|broker| format!("kafka+ssl://{broker}")).collect();
        url(&hosts.join(","))
    }

    /// As Heroku hands it out.
    pub(crate) fn tls(&self) -> Tls {
        let identity = self.clients.issue(&["client"], Validity::Now).identity();
        Tls::verify_chain(&self.servers.authorities()).with_identity(identity)
    }
}

fn failures(report: &ProbeReport) -> Vec<heroku_data_link_probe::Failure> {
    report.failures().map(|(_, failure)| failure.clone()).collect()
}

/// One broker, of this name, or so many of a short one.
fn advertising(host: &str, brokers: usize) -> Vec<u8> {
    let frame = |body: &[u8]| [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat();
    // The number of the answer, no error, and one question that is known: that for brokers.
    let versions = frame(b"\0\0\0\x01\0\0\0\0\0\x01\0\x03\0\x01\0\x01");
    let length = u16::try_from(host.len()).unwrap().to_be_bytes();
    let broker = [b"\0\0\0\x01", &length[..], host.as_bytes(), b"\0\0\x27\x11\xff\xff"].concat();
    let count = u32::try_from(brokers).unwrap().to_be_bytes();
    let brokers = [b"\0\0\0\x02", &count[..], &broker.repeat(brokers)].concat();
    [versions, frame(&brokers)].concat()
}

#[tokio::test]
async fn what_a_cluster_advertises_is_bounded() {
    let long = "x".repeat(254);
    let cases = [("broker", 1, true), ("broker", 1000, true), ("broker", 1001, false)];
    let names = [(&long[1..], 1, true), (&long, 1, false), ("\u{1b}[31m", 1, false)];
    for (host, brokers, is_read) in cases.into_iter().chain(names) {
        let answer: &'static [u8] = advertising(host, brokers).leak();
        let address = fakes::says(answer).await;
        let report = Probe::new(&url(&format!("kafka://{address}")), Tls::off()).run().await;
        assert_eq!(report.passed, is_read, "{brokers} {host}: {report}");
        assert_eq!(report.hosts[0].advertised.len(), if is_read { brokers } else { 0 });
    }
}

#[tokio::test]
async fn every_listed_broker_is_asked() {
    let Some(cluster) = Cluster::shared() else { return };
    let protected = Protected::new(cluster).await;
    let report = Probe::new(&protected.url(), protected.tls()).run().await;
    assert!(report.passed, "{report}");
    assert_eq!(stages(&report), ["dns", "tcp", "tls", "hello"]);
    assert_eq!(report.hosts.len(), 3);
    assert_eq!(report.certificates().len(), 3, "one certificate for each broker");
    for host in &report.hosts {
        let advertised: Vec<SocketAddr> =
            host.advertised.iter().map(|it| it.to_string().parse().unwrap()).collect();
        let mut expected = cluster.brokers.clone();
        expected.sort_by_key(|broker| advertised.iter().position(|it| it == broker));
        assert_eq!(advertised, expected);
    }
    // The cluster knows nothing of the doors, and sends its clients past them.
    let unlisted = report.findings.iter().map(|finding| match finding {
        Finding::UnlistedBroker { broker } => broker.to_string().parse().unwrap(),
        other => panic!("{other}"),
    });
    let mut unlisted: Vec<SocketAddr> = unlisted.collect();
    let mut expected = cluster.brokers.clone();
    unlisted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(unlisted, expected);
}

#[tokio::test]
async fn brokers_that_are_listed_are_no_finding() {
    let Some(cluster) = Cluster::shared() else { return };
    let hosts: Vec<_> = cluster.brokers.iter().map(|it| format!("kafka://{it}")).collect();
    let report = Probe::new(&url(&hosts.join(",")), Tls::off()).run().await;
    assert!(report.passed, "{report}");
    assert_eq!(report.findings, [Finding::NotEncrypted]);
}

#[tokio::test]
async fn a_broker_that_is_down_does_not_hide_the_others() {
    let Some(cluster) = Cluster::shared() else { return };
    let mut protected = Protected::new(cluster).await;
    protected.addresses[1] = fakes::closed_port();
    let report = Probe::new(&protected.url(), protected.tls()).run().await;
    let passed: Vec<_> =
        report.hosts.iter().map(heroku_data_link_probe::HostReport::passed).collect();
    assert_eq!(passed, [true, false, true], "{report}");
    assert!(!report.passed);
}

#[tokio::test]
async fn what_kafka_refuses() {
    let Some(cluster) = Cluster::shared() else { return };
    let protected = Protected::new(cluster).await;
    let authorities = protected.servers.authorities();
    let stranger = Authority::new("strangers").issue(&["client"], Validity::Now).identity();
    for (tls, expected) in [
        (Tls::verify_chain(&authorities), TlsFailure::ClientCertificateMissing),
        (
            Tls::verify_chain(&authorities).with_identity(stranger),
            TlsFailure::ClientCertificateRefused,
        ),
        (Tls::verify_full(&authorities), TlsFailure::WrongName),
        (
            Tls::verify_chain(&Authority::new("strangers").authorities()),
            TlsFailure::UnknownAuthority,
        ),
    ] {
        let report = Probe::new(&protected.url(), tls).run().await;
        assert_eq!(failures(&report), [expected; 3].map(Into::into), "{report}");
    }
    let report = Probe::new(&protected.url(), Tls::off()).run().await;
    assert_eq!(report.hosts[0].failure().unwrap().stage().as_str(), "hello", "{report}");
    // A broker without TLS takes the greeting for a request, and hangs up or waits for its end.
    let url = url(&format!("kafka+ssl://{}", cluster.brokers[0]));
    let mut deadlines = Deadlines::DEFAULT;
    deadlines.tls = Duration::from_millis(200);
    let probe = Probe::new(&url, protected.tls()).with_deadlines(deadlines);
    let report = probe.run().await;
    assert_eq!(report.hosts[0].failure().unwrap().stage().as_str(), "tls", "{report}");
}

/// Doors that are slow cost the time of the slowest, and not that of all.
#[tokio::test(start_paused = true)]
async fn three_brokers_cost_the_slowest() {
    let Some(cluster) = Cluster::shared() else { return };
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut hosts = Vec::new();
    for (&broker, seconds) in cluster.brokers.iter().zip([1, 4, 2]) {
        let sender = sender.clone();
        let door = fakes::serve(move |mut stream| {
            let sender = sender.clone();
            async move {
                let mut broker = TcpStream::connect(broker).await.unwrap();
                let _ = sender.send(());
                #[allow(clippy::disallowed_methods)] // Time that the test moves.
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                let _ = copy_bidirectional(&mut stream, &mut broker).await;
            }
        });
        hosts.push(format!("kafka://{}", door.await));
    }
    let run = Run::of(Probe::new(&url(&hosts.join(",")), Tls::off()));
    for _ in 0..3 {
        heard.recv().await.unwrap();
    }
    advance(Duration::from_secs(4)).await;
    let report = run.now().await;
    assert!(report.passed, "{report}");
    assert_eq!(report.took.as_secs(), 4);
}
