//! Every TLS mode with every kind of certificate.

use heroku_data_link::model::{Secret, TlsMode};
use heroku_data_link_probe::{
    Authorities, Failure, Identity, InvalidPem, Probe, Tls, TlsError, TlsFailure,
};

use crate::certificates::{Authority, Validity};
use crate::{failure, fakes, url};

/// The outcome of a probe: nothing, or why TLS failed.
type Outcome = Option<TlsFailure>;

#[tokio::test]
async fn each_mode_accepts_what_it_says_and_no_more() {
    use TlsFailure::{Expired, NotValidYet, PinMismatch, UnknownAuthority, WrongKey, WrongName};
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    // The same name, so that only the signature tells them apart.
    let forged = Authority::new("ours");
    let names = ["localhost", "127.0.0.1"];
    let strange = ["elsewhere.example"];
    let key = ours.local();
    // Full verification, chain only, pinned, unverified.
    let cases: [(&str, crate::certificates::Pair, [Outcome; 4]); 10] = [
        ("good", ours.local(), [None; 4]),
        ("other name", ours.issue(&strange, Validity::Now), [Some(WrongName), None, None, None]),
        ("no name", ours.issue(&[], Validity::Now), [Some(WrongName), None, None, None]),
        ("expired", ours.issue(&names, Validity::Past), [Some(Expired), Some(Expired), None, None]),
        (
            "not valid yet",
            ours.issue(&names, Validity::Future),
            [Some(NotValidYet), Some(NotValidYet), None, None],
        ),
        (
            "other authority",
            other.local(),
            [Some(UnknownAuthority), Some(UnknownAuthority), None, None],
        ),
        (
            "other authority of the same name",
            forged.local(),
            [Some(WrongKey), Some(WrongKey), None, None],
        ),
        // The name is forgiven only to a certificate that is good but for it.
        (
            "other name, expired",
            ours.issue(&strange, Validity::Past),
            [Some(Expired), Some(Expired), None, None],
        ),
        (
            "other name, other authority",
            other.issue(&strange, Validity::Now),
            [Some(UnknownAuthority), Some(UnknownAuthority), None, None],
        ),
        ("wrong key", ours.local().with_key_of(&key), [Some(WrongKey); 4]),
    ];
    let authorities = ours.authorities();
    for (case, pair, expected) in cases {
        let address = fakes::store(pair.server(None)).await;
        let url = url(&format!("rediss://:hunter2@{address}"));
        let shown = pair.fingerprint();
        let modes = [
            Tls::verify_full(&authorities),
            Tls::verify_chain(&authorities),
            Tls::pinned([key.fingerprint(), shown]),
            Tls::unverified(),
        ];
        for (tls, expected) in modes.into_iter().zip(expected) {
            let report = Probe::new(&url, tls.clone()).run().await;
            let outcome = report.hosts[0].failure().cloned();
            assert_eq!(outcome, expected.map(Failure::Tls), "{case}, {tls:?}: {report}");
            // Recorded, whatever came of it.
            assert_eq!(report.hosts[0].certificate, Some(shown), "{case}, {tls:?}");
            assert_eq!((report.tls, report.pinned), (tls.mode(), tls.is_pinned()));
        }
        let report = Probe::new(&url, Tls::pinned([key.fingerprint()])).run().await;
        assert_eq!(failure(&report), PinMismatch.into(), "{case}");
        assert_eq!(report.certificates(), [shown]);
    }
}

#[tokio::test]
async fn a_certificate_is_pinned_from_one_probe_to_the_next() {
    let authority = Authority::new("ours");
    let address = fakes::store(authority.local().server(None)).await;
    let url = url(&format!("rediss://:hunter2@{address}"));
    let first = Probe::new(&url, Tls::unverified()).run().await;
    assert!(first.passed && !first.pinned, "{first}");
    let pins = first.certificates();
    assert_eq!(pins.len(), 1);

    let pinned = Tls::pinned(pins.clone());
    let second = Probe::new(&url, pinned.clone()).run().await;
    assert!(second.passed && second.pinned, "{second}");

    // Another server, of the same authority, answers in its place.
    let address = fakes::store(authority.local().server(None)).await;
    let url = crate::url(&format!("rediss://:hunter2@{address}"));
    let third = Probe::new(&url, pinned).run().await;
    assert_eq!(failure(&third), TlsFailure::PinMismatch.into());
    assert_ne!(third.certificates(), pins);

    let none = Probe::new(&url, Tls::pinned([])).run().await;
    assert_eq!(failure(&none), TlsFailure::PinMismatch.into());
}

#[tokio::test]
async fn two_authorities_are_trusted_while_one_is_rotated() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let bundle = Authorities::from_pem(&[old.pem.as_str(), &new.pem].concat()).unwrap();
    assert_eq!(bundle.count(), 2);
    for authority in [&old, &new] {
        let address = fakes::store(authority.local().server(None)).await;
        let url = url(&format!("rediss://:hunter2@{address}"));
        let report = Probe::new(&url, Tls::verify_chain(&bundle)).run().await;
        assert!(report.passed, "{report}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_asked_for() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let address = fakes::store(servers.local().server(Some(&clients))).await;
    let url = url(&format!("rediss://:hunter2@{address}"));
    let tls = Tls::verify_chain(&servers.authorities());

    let none = Probe::new(&url, tls.clone()).run().await;
    assert_eq!(failure(&none), TlsFailure::ClientCertificateMissing.into(), "{none}");
    // In TLS 1.3 the refusal comes after the handshake, and is the handshake's all the same.
    assert_eq!(crate::stages(&none), ["dns", "tcp", "tls"]);

    let theirs = servers.issue(&["client"], Validity::Now).identity();
    let refused = Probe::new(&url, tls.clone().with_identity(theirs)).run().await;
    assert_eq!(failure(&refused), TlsFailure::ClientCertificateRefused.into(), "{refused}");

    let late = clients.issue(&["client"], Validity::Past).identity();
    let refused = Probe::new(&url, tls.clone().with_identity(late)).run().await;
    assert_eq!(failure(&refused), TlsFailure::ClientCertificateRefused.into(), "{refused}");

    let ours = clients.issue(&["client"], Validity::Now).identity();
    let accepted = Probe::new(&url, tls.with_identity(ours)).run().await;
    assert!(accepted.passed, "{accepted}");
}

#[test]
fn a_mode_that_verifies_needs_somebody_to_trust() {
    let authority = Authority::new("ours");
    let authorities = authority.authorities();
    for mode in [TlsMode::VerifyFull, TlsMode::VerifyChain] {
        assert_eq!(Tls::of_mode(mode, None).unwrap_err(), TlsError::NoAuthorities(mode));
        assert_eq!(Tls::of_mode(mode, Some(&authorities)).unwrap().mode(), mode);
    }
    for mode in [TlsMode::Unverified, TlsMode::Off] {
        assert_eq!(Tls::of_mode(mode, None).unwrap().mode(), mode);
    }
    let identity = authority.local().identity();
    assert!(!Tls::off().with_identity(identity.clone()).has_identity());
    assert!(Tls::unverified().with_identity(identity).has_identity());
}

#[test]
fn what_is_no_certificate_is_refused() {
    let authority = Authority::new("ours");
    let (one, two) = (authority.local(), authority.local());
    let damaged = one.certificate.replacen('M', "!", 1);
    let no_der = "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n";
    for (pem, expected) in [
        ("", InvalidPem::NoCertificate),
        (&one.key, InvalidPem::NoCertificate),
        (&damaged, InvalidPem::Certificate),
        (no_der, InvalidPem::Certificate),
    ] {
        assert_eq!(Authorities::from_pem(pem).unwrap_err(), expected, "{pem}");
    }
    let no_key = "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n";
    for (certificate, key, expected) in [
        ("", &one.key, InvalidPem::NoCertificate),
        (&one.certificate, &String::new(), InvalidPem::NoKey),
        (&one.certificate, &one.certificate, InvalidPem::NoKey),
        (&one.certificate, &no_key.to_owned(), InvalidPem::Key),
        (&one.certificate, &two.key, InvalidPem::OtherKey),
    ] {
        let key = Secret::new(key.clone());
        assert_eq!(Identity::from_pem(certificate, &key).unwrap_err(), expected);
    }
}

/// As a file has it, and as environment files and CI systems write it.
#[test]
fn the_ends_of_lines_may_be_written_out() {
    let authority = Authority::new("ours");
    let pair = authority.local();
    let write = |pem: &str, end: &str| pem.lines().flat_map(|line| [line, end]).collect::<String>();
    // The first half in one way, the second in another.
    let mixed = |pem: &str| {
        let (head, tail) = pem.split_at(pem.len() / 2);
        [head.replace('\n', r"\n"), tail.replace('\n', "\r\n")].concat()
    };
    let forms = |pem: &str| {
        let ends = ["\n", "\r\n", r"\n", r"\r\n", "\\r\n", "\\n\n"];
        let mut forms: Vec<String> = ends.iter().map(|end| write(pem, end)).collect();
        forms.push(mixed(pem));
        forms.push(format!("\"{}\"\n", write(pem, r"\n")));
        forms.push(format!("'{pem}'"));
        forms
    };
    let two = [authority.pem.as_str(), &Authority::new("next").pem].concat();
    for (authorities, (certificate, key)) in
        forms(&two).iter().zip(forms(&pair.certificate).iter().zip(forms(&pair.key)))
    {
        assert_eq!(Authorities::from_pem(authorities).unwrap().count(), 2, "{authorities:?}");
        Identity::from_pem(certificate, &Secret::new(key.clone())).unwrap();
    }
    // An end that is missing, or escaped twice, is not guessed.
    for broken in
        [write(&authority.pem, ""), write(&authority.pem, r"\\n"), write(&authority.pem, r"\t")]
    {
        assert!(Authorities::from_pem(&broken).is_err(), "{broken:?}");
        let key = Secret::new(broken.replace("CERTIFICATE", "PRIVATE KEY"));
        assert!(Identity::from_pem(&pair.certificate, &key).is_err(), "{broken:?}");
    }
}
