//! A real Postgres with TLS, and pgbouncer before it, as Heroku pools connections.

use heroku_data_link_probe::{HelloFailure, Probe, Tls, TlsFailure};

use crate::certificates::{Authority, Validity};
use crate::servers::postgres::{Postgres, database};
use crate::servers::{local, or_skipped};
use crate::{failure, stages, url};

#[tokio::test]
async fn one_is_selected_directly_and_through_the_pooler() {
    let Some(postgres) = Postgres::shared() else { return };
    let authorities = postgres.authority.authorities();
    for port in [postgres.port, postgres.pooled] {
        let text = format!("postgres://user:hunter2@localhost:{port}/postgres?sslmode=require");
        let url = url(&text);
        let pin = Probe::new(&url, Tls::unverified()).run().await.certificates();
        for tls in [
            Tls::unverified(),
            Tls::pinned(pin),
            Tls::verify_chain(&authorities),
            Tls::verify_full(&authorities),
        ] {
            let report = Probe::new(&url, tls).run().await;
            assert!(report.passed && report.findings.is_empty(), "{port}: {report}");
            assert_eq!(stages(&report), ["dns", "tcp", "tls", "hello"]);
        }
    }
}

#[tokio::test]
async fn what_postgres_refuses() {
    let Some(postgres) = Postgres::shared() else { return };
    for (login, database, expected) in [
        ("user:hunter3", "postgres", HelloFailure::WrongPassword),
        ("nobody:hunter2", "postgres", HelloFailure::WrongPassword),
        ("user", "postgres", HelloFailure::NoPassword),
        ("", "postgres", HelloFailure::NotAuthorized),
        ("user:hunter2", "elsewhere", HelloFailure::NoSuchDatabase),
    ] {
        let url = url(&format!("postgres://{login}@{}/{database}", local(postgres.port)));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into(), "{login}/{database}");
    }
    let strangers = Authority::new("strangers").authorities();
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(postgres.port)));
    let report = Probe::new(&url, Tls::verify_chain(&strangers)).run().await;
    assert_eq!(failure(&report), TlsFailure::UnknownAuthority.into());
}

#[tokio::test]
async fn what_the_pooler_refuses() {
    let Some(postgres) = Postgres::shared() else { return };
    for (login, database, expected) in [
        ("user:hunter3", "postgres", HelloFailure::WrongPassword),
        ("nobody:hunter2", "postgres", HelloFailure::WrongPassword),
        ("user", "postgres", HelloFailure::NoPassword),
        ("user:hunter2", "elsewhere", HelloFailure::NoSuchDatabase),
    ] {
        let url = url(&format!("postgres://{login}@{}/{database}", local(postgres.pooled)));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into(), "{login}/{database}");
    }
    // pgbouncer without TLS, told that it must have it.
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(postgres.pooled)));
    let report = Probe::new(&url, Tls::off()).run().await;
    assert_eq!(failure(&report), HelloFailure::NotAuthorized.into());
}

#[tokio::test]
async fn an_expired_certificate_of_postgres() {
    let authority = Authority::new("postgres");
    let pair = authority.issue(&["localhost", "127.0.0.1"], Validity::Past);
    let Some((_server, port)) = or_skipped(database(&pair)) else { return };
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(port)));
    let report = Probe::new(&url, Tls::verify_full(&authority.authorities())).run().await;
    assert_eq!(failure(&report), TlsFailure::Expired.into());
    assert!(Probe::new(&url, Tls::unverified()).run().await.passed);
}
