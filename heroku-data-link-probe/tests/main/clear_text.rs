//! Who is sent a password in clear text, and who is not.

use heroku_data_link_probe::{HelloFailure, Probe, Tls};

use crate::certificates::Authority;
use crate::fakes;
use crate::{failure, url};

const CLEAR_TEXT: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
const MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05salt";
const SCRAM: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
/// Four billion rounds.
const ENDLESS: &[u8] = b"R\0\0\0\x1f\0\0\0\x0br=a,s=YQ==,i=4000000000";

#[tokio::test]
async fn a_server_that_nothing_proves_gets_no_password_in_clear_text() {
    let pair = Authority::new("anybody").local();
    for (config, tls) in [(Some(pair.server(None)), Tls::unverified()), (None, Tls::off())] {
        let is_off = config.is_none();
        let (address, mut heard) = fakes::postgres(config, &[CLEAR_TEXT]).await;
        let url = url(&format!("postgres://u:hunter2@{address}/d"));
        let report = Probe::new(&url, tls).run().await;
        assert_eq!(failure(&report), HelloFailure::PasswordNotSent.into());
        assert_eq!(heard.recv().await, Some(Vec::new()), "it heard something");
        let text = report.to_string();
        assert!(text.contains("the password was not sent"), "{text}");
        assert!(text.contains("pin it"), "{text}");
        let json = serde_json::to_value(&report).unwrap();
        let stages = json["hosts"][0]["stages"].as_array().unwrap();
        assert_eq!(stages.last().unwrap()["failure"]["code"], "password-not-sent");
        // To be compared, and pinned.
        assert_eq!(report.certificates().is_empty(), is_off);
    }
}

#[tokio::test]
async fn a_server_that_is_proved_gets_the_password_as_it_asks_for_it() {
    let authority = Authority::new("ours");
    let pair = authority.local();
    let modes = [
        Tls::verify_full(&authority.authorities()),
        Tls::verify_chain(&authority.authorities()),
        Tls::pinned([pair.fingerprint()]),
    ];
    for tls in modes {
        let (address, mut heard) = fakes::postgres(Some(pair.server(None)), &[CLEAR_TEXT]).await;
        let url = url(&format!("postgres://u:hunter2@{address}/d"));
        let report = Probe::new(&url, tls).run().await;
        assert!(report.passed, "{report}");
        assert_eq!(heard.recv().await.unwrap(), b"p\0\0\0\x0chunter2\0");
    }
}

/// What Heroku's poolers ask for is not on record, and a digest does not give the password away.
#[tokio::test]
async fn a_digest_of_the_password_is_sent_to_whoever_asks() {
    let pair = Authority::new("anybody").local();
    let (address, mut heard) = fakes::postgres(Some(pair.server(None)), &[MD5]).await;
    let url = url(&format!("postgres://u:hunter2@{address}/d"));
    let report = Probe::new(&url, Tls::unverified()).run().await;
    assert!(report.passed, "{report}");
    let said = heard.recv().await.unwrap();
    assert!(said.starts_with(b"p\0\0\0\x28md5"), "{said:?}");
}

#[tokio::test]
async fn without_a_password_it_is_missing_and_not_withheld() {
    let (address, _heard) = fakes::postgres(None, &[CLEAR_TEXT]).await;
    let report = Probe::new(&url(&format!("postgres://u@{address}/d")), Tls::off()).run().await;
    assert_eq!(failure(&report), HelloFailure::NoPassword.into());
}

#[tokio::test]
async fn no_more_rounds_of_a_hash_are_computed_than_a_deadline_allows() {
    let authority = Authority::new("ours");
    let tls = Tls::verify_full(&authority.authorities());
    let config = authority.local().server(None);
    let (address, _heard) = fakes::postgres(Some(config), &[SCRAM, ENDLESS]).await;
    let url = url(&format!("postgres://u:hunter2@{address}/d"));
    let report = Probe::new(&url, tls).run().await;
    assert_eq!(failure(&report), HelloFailure::TooManyRounds.into());
}
