use super::*;

fn url(text: &str) -> ConnectionUrl {
    text.parse().unwrap()
}

/// Scheme, user, password, hosts, database.
type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Vec<String>, Option<&'a str>);

fn parts(url: &ConnectionUrl) -> Parts<'_> {
    let hosts = url.hosts().iter().map(ToString::to_string).collect();
    let password = url.password().map(Secret::expose);
    (url.scheme().as_str(), url.user(), password, hosts, url.database())
}

/// Reads as these parts, prints as this text, and keeps all that it was given.
#[track_caller]
fn check(text: &str, expected: &Parts<'_>, printed: &str) {
    let value = url(text);
    assert_eq!(parts(&value), *expected);
    assert_eq!(value.to_string(), printed);
    assert_eq!(format!("{value:?}"), format!("ConnectionUrl({printed:?})"));
    assert_eq!(serde_json::to_value(&value).unwrap(), printed);
    assert_eq!(url(&value.expose_text()), value);
    assert_eq!(ConnectionUrl::try_from(text), Ok(value.clone()));
    assert_eq!(ConnectionUrl::try_from(text.to_owned()), Ok(value));
}

#[test]
fn key_value_store() {
    let read = |text, user, password, database, printed| {
        let scheme = if text == "REDIS://H/1" { "redis" } else { "rediss" };
        check(text, &(scheme, user, password, vec!["h:6379".to_owned()], database), printed);
    };
    read("rediss://h:pw@h:6379", Some("h"), Some("pw"), None, "rediss://h:***@h:6379");
    read("rediss://:pw@h", None, Some("pw"), None, "rediss://***@h:6379");
    read("rediss://pw@h", None, Some("pw"), None, "rediss://***@h:6379");
    read("rediss://u:@h", Some("u"), None, None, "rediss://u:@h:6379");
    read("rediss://u%40:a:b@h/0", Some("u@"), Some("a:b"), Some("0"), "rediss://u%40:***@h:6379/0");
    read("rediss://@h/", None, None, None, "rediss://h:6379");
    read("REDIS://H/1", None, None, Some("1"), "redis://h:6379/1");
}

#[test]
fn postgres() {
    let read = |text, user, password, host: &str, database, printed| {
        check(text, &("postgres", user, password, vec![host.to_owned()], database), printed);
    };
    read("postgres://u@h", Some("u"), None, "h:5432", None, "postgres://u@h:5432");
    read(
        "postgresql://u:a%40b%2F@h:5433/d%20b?sslmode=require&password=pw",
        Some("u"),
        Some("a@b/"),
        "h:5433",
        Some("d b"),
        "postgres://u:***@h:5433/d%20b?***",
    );
    read(
        "postgres://u:p@q@[::1]?",
        Some("u"),
        Some("p@q"),
        "[::1]:5432",
        None,
        "postgres://u:***@[::1]:5432",
    );
}

#[test]
fn kafka_has_a_list() {
    let text =
        "kafka+ssl://a.example:10001,kafka+ssl://b.example:10002,KAFKA+SSL://c.example:10003";
    let value = url(text);
    let hosts = ["a.example:10001", "b.example:10002", "c.example:10003"];
    assert_eq!(parts(&value), ("kafka+ssl", None, None, hosts.map(String::from).to_vec(), None));
    assert_eq!(value.to_string(), text.to_ascii_lowercase());
    assert_eq!(value.expose_text(), text.to_ascii_lowercase());
    let (first, port) = (value.hosts()[0].host(), value.hosts()[0].port());
    assert_eq!((first, port), ("a.example", 10001));
}

#[test]
fn all_that_was_given_is_exposed_and_no_more() {
    for (text, exposed) in [
        ("redis://pw@h", "redis://:pw@h:6379"),
        ("redis://u:@h", "redis://u:@h:6379"),
        ("rediss://h:p%2fw%C3%A9@h:1/0?x=1&x=2%20", "rediss://h:p%2Fw%C3%A9@h:1/0?x=1&x=2%20"),
        ("postgresql://u@h/a/b", "postgres://u@h:5432/a/b"),
        ("postgres://:100%@h", "postgres://:100%25@h:5432"),
        ("postgres://h/?a=b", "postgres://h:5432?a=b"),
    ] {
        assert_eq!(url(text).expose_text(), exposed, "{text}");
    }
}

#[test]
fn tls_is_what_the_scheme_says() {
    for (text, mode, with_tls, mode_then) in [
        ("redis://pw@h", TlsMode::Off, "rediss://:pw@h:6379", TlsMode::Unverified),
        ("rediss://pw@h", TlsMode::Unverified, "rediss://:pw@h:6379", TlsMode::Unverified),
        ("postgres://h", TlsMode::Unverified, "postgres://h:5432", TlsMode::Unverified),
        (
            "postgres://h?sslmode=disable",
            TlsMode::Off,
            "postgres://h?sslmode=require",
            TlsMode::Unverified,
        ),
        (
            "postgres://h?a=%20&sslmode=prefer&password=x",
            TlsMode::Unverified,
            "postgres://h?a=%20&sslmode=require&password=x",
            TlsMode::Unverified,
        ),
        (
            "postgres://h?requiressl=0",
            TlsMode::Unverified,
            "postgres://h?sslmode=require",
            TlsMode::Unverified,
        ),
        (
            "postgres://h?ssl=true&x",
            TlsMode::Unverified,
            "postgres://h?ssl=true&x",
            TlsMode::Unverified,
        ),
        (
            "postgres://h?sslmode=verify-ca",
            TlsMode::VerifyChain,
            "postgres://h?sslmode=verify-ca",
            TlsMode::VerifyChain,
        ),
        (
            "postgres://h?sslmode=verify-full",
            TlsMode::VerifyFull,
            "postgres://h?sslmode=verify-full",
            TlsMode::VerifyFull,
        ),
        (
            "rediss://h?sslmode=disable",
            TlsMode::Unverified,
            "rediss://h?sslmode=disable",
            TlsMode::Unverified,
        ),
        (
            "kafka://h:1,kafka://i:1",
            TlsMode::Off,
            "kafka+ssl://h:1,kafka+ssl://i:1",
            TlsMode::VerifyChain,
        ),
        ("kafka+ssl://h:1", TlsMode::VerifyChain, "kafka+ssl://h:1", TlsMode::VerifyChain),
    ] {
        let value = url(text);
        assert_eq!(value.tls_mode(), mode, "{text}");
        assert_eq!(value.with_tls(), url(with_tls));
        assert_eq!(value.with_tls().tls_mode(), mode_then);
        assert_eq!(value.with_tls().service(), value.service());
    }
}

#[test]
fn refusals_repeat_nothing_but_the_scheme() {
    let schemes = "it must be redis, rediss, postgres, postgresql, kafka or kafka+ssl";
    let number = "its port is not a number; a \"/\", \"?\" or \"@\" in a user name or password \
                  must be percent-encoded";
    let host = "it has no host; it must read scheme://user:password@host:port";
    let hash = "it has a \"#\"; in a user name or password write %23";
    let slash = "it has an \"@\" behind a \"/\"; in a user name or password write %2F";
    let mark = "it has an \"@\" behind a \"?\"; in a user name or password write %3F, and in a \
                query %40";
    let blank = "it has white space or control characters";
    let ssl = "its sslmode is unknown; it must be disable, allow, prefer, require, verify-ca or \
               verify-full";
    let same = "every host in its list must have the same scheme";
    let extra = "it has a path or query, which Kafka's URLs never have";
    let login = "it has credentials; Kafka takes client certificates instead";
    for (text, rule) in [
        ("hunter2", &*format!("it must start with a scheme and \"://\"; {schemes}")),
        ("", &*format!("it must start with a scheme and \"://\"; {schemes}")),
        ("redis:hunter2@h", &*format!("it must start with a scheme and \"://\"; {schemes}")),
        ("mysql://u:hunter2@h", &*format!("its scheme is \"mysql\"; {schemes}")),
        ("u:hunter2://h", &*format!("it must start with a scheme and \"://\"; {schemes}")),
        ("hunter2://h", &*format!("its scheme is unknown; {schemes}")),
        ("://h", &*format!("its scheme is unknown; {schemes}")),
        ("redis://", host),
        ("redis://:hunter2@", host),
        ("redis://:hunter2@:6379", host),
        ("redis://:hunter2@/0", host),
        ("redis://h:hunter2/x@host:6379", slash),
        ("redis://h:hunter2/x", number),
        ("redis://h:hunter2?x@host:6379", mark),
        ("redis://h:12?hunter2@host:6379", mark),
        ("redis://12?hunter2@host", mark),
        ("redis://h:x@hunter2?x@host:6379", mark),
        ("redis://h:12/x?hunter2@host:6379", mark),
        ("redis://h:12/hunter2@host:6379", slash),
        ("redis://h:hunter2#x@host:6379", hash),
        ("redis://h:1#hunter2", hash),
        ("redis://h: hunter2@host", blank),
        ("redis://h:hunter2@host\n", blank),
        ("redis://h:hunter2@host:0", "its port must be in 1–65535"),
        ("redis://h:hunter2@host:", number),
        ("redis://h:%ffhunter2@host", "its percent-encoding does not give UTF-8"),
        ("redis://h:x@hunter2!|", "its host is neither a host name nor an IP address"),
        ("postgres://u:hunter2@a,b/d", "it must name one host"),
        ("postgres://h/d?sslmode=hunter2", ssl),
        ("postgres://h/d?sslmode=require&sslmode=", ssl),
        ("kafka+ssl://hunter2", "it names no port, and the service has no usual one"),
        ("kafka+ssl://h:1,kafka://hunter2:1", same),
        ("kafka+ssl://h:1,hunter2:1", same),
        ("kafka+ssl://h:1,", same),
        ("kafka+ssl://h:1, kafka+ssl://h:1", blank),
        ("kafka+ssl://u:hunter2@h:1", login),
        ("kafka+ssl://h:1/hunter2", extra),
        ("kafka+ssl://h:1?hunter2", extra),
    ] {
        let error = text.parse::<ConnectionUrl>().unwrap_err();
        assert_eq!(error.to_string(), format!("not a connection URL: {rule}"), "{text}");
        assert!(!format!("{error:?} {error}").contains("hunter"), "{text}");
    }
}
