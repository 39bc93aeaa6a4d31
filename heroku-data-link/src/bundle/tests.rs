use proptest::prelude::*;

use super::*;

const ENDPOINT: &str = "vpce-01c87ae3c05563935";

fn vars(pairs: &[(&str, &str)]) -> BTreeMap<ConfigVarName, Secret> {
    let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), Secret::new(*value)));
    pairs.collect()
}

fn bundle(pairs: &[(&str, &str)], names: &Names) -> Result<Bundle, BundleError> {
    Bundle::from_config_vars(&ENDPOINT.parse().unwrap(), &vars(pairs), names, None)
}

fn values(bundle: &Bundle) -> Vec<(&str, &str)> {
    bundle.expose_env().collect()
}

fn prefix(text: &str) -> Names {
    Names::Prefix(text.parse().unwrap())
}

const REDIS: (&str, &str) =
    ("REDIS_ENDPOINT_01C87AE3C05563935_URL", "redis://h:p%40ss@vpce-1.example.com:6379");

const KAFKA: [(&str, &str); 4] = [
    (
        "KAFKA_ENDPOINT_01C87AE3C05563935_URL",
        "kafka+ssl://a.example.com:10001,kafka+ssl://b.example.com:10002",
    ),
    ("KAFKA_TRUSTED_CERT", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"),
    ("KAFKA_CLIENT_CERT", "-----BEGIN CERTIFICATE-----\nAB==\n-----END CERTIFICATE-----"),
    (
        "KAFKA_CLIENT_CERT_KEY",
        "-----BEGIN RSA PRIVATE KEY-----\nAC==\n-----END RSA PRIVATE KEY-----",
    ),
];

#[test]
fn a_key_value_store_has_its_url_with_tls_and_the_parts_of_it() {
    let bundle = bundle(&[REDIS, ("REDIS_URL", "redis://other")], &Names::WellKnown).unwrap();
    assert_eq!(
        values(&bundle),
        [
            ("REDIS_HOST", "vpce-1.example.com"),
            ("REDIS_PASSWORD", "p@ss"),
            ("REDIS_PORT", "6379"),
            ("REDIS_TLS_MODE", "unverified"),
            ("REDIS_URL", "rediss://h:p%40ss@vpce-1.example.com:6379"),
            ("REDIS_USER", "h"),
        ]
    );
}

#[test]
fn postgres_has_the_pooled_url_and_what_libpq_reads() {
    let pairs = [
        ("DATABASE_ENDPOINT_01C87AE3C05563935_URL", "postgres://u:p@db.example.com:5432/d"),
        (
            "DATABASE_ENDPOINT_01C87AE3C05563935_PGBOUNCER_URL",
            "postgres://u:p@db.example.com:5433/d",
        ),
    ];
    let well_known = bundle(&pairs, &Names::WellKnown).unwrap();
    let names = values(&well_known);
    for expected in [
        ("DATABASE_URL", "postgres://u:p@db.example.com:5432/d"),
        ("DATABASE_PGBOUNCER_URL", "postgres://u:p@db.example.com:5433/d"),
        ("PGHOST", "db.example.com"),
        ("PGPORT", "5432"),
        ("PGUSER", "u"),
        ("PGPASSWORD", "p"),
        ("PGDATABASE", "d"),
        ("PGSSLMODE", "require"),
    ] {
        assert!(names.contains(&expected), "{expected:?} is not in {names:?}");
    }
    let prefixed = bundle(&pairs, &prefix("MAIN_DB")).unwrap();
    assert!(prefixed.get("MAIN_DB_PGBOUNCER_URL").is_some() && prefixed.get("PGHOST").is_none());
}

#[test]
fn kafka_has_brokers_and_certificates() {
    let bundle = bundle(&KAFKA, &prefix("K")).unwrap();
    let brokers = bundle.get("K_BROKERS").map(Secret::expose);
    assert_eq!(brokers, Some("a.example.com:10001,b.example.com:10002"));
    assert_eq!(bundle.get("K_CLIENT_CERT_KEY").map(Secret::expose), Some(KAFKA[3].1));
    assert_eq!(bundle.get("K_TLS_MODE").map(Secret::expose), Some("verify-chain"));
}

#[test]
fn what_is_missing_is_named() {
    for (has, missing) in [
        (&KAFKA[..1], "KAFKA_TRUSTED_CERT, KAFKA_CLIENT_CERT, KAFKA_CLIENT_CERT_KEY"),
        (&KAFKA[..3], "KAFKA_CLIENT_CERT_KEY"),
    ] {
        let error = bundle(has, &Names::WellKnown).unwrap_err();
        assert!(error.is_for_now());
        assert_eq!(error.to_string(), format!("the app does not have {missing} yet"));
    }
    let error = bundle(&[("REDIS_URL", "redis://other")], &Names::WellKnown).unwrap_err();
    assert_eq!(error.to_string(), format!("the app has no config variable for {ENDPOINT}"));
    // A value that is there, and empty, is as good as none.
    let empty = [KAFKA[0], KAFKA[1], KAFKA[2], ("KAFKA_CLIENT_CERT_KEY", " \n")];
    assert!(matches!(bundle(&empty, &Names::WellKnown), Err(BundleError::Missing(_))));
}

#[test]
fn what_cannot_be_used_is_refused_and_never_shown() {
    let cases = [
        ("REDIS_ENDPOINT_01C87AE3C05563935_URL", "hunter2"),
        ("REDIS_ENDPOINT_01C87AE3C05563935_URL", "rediss://***@host:6379"),
        ("REDIS_ENDPOINT_01C87AE3C05563935_URL", "rediss://h:***@host:6379"),
        ("REDIS_ENDPOINT_01C87AE3C05563935_POOL_URL", "redis://h:hunter2@host:6379"),
    ];
    for (name, value) in cases {
        let error = bundle(&[(name, value)], &Names::WellKnown).unwrap_err();
        assert!(!error.is_for_now(), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let long = prefix(&"A".repeat(128));
    assert!(matches!(bundle(&[REDIS], &long), Err(BundleError::Name(_))));
}

#[test]
fn of_several_attachments_one_is_chosen() {
    let same = ("BLUE_ENDPOINT_01C87AE3C05563935_URL", REDIS.1);
    assert_eq!(bundle(&[REDIS, same], &Names::WellKnown), bundle(&[REDIS], &Names::WellKnown));
    let other = ("BLUE_ENDPOINT_01C87AE3C05563935_URL", "redis://h:blue@vpce-1.example.com:6379");
    let error = bundle(&[REDIS, other], &Names::WellKnown).unwrap_err();
    assert!(error.to_string().contains("BLUE, REDIS"), "{error}");
    let chosen = |name: &str| {
        let (endpoint, vars) = (ENDPOINT.parse().unwrap(), vars(&[REDIS, other]));
        let attachment = name.parse().unwrap();
        Bundle::from_config_vars(&endpoint, &vars, &Names::WellKnown, Some(&attachment))
    };
    let password =
        |name| chosen(name).map(|it| it.get("REDIS_PASSWORD").unwrap().expose().to_owned());
    assert_eq!(password("BLUE").unwrap(), "blue");
    assert_eq!(password("REDIS").unwrap(), "p@ss");
    assert!(!password("GREEN").unwrap_err().is_for_now());
}

#[test]
fn one_value_alone_is_plain_text() {
    let link = "cache".parse().unwrap();
    let bundle = bundle(&[REDIS], &prefix("CACHE")).unwrap();
    let mut at =
        Destination::new("parameter-store".parse().unwrap(), "/cache/url".parse().unwrap());
    let (all, of_all) = at.text(&link, &bundle).unwrap();
    assert!(all.expose().starts_with("{\"CACHE_HOST\":"), "{}", all.expose());
    assert_eq!(of_all, bundle.stamp(&link));
    at.value = Some("CACHE_PORT".parse().unwrap());
    let (text, stamp) = at.text(&link, &bundle).unwrap();
    assert_eq!((text.expose(), stamp), ("6379", Stamp::of(&link, "6379")));
    at.value = Some("PORT".parse().unwrap());
    let error = at.text(&link, &bundle).unwrap_err().to_string();
    assert!(error.starts_with("there is no value PORT; there are CACHE_HOST, "), "{error}");
}

/// Reads a dotenv file as a shell does.
fn sourced(text: &str, name: &str) -> String {
    let script = format!("{text}\nprintf %s \"${name}\"");
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_shell_reads_the_values_of_a_dotenv_file_as_they_are() {
    let odd = "it's \"$HOME\" `id` \\n # !\n second line=";
    let text = dotenv::write([("ODD", odd), ("PLAIN", "a-b.c/d:e@f"), ("EMPTY", "")].into_iter());
    assert_eq!(sourced(&text, "ODD"), odd);
    assert_eq!(sourced(&text, "PLAIN"), "a-b.c/d:e@f");
    assert!(text.contains("PLAIN=a-b.c/d:e@f\nEMPTY=\n"), "{text}");
    let kafka = bundle(&KAFKA, &Names::WellKnown).unwrap().expose_dotenv();
    assert_eq!(sourced(&kafka, "KAFKA_TRUSTED_CERT"), KAFKA[1].1);
}

proptest! {
    /// Two bundles have the same stamp just if they are the same.
    #[test]
    fn a_stamp_tells_bundles_apart(one in "[a-z]{1,3}", other in "[a-z]{1,3}") {
        let of = |password: &str| {
            let url = format!("redis://h:{password}@vpce-1.example.com:6379");
            bundle(&[(REDIS.0, &url)], &Names::WellKnown).unwrap().stamp(&"cache".parse().unwrap())
        };
        prop_assert_eq!(of(&one) == of(&other), one == other);
    }
}
