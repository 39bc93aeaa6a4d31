//! A real Redis: TLS, and a password.

use std::time::Duration;

use heroku_data_link_probe::{Deadlines, Failure, HelloFailure, Probe, Tls, TlsFailure};

use crate::certificates::{Authority, Validity};
use crate::servers::redis::Redis;
use crate::servers::{local, or_skipped};
use crate::{failure, stages, url};

/// The forms of Heroku's variables: a user name that means nothing, `h`, or none at all.
#[tokio::test]
async fn pong_by_the_urls_of_the_procedures() {
    let Some(redis) = Redis::shared() else { return };
    let authorities = redis.authority.authorities();
    for login in ["user:hunter2", "h:hunter2", ":hunter2", "hunter2", "named:hunter2-too"] {
        for tls in [Tls::unverified(), Tls::verify_full(&authorities)] {
            // The scheme is that of the variable, which leaves TLS off.
            let url = url(&format!("redis://{login}@localhost:{}", redis.tls));
            let report = Probe::new(&url, tls).run().await;
            assert!(report.passed && report.findings.is_empty(), "{login}: {report}");
            assert_eq!(stages(&report), ["dns", "tcp", "tls", "hello"]);
        }
    }
    let url = url(&format!("rediss://:hunter2@localhost:{}/15", redis.tls));
    assert!(Probe::new(&url, Tls::unverified()).run().await.passed);
}

#[tokio::test]
async fn what_redis_refuses() {
    let Some(redis) = Redis::shared() else { return };
    for (login, path, expected) in [
        (":hunter3@", "", HelloFailure::WrongPassword),
        ("h:hunter3@", "", HelloFailure::WrongPassword),
        ("named:hunter3@", "", HelloFailure::WrongPassword),
        ("", "", HelloFailure::NoPassword),
        ("", "/0", HelloFailure::NoPassword),
        (":hunter2@", "/16", HelloFailure::NoSuchDatabase),
        (":hunter2@", "/users", HelloFailure::NoSuchDatabase),
    ] {
        let url = url(&format!("rediss://{login}{}{path}", local(redis.tls)));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into(), "{login}{path}");
    }
}

#[tokio::test]
async fn the_plain_text_port_of_redis() {
    let Some(redis) = Redis::shared() else { return };
    let url = url(&format!("redis://:hunter2@{}", local(redis.plain)));
    let report = Probe::new(&url, Tls::off()).run().await;
    assert!(report.passed, "{report}");
    let mut deadlines = Deadlines::DEFAULT;
    deadlines.tls = Duration::from_millis(200);
    let report = Probe::new(&url, Tls::unverified()).with_deadlines(deadlines).run().await;
    // Redis answers once the random bytes of the greeting have a line's end among them.
    let expected = [TlsFailure::NotTls, TlsFailure::Silent, TlsFailure::Closed];
    let found = failure(&report);
    assert!(expected.map(Failure::from).contains(&found), "{report}");
}

#[tokio::test]
async fn an_expired_certificate_of_redis() {
    let authority = Authority::new("redis");
    let pair = authority.issue(&["localhost"], Validity::Past);
    let Some(redis) = or_skipped(Redis::start(authority, &pair)) else { return };
    let url = url(&format!("rediss://:hunter2@localhost:{}", redis.tls));
    let authorities = redis.authority.authorities();
    for tls in [Tls::verify_full(&authorities), Tls::verify_chain(&authorities)] {
        let report = Probe::new(&url, tls).run().await;
        assert_eq!(failure(&report), TlsFailure::Expired.into());
    }
    let first = Probe::new(&url, Tls::unverified()).run().await;
    assert!(first.passed, "{first}");
    assert_eq!(first.certificates(), [pair.fingerprint()]);
    assert!(Probe::new(&url, Tls::pinned(first.certificates())).run().await.passed);
}
