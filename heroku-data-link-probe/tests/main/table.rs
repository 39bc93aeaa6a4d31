//! How a report reads, for people and for programs.

use heroku_data_link_probe::{Deadlines, Probe, ProbeReport, Tls};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::certificates::Authority;
use crate::fakes::{self, Names};
use crate::time::Run;
use crate::url;

/// The text with what differs from run to run replaced.
fn stable(report: &ProbeReport, text: &str) -> String {
    let mut text = text.to_owned();
    for (at, host) in report.hosts.iter().enumerate() {
        text = text.replace(&format!(":{}", host.host.port()), &format!(":port{at}"));
        if let Some(certificate) = host.certificate {
            text = text.replace(&certificate.to_string(), &format!("fingerprint{at}"));
        }
    }
    text
}

/// Time stands still.
#[tokio::test(start_paused = true)]
async fn a_report_reads_well() {
    const ZONAL: &str = "vpce-0a-us-east-1a.example";
    let up = fakes::store(Authority::new("ours").local().server(None)).await;
    let probe =
        Probe::new(&url(&format!("rediss://:hunter2@localhost:{}", up.port())), Tls::unverified());
    let names = Names::default()
        .with("localhost", &["127.0.0.2", "127.0.0.1"])
        .with(ZONAL, &["203.0.113.5", "10.0.1.5"]);
    let probe = probe.with_resolver(names).also_look_up([ZONAL, "vpce-0a.example"]);
    let report = Run::of(probe).now().await;
    assert_eq!(
        stable(&report, &report.to_string()),
        "\
Key-Value Store (TLS unverified) does not connect; 0.00 ms
host             dns      tcp      tls      hello
localhost:port0  0.00 ms  0.00 ms  0.00 ms  0.00 ms
localhost:port0: connected to 127.0.0.1:port0
localhost:port0: certificate sha256:fingerprint0
vpce-0a-us-east-1a.example: 203.0.113.5, 10.0.1.5; 0.00 ms
vpce-0a.example: dns failed: the name does not resolve
  remedy: check the name against the config variable. For the name of a VPC endpoint: the endpoint \
must be available, the VPC must have DNS support on, and this machine must use the VPC's resolver, \
or one that forwards to public DNS
note: vpce-0a-us-east-1a.example has the public address 203.0.113.5, and the name of a VPC endpoint \
should have private ones: check which resolver answers this machine
note: 127.0.0.2, an address of localhost:port0, did not accept a connection (the host answered that \
nothing listens on the port): use the port of the config variable as it is (Key-Value Store 6379, \
Postgres 5432, pooled 5433, Kafka 10001 and up), and 80 or 443 for a web app; the network lets the \
connection through
"
    );
    let json = stable(&report, &serde_json::to_string(&report).unwrap());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["passed"], false);
    assert_eq!(json["service"], "key-value-store");
    assert_eq!((&json["tls"], &json["pinned"]), (&json!("unverified"), &json!(false)));
    let stage = |name: &str| json!({ "stage": name, "took-micros": 0, "failure": null });
    assert_eq!(
        json["hosts"][0],
        json!({
            "host": "localhost:port0",
            "addresses": ["127.0.0.2", "127.0.0.1"],
            "connected": "127.0.0.1:port0",
            "certificate": "fingerprint0",
            "stages": [stage("dns"), stage("tcp"), stage("tls"), stage("hello")],
        })
    );
    assert_eq!(json["names"][1]["failure"]["code"], "not-found");
    assert_eq!(json["findings"][0]["finding"], "public-address");
    assert_eq!(json["findings"][1]["failure"]["code"], "refused");
}

#[tokio::test(start_paused = true)]
async fn a_failure_stands_in_its_column() {
    let (silent, mut heard) = fakes::mute_after(&[]).await;
    let hosts = [fakes::closed_port(), silent, fakes::closed_port()];
    let hosts: Vec<_> = hosts.iter().map(|host| format!("kafka+ssl://{host}")).collect();
    let run = Run::of(Probe::new(&url(&hosts.join(",")), Tls::pinned([])));
    heard.recv().await.unwrap();
    advance(Deadlines::DEFAULT.tls).await;
    let report = run.now().await;
    let text = stable(&report, &report.to_string());
    let lines: Vec<_> = text.lines().take(7).collect();
    assert_eq!(
        lines,
        [
            "Apache Kafka (TLS unverified, pinned) does not connect; 5000 ms",
            "host             dns      tcp      tls     hello",
            "127.0.0.1:port0  0.00 ms  refused  -       -",
            "127.0.0.1:port1  0.00 ms  0.00 ms  silent  -",
            "127.0.0.1:port2  0.00 ms  refused  -       -",
            "127.0.0.1:port0: 127.0.0.1",
            "127.0.0.1:port1: connected to 127.0.0.1:port1",
        ]
    );
    assert_eq!(text.matches("  remedy: ").count(), 3, "{text}");
}

#[tokio::test]
async fn a_pinned_connection_says_so() {
    let pair = Authority::new("ours").local();
    let address = fakes::store(pair.server(None)).await;
    let url = url(&format!("rediss://:hunter2@{address}"));
    let report = Probe::new(&url, Tls::pinned([pair.fingerprint()])).run().await;
    assert!(report.to_string().starts_with("Key-Value Store (TLS unverified, pinned) connects; "));
}
