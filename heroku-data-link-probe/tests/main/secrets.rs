//! Nothing that the crate prints has a secret in it, whatever a server says.

use std::fmt::{Debug, Display, Write};

use heroku_data_link::model::Secret;
use heroku_data_link_probe::{
    Authorities, Identity, Probe, ProbeReport, SpaceBlocks, Tls, prove_apps,
};
use serde::Serialize;

use crate::certificates::{Authority, Validity};
use crate::fakes::{self, Names};
use crate::time::Run;
use crate::{apps, url};

/// A password, and a word of a key.
const CANARY: &str = "CANARY";

/// Everything that can be printed of a value.
fn printed(value: &(impl Debug + Display + Serialize)) -> String {
    format!("{value:?} {value:#?} {value} {}", serde_json::to_string(value).unwrap())
}

#[track_caller]
fn check(printed: &str, what: &str) {
    assert!(!printed.contains(CANARY), "{what}: {printed}");
}

#[track_caller]
fn check_report(report: &ProbeReport, what: &str) {
    assert!(!report.passed, "{what}");
    let mut text = printed(report);
    for (name, failure) in report.failures() {
        let _ = write!(text, "{name} {} {}", printed(failure), failure.remedy());
    }
    check(&text, what);
}

/// What servers say that have the password, and repeat it.
const ECHOES: [(&str, &[u8]); 10] = [
    ("redis://CANARY:CANARY@", b"-CANARY CANARY\r\n"),
    ("redis://CANARY:CANARY@", b"-WRONGPASS CANARY\r\n"),
    ("redis://CANARY:CANARY@", b"-ERR CANARY\r\n"),
    ("redis://CANARY:CANARY@", b"+CANARY\r\n"),
    ("redis://:CANARY@", b"-CANARY\r\n"),
    ("postgres://:CANARY@", b"E\0\0\0\x1dSFATAL\0C28P01\0MCANARY\0\0\0\0\0\0"),
    ("postgres://u:CANARY@", b"E\0\0\0\x1eSFATAL\0CCANARY\0MCANARY\0\0"),
    ("postgres://u:CANARY@", b"E\0\0\0\x1cSFATAL\0CCANARY\0MCANARY\0\0"),
    ("postgres://u:CANARY@", b"ECANARY"),
    ("kafka://", b"\0\0\0\x0aCANARYCANARY"),
];

#[tokio::test]
async fn no_failure_of_a_stage_shows_a_secret() {
    let login = "rediss://:CANARY@";
    let nowhere = url(&format!("{login}vpce-0a.example:6379"));
    let probe = Probe::new(&nowhere, Tls::unverified()).with_resolver(Names::default());
    check(&format!("{probe:?} {probe:#?}"), "probe");
    check_report(&probe.run().await, "dns");

    let refused = url(&format!("{login}{}", fakes::closed_port()));
    check_report(&Probe::new(&refused, Tls::unverified()).run().await, "tcp");

    let authority = Authority::new(CANARY);
    let pair = authority.issue(&["canary.example"], Validity::Past);
    let address = fakes::store(pair.server(None)).await;
    let tls = Tls::verify_full(&authority.authorities()).with_identity(pair.identity());
    let report = Probe::new(&url(&format!("{login}{address}")), tls.clone()).run().await;
    check_report(&report, "certificate");
    check(&format!("{tls:?} {tls:#?}"), "tls");

    for answer in [&b"CANARY"[..], b"-ERR CANARY\r\n", b"\x15\x03\x03\0\x06CANARY"] {
        let address = fakes::says(answer).await;
        let report = Probe::new(&url(&format!("{login}{address}")), Tls::unverified()).run().await;
        check_report(&report, "tls");
    }
    for (start, answer) in ECHOES {
        let address = fakes::says(answer).await;
        let report = Probe::new(&url(&format!("{start}{address}")), Tls::off()).run().await;
        check_report(&report, "hello");
    }
}

/// What an app says, its body, headers and redirects among it, is nobody's business.
#[tokio::test]
async fn nothing_of_an_apps_answer_is_shown() {
    let answers: [(&[u8], bool); 5] = [
        (
            b"HTTP/1.1 302 CANARY\r\nLocation: http://CANARY/\r\nSet-Cookie: CANARY\r\n\r\nCANARY",
            true,
        ),
        (b"HTTP/1.1 503 CANARY\r\n\r\nCANARY", true),
        (b"HTTP/1.1 CANARY\r\n\r\n", false),
        (b"CANARY\r\n", false),
        (b"CANARY", false),
    ];
    for (answer, passes) in answers {
        let report = apps::probe_of(fakes::says(answer).await, Tls::off()).run().await;
        assert_eq!(report.passed, passes, "{report}");
        check(&printed(&report), "an app");
    }
}

#[test]
fn a_report_that_is_read_shows_nothing_that_somebody_wrote_into_it() {
    let document = |name: &str| {
        serde_json::json!({
            "at": 1, "service": "web", "tls": "off", "CANARY": "CANARY",
            "hosts": [{ "host": "app.example:80", "CANARY": "CANARY", "stages": [{
                "stage": "http",
                "failure": { "code": "CANARY", "message": "CANARY CANARY", "remedy": "CANARY" },
            }] }],
            "names": [{ "name": name, "failure": { "code": "CANARY", "message": "CANARY" } }],
            "findings": [{ "finding": "CANARY", "name": "CANARY" }],
        })
    };
    let report: ProbeReport = serde_json::from_value(document("redis://h:CANARY@host")).unwrap();
    check_report(&report, "read");
    let (now, hour) = (report.at, std::time::Duration::from_secs(3600));
    let blocks = SpaceBlocks::default();
    for apps in [&["app.example".to_owned()][..], &["redis://h:CANARY@host".to_owned()], &[]] {
        let refused = prove_apps(apps, &blocks, &report, now, hour).unwrap_err();
        check(&format!("{refused} {refused:?} {}", refused.remedy()), "proof");
    }
}

/// What a client is set up with has the key, and does not print it.
#[test]
fn the_set_up_of_a_client_prints_no_key() {
    let pair = Authority::new("ours").local();
    let tls = Tls::unverified().with_identity(pair.identity());
    let printed = format!("{:?} {tls:?}", tls.client_config().unwrap());
    let body = pair.key.lines().nth(1).unwrap();
    assert!(!printed.contains(body) && !printed.contains(&format!("{:?}", &body.as_bytes()[..8])));
}

#[tokio::test]
async fn a_name_to_look_up_that_is_a_url_is_shown_without_its_password() {
    let nowhere = url("redis://host.example:6379");
    let names = ["redis://h:CANARY@host", "h:CANARY@host", "a\u{1b}[31m\u{202e}"];
    let probe = Probe::new(&nowhere, Tls::off()).with_resolver(Names::default());
    let report = probe.also_look_up(names).run().await;
    check_report(&report, "name");
    let text = report.to_string();
    assert!(text.contains("redis://***@host: dns failed"), "{text}");
    assert!(text.contains("a\\u{1b}[31m\\u{202e}: dns failed"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn no_deadline_shows_a_secret() {
    let (address, mut heard) = fakes::mute_after(&[]).await;
    for (scheme, tls) in [("rediss", Tls::unverified()), ("postgres", Tls::off())] {
        let url = url(&format!("{scheme}://u:CANARY@{address}/CANARYS?password=CANARY"));
        let run = Run::of(Probe::new(&url, tls));
        heard.recv().await.unwrap();
        check_report(&run.end().await, scheme);
    }
}

#[test]
fn neither_certificates_nor_keys_are_printed() {
    let authority = Authority::new("ours");
    let (ours, other) = (authority.local(), authority.local());
    let body = |pem: &str| pem.lines().nth(1).unwrap().to_owned();
    let key = Secret::new(ours.key.clone());
    let other_key = Secret::new(other.key.clone());
    let identity = Identity::from_pem(&ours.certificate, &key).unwrap();
    let authorities = Authorities::from_pem(&authority.pem).unwrap();
    let tls = Tls::verify_chain(&authorities).with_identity(identity.clone());
    let wrong = Identity::from_pem(&ours.certificate, &other_key).unwrap_err();
    let garbled = Identity::from_pem(&ours.certificate, &Secret::new("hunter2")).unwrap_err();
    let no_authority = Authorities::from_pem("hunter2").unwrap_err();
    let text = format!(
        "{identity:?} {authorities:?} {tls:#?} {wrong:?} {wrong} {garbled:?} {garbled} \
         {no_authority:?} {no_authority}"
    );
    for secret in [body(&ours.key), body(&other.key), body(&authority.pem), "hunter2".to_owned()] {
        assert!(!text.contains(&secret), "{text}");
    }
}
