//! Each stage, and each way in which it fails.

use std::time::Duration;

use heroku_data_link_probe::{
    Deadlines, DnsFailure, Failure, Finding, HelloFailure, Probe, Stage, TcpFailure, Tls,
    TlsFailure,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::certificates::Authority;
use crate::fakes::{self, Names, Nobody};
use crate::time::Run;
use crate::{failure, stages, url};

#[tokio::test]
async fn all_stages_pass_on_one_connection() {
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    let url = url(&format!("rediss://:hunter2@localhost:{}", address.port()));
    let probe = Probe::new(&url, Tls::unverified());
    let report =
        probe.with_resolver(Names::default().with("localhost", &["127.0.0.1"])).run().await;
    assert!(report.passed, "{report}");
    assert_eq!(stages(&report), ["dns", "tcp", "tls", "hello"]);
    let host = &report.hosts[0];
    assert_eq!(host.connected, Some(address));
    assert!(host.certificate.is_some() && report.findings.is_empty(), "{report}");
    assert!(host.stages.iter().map(|it| it.took).sum::<Duration>() <= report.took);
}

#[tokio::test]
async fn the_system_resolver_knows_this_machine_and_no_invalid_name() {
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    let here = url(&format!("rediss://:hunter2@localhost:{}", address.port()));
    let report = Probe::new(&here, Tls::unverified()).run().await;
    assert!(report.passed, "{report}");
    // Too long for a label: no resolver is asked.
    let nowhere = url(&format!("rediss://:hunter2@{}:1", "a".repeat(64)));
    let report = Probe::new(&nowhere, Tls::unverified()).run().await;
    assert_eq!(failure(&report), DnsFailure::NotFound.into());
    assert_eq!(stages(&report), ["dns"]);
}

#[tokio::test]
async fn a_name_without_an_address() {
    let url = url("rediss://:hunter2@vpce-0a.example:6379");
    for names in [Names::default(), Names::default().with("vpce-0a.example", &[])] {
        let report = Probe::new(&url, Tls::unverified()).with_resolver(names).run().await;
        assert_eq!(failure(&report), DnsFailure::NotFound.into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_does_not_answer() {
    let url = url("rediss://:hunter2@vpce-0a.example:6379");
    let report = Probe::new(&url, Tls::unverified()).with_resolver(Nobody).run().await;
    assert_eq!(failure(&report), DnsFailure::TimedOut.into());
    assert_eq!(report.took.as_secs(), 5);
}

#[tokio::test]
async fn endpoint_names_should_be_private() {
    const REGIONAL: &str = "vpce-0a.vpce-svc-0b.us-east-1.vpce.amazonaws.com";
    const ZONAL: &str = "vpce-0a-us-east-1a.vpce-svc-0b.us-east-1.vpce.amazonaws.com";
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    let url = url(&format!("rediss://:hunter2@{REGIONAL}:{}", address.port()));
    let names = Names::default().with(REGIONAL, &["127.0.0.1"]);
    let probe = Probe::new(&url, Tls::unverified()).also_look_up([ZONAL, "*.wild.example"]);

    let private = names.clone().with(ZONAL, &["10.0.1.5"]);
    let report = probe.clone().with_resolver(private).run().await;
    assert!(report.passed && report.findings.is_empty(), "{report}");
    assert_eq!(report.names.len(), 1, "a wild card is no name");
    assert_eq!(report.names[0].addresses, ["10.0.1.5".parse::<std::net::IpAddr>().unwrap()]);

    // Documentation addresses; nobody connects to them.
    let public = names.clone().with(ZONAL, &["203.0.113.5"]);
    let report = probe.clone().with_resolver(public).run().await;
    let address = "203.0.113.5".parse().unwrap();
    assert!(report.passed);
    assert_eq!(report.findings, [Finding::PublicAddress { name: ZONAL.to_owned(), address }]);

    let report = probe.with_resolver(names).run().await;
    assert!(!report.passed && report.hosts[0].passed());
    let failures: Vec<_> = report.failures().collect();
    assert_eq!(failures, [(ZONAL.to_owned(), &Failure::Dns(DnsFailure::NotFound))]);
}

#[tokio::test]
async fn a_refused_port() {
    let url = url(&format!("rediss://:hunter2@{}", fakes::closed_port()));
    let report = Probe::new(&url, Tls::unverified()).run().await;
    assert_eq!(failure(&report), TcpFailure::Refused.into());
    assert_eq!(stages(&report), ["dns", "tcp"]);
    assert!(failure(&report).remedy().contains("port"));
}

#[tokio::test]
async fn one_of_several_addresses_is_enough_and_the_others_are_told() {
    let address = fakes::store(Authority::new("ours").local().server(None)).await;
    let url = url(&format!("rediss://:hunter2@zones.example:{}", address.port()));
    // The whole of 127.0.0.0/8 is this machine, and the server listens on one of it.
    let names = Names::default().with("zones.example", &["127.0.0.2", "127.0.0.1"]);
    let report = Probe::new(&url, Tls::unverified()).with_resolver(names).run().await;
    assert!(report.passed, "{report}");
    assert_eq!(report.hosts[0].connected, Some(address));
    let [Finding::DeafAddress { address, failure, .. }] = report.findings.as_slice() else {
        panic!("{report}")
    };
    assert_eq!((address.to_string().as_str(), failure.code()), ("127.0.0.2", "refused"));
}

/// What plain-text servers answer to a TLS client.
#[tokio::test]
async fn a_plain_text_server_on_the_tls_port() {
    for answer in [
        &b"-ERR unknown command\r\n"[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let url = url(&format!("rediss://:hunter2@{}", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), TlsFailure::NotTls.into());
        assert_eq!(stages(&report), ["dns", "tcp", "tls"]);
    }
    let url = url(&format!("rediss://:hunter2@{}", fakes::says(b"").await));
    let report = Probe::new(&url, Tls::unverified()).run().await;
    assert_eq!(failure(&report), TlsFailure::Closed.into());
}

#[tokio::test]
async fn postgres_says_whether_it_has_tls() {
    for (answer, expected) in [
        (&b"N"[..], TlsFailure::NotOffered),
        (b"E", TlsFailure::NotTls),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", TlsFailure::NotTls),
        (b"", TlsFailure::Closed),
        // What was smuggled in before the handshake must not pass for protected.
        (b"SR\0\0\0\x08\0\0\0\0", TlsFailure::NotTls),
    ] {
        let url = url(&format!("postgres://u:hunter2@{}/d", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_says_nothing() {
    for scheme in ["rediss", "postgres", "kafka+ssl"] {
        let (address, mut heard) = fakes::mute_after(&[]).await;
        let login = if scheme == "kafka+ssl" { "" } else { "u:hunter2@" };
        let url = url(&format!("{scheme}://{login}{address}"));
        for (tls, expected) in [
            (Tls::unverified(), Failure::from(TlsFailure::Silent)),
            (Tls::off(), HelloFailure::Silent.into()),
        ] {
            let run = Run::of(Probe::new(&url, tls));
            heard.recv().await.unwrap();
            assert_eq!(failure(&run.end().await), expected, "{scheme}");
        }
    }
}

/// The first bytes of what each service answers, cut off.
const BEGINNINGS: [(&str, &[u8]); 3] = [
    ("redis://u:hunter2@", b"+O"),
    ("postgres://u:hunter2@", b"R\0\0\0\x08\0\0"),
    ("kafka://", b"\0\0\0\x20\0\0\0\x01\0\0"),
];

#[tokio::test]
async fn a_server_that_dies_in_mid_reply() {
    for (start, answer) in BEGINNINGS {
        let url = url(&format!("{start}{}", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::off()).run().await;
        assert_eq!(failure(&report), HelloFailure::ClosedInReply.into(), "{start}");
    }
    for (start, _) in BEGINNINGS {
        let url = url(&format!("{start}{}", fakes::says(b"").await));
        let report = Probe::new(&url, Tls::off()).run().await;
        assert_eq!(failure(&report), HelloFailure::Closed.into(), "{start}");
    }
}

/// What each service answers to the first message of its hello.
const FIRST_ANSWERS: [(&str, &[&[u8]]); 3] = [
    ("redis://u:hunter2@", &[b"+OK\r\n"]),
    ("postgres://u:hunter2@", &[b"R\0\0\0\x0c\0\0\0\x05salt"]),
    ("kafka://", &[b"\0\0\0\x10\0\0\0\x01\0\0\0\0\0\x01\0\x03\0\0\0\x0d"]),
];

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_in_mid_reply() {
    for (start, answers) in FIRST_ANSWERS {
        let (address, mut heard) = fakes::mute_after(answers).await;
        let run = Run::of(Probe::new(&url(&format!("{start}{address}")), Tls::off()));
        heard.recv().await.unwrap();
        assert_eq!(failure(&run.end().await), HelloFailure::Stalled.into(), "{start}");
    }
}

#[tokio::test]
async fn another_protocol() {
    for (start, _) in BEGINNINGS {
        let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nhunter2";
        let url = url(&format!("{start}{}", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::off()).run().await;
        let expected = [HelloFailure::NotUnderstood, HelloFailure::ClosedInReply];
        let found = failure(&report);
        assert!(expected.map(Failure::from).contains(&found), "{start}: {found:?}");
    }
}

/// Lengths that are lies cost neither memory nor time.
#[tokio::test]
async fn a_kafka_that_lies_about_lengths() {
    for answer in [
        // A frame of two gigabytes.
        &b"\x7f\xff\xff\xff\0\0\0\x01"[..],
        b"\xff\xff\xff\xff\0\0\0\x01",
        b"\0\0\0\x02\0\0",
        // Two thousand million versions.
        b"\0\0\0\x0a\0\0\0\x01\0\0\x7f\xff\xff\xff",
        b"\0\0\0\x0a\0\0\0\x01\0\0\xff\xff\xff\xff",
        // The answer to another question.
        b"\0\0\0\x0a\0\0\0\x07\0\0\0\0\0\0",
    ] {
        let url = url(&format!("kafka://{}", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::off()).run().await;
        assert_eq!(failure(&report), HelloFailure::NotUnderstood.into(), "{answer:?}");
    }
    // No metadata in a version that is known; and the broker's own word for it.
    for answer in [
        &b"\0\0\0\x10\0\0\0\x01\0\0\0\0\0\x01\0\x03\0\x09\0\x0d"[..],
        b"\0\0\0\x0a\0\0\0\x01\0\x23\0\0\0\0",
    ] {
        let url = url(&format!("kafka://{}", fakes::says(answer).await));
        let report = Probe::new(&url, Tls::off()).run().await;
        assert_eq!(failure(&report), HelloFailure::Incompatible.into(), "{answer:?}");
    }
}

/// A server that never stops talking is stopped listening to.
#[tokio::test]
async fn a_server_that_floods() {
    let address = fakes::serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"$100000000\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let url = url(&format!("redis://u:hunter2@{address}"));
    let deadlines = Deadlines::of(Duration::from_secs(60), Duration::from_secs(60));
    let report = Probe::new(&url, Tls::off()).with_deadlines(deadlines).run().await;
    assert_eq!(failure(&report), HelloFailure::NotUnderstood.into());
    assert_eq!(failure(&report).stage(), Stage::Hello);
}
