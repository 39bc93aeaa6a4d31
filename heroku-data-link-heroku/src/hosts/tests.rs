use super::*;

fn bases(api: Option<&str>, data: Option<&str>) -> (String, String) {
    let hosts = Hosts::from_vars(api, data).unwrap();
    for url in [hosts.api(), hosts.data()] {
        assert!(Hosts::is_allowed(url), "{url}");
    }
    (hosts.api().to_string(), hosts.data().to_string())
}

fn rule(api: Option<&str>, data: Option<&str>) -> &'static str {
    Hosts::from_vars(api, data).unwrap_err().rule
}

#[test]
fn production_is_the_default() {
    let hosts = Hosts::default();
    assert_eq!(hosts.api().as_str(), "https://api.heroku.com/");
    assert_eq!(hosts.data().as_str(), "https://api.data.heroku.com/");
    assert_eq!(Hosts::from_vars(None, None), Ok(hosts.clone()));
    assert_eq!(Hosts::from_vars(Some(""), Some("")), Ok(hosts));
}

#[test]
fn the_variables_are_read_as_the_cli_does() {
    let production_data = "https://api.data.heroku.com/";
    for (api, data, expected_api, expected_data) in [
        (Some("heroku.com"), None, "https://api.heroku.com/", production_data),
        (Some("x.herokudev.com"), None, "https://api.x.herokudev.com/", production_data),
        (Some("HEROKAI.com"), None, "https://api.herokai.com/", production_data),
        (Some("https://herokuspace.com"), None, "https://herokuspace.com/", production_data),
        (Some("https://API.Heroku.Com/"), None, "https://api.heroku.com/", production_data),
        (
            Some("x.herokudev.com:8443"),
            Some("data.x.herokudev.com"),
            "https://api.x.herokudev.com:8443/",
            "https://data.x.herokudev.com:8443/",
        ),
        (None, Some("x.heroku.com"), "https://api.heroku.com/", "https://x.heroku.com/"),
        (None, Some("127.0.0.1"), "https://api.heroku.com/", "https://127.0.0.1/"),
        (
            Some("http://127.0.0.1:5000"),
            Some("127.0.0.1"),
            "http://127.0.0.1:5000/",
            "http://127.0.0.1:5000/",
        ),
        (
            Some("http://localhost:5000"),
            Some("127.1.2.3"),
            "http://localhost:5000/",
            "http://127.1.2.3:5000/",
        ),
        (Some("http://[::1]:5000"), Some("[::1]"), "http://[::1]:5000/", "http://[::1]:5000/"),
        // A local API has a local Data API.
        (Some("http://127.0.0.1:5000"), None, "http://127.0.0.1:5000/", "http://127.0.0.1:5000/"),
        (Some("https://localhost"), None, "https://localhost/", "https://localhost/"),
    ] {
        let found = bases(api, data);
        assert_eq!(found, (expected_api.into(), expected_data.into()), "{api:?} {data:?}");
    }
}

#[test]
fn an_api_elsewhere_is_refused() {
    for value in [
        // Lookalikes.
        "heroku.com.evil.org",
        "evilheroku.com",
        "https://evilheroku.com",
        "https://heroku.com.evil.org",
        "https://heroku.co",
        "https://heroku.com.",
        "https://api.heroku.com..",
        "https://heroku-com.evil.org",
        "https://evil.org",
        "evil.org",
        "https://h\u{435}roku.com",
        // Addresses that are not loopback, in all the ways to write one.
        "https://10.0.0.1",
        "https://0.0.0.0",
        "https://128.0.0.1",
        "https://0x0a000001",
        "http://192.168.0.1:5000",
        "https://[::2]",
        "https://[::ffff:127.0.0.1]",
        "https://localhost.evil.org",
        "http://127.0.0.1.evil.org",
        "http://xlocalhost",
        // Not a full URL, so that it means `api.localhost`.
        "localhost",
        "localhost:5000",
    ] {
        assert_eq!(rule(Some(value), None), OUTSIDE, "{value:?}");
    }
    for value in ["http://api.heroku.com", "http://x.herokudev.com:80", "HTTP://heroku.com"] {
        assert_eq!(rule(Some(value), None), CLEAR_TEXT, "{value:?}");
    }
}

#[test]
fn an_api_is_scheme_host_and_port() {
    for value in [
        "https://me@api.heroku.com",
        "https://me:hunter2@api.heroku.com",
        "https://api.heroku.com@evil.org",
        "https://evil.org/@api.heroku.com",
        "https://api.heroku.com/path",
        "https://api.heroku.com?query",
        "https://api.heroku.com#fragment",
        "https://evil.org#.heroku.com",
        "https://evil.org\\.heroku.com",
        "me@heroku.com",
        "@evil.org",
        "@evil.org/heroku.com",
        "evil.org/.heroku.com",
        "evil.org?.heroku.com",
        "evil.org\\heroku.com",
    ] {
        assert_eq!(rule(Some(value), None), TOO_MUCH, "{value:?}");
    }
    for value in [
        " ",
        "her\noku.com",
        "heroku.com\n",
        " heroku.com",
        "heroku .com",
        "https://",
        "://heroku.com",
        "https://heroku.com:port",
        "https://heroku.com:99999",
        "https://[::1",
        "heroku.com:-1",
    ] {
        assert_eq!(rule(Some(value), None), NOT_A_URL, "{value:?}");
    }
    for value in ["ftp://api.heroku.com", "file://heroku.com", "file://localhost"] {
        assert!(Hosts::from_vars(Some(value), None).is_err(), "{value:?}");
    }
}

#[test]
fn a_data_host_is_a_host() {
    for value in [
        "https://api.data.heroku.com",
        "api.data.heroku.com:443",
        "me@api.data.heroku.com",
        "api.data.heroku.com/",
        "evil.org/heroku.com",
        "evil.org\\heroku.com",
        "evil.org#heroku.com",
        "evil.org%2eheroku.com",
        "her\noku.com",
        " heroku.com",
        "::1",
        "[::1",
        "[::g]",
        "[fe80::1%25eth0]",
    ] {
        assert_eq!(rule(None, Some(value)), HOST_ONLY, "{value:?}");
    }
    for value in ["evil.org", "heroku.com.evil.org", "evilheroku.com", "10.0.0.1", "heroku.com."] {
        assert_eq!(rule(None, Some(value)), OUTSIDE, "{value:?}");
    }
    // A local http API and a Data API elsewhere: that would be http, too.
    assert_eq!(rule(Some("http://127.0.0.1:5000"), Some("x.heroku.com")), CLEAR_TEXT);
}

#[test]
fn a_refusal_names_variable_value_rule_and_remedy() {
    let error = Hosts::from_vars(Some("evil.org"), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "HEROKU_HOST=\"evil.org\" is refused: a token goes only to heroku.com, herokai.com, \
         herokuspace.com, herokudev.com, to what is below them, and to a loopback address; unset \
         the variable, or name one of those (a loopback address as a full URL, such as \
         http://127.0.0.1:5000)"
    );
    assert_eq!(error.variable(), API_VARIABLE);
    let error = Hosts::from_vars(None, Some("a b")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "HEROKU_DATA_HOST=\"a b\" is refused: it must be a host name or an IP address alone; \
         scheme and port are those of HEROKU_HOST"
    );
}

#[test]
fn a_refusal_repeats_no_password() {
    for value in ["https://me:hunter2@evil.org", "https://evil.org?token=hunter2"] {
        let error = Hosts::from_vars(Some(value), None).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert!(error.to_string().starts_with("the value of HEROKU_HOST is refused"), "{error}");
    }
}

#[test]
fn the_list_holds_for_any_url() {
    for (url, allowed) in [
        ("https://api.heroku.com/apps/x?y#z", true),
        ("https://herokudev.com:8443", true),
        ("https://.heroku.com", false),
        ("http://api.heroku.com", false),
        ("http://127.255.255.254:1", true),
        ("https://evil.org/api.heroku.com", false),
        ("ftp://127.0.0.1", false),
        ("data:heroku.com", false),
    ] {
        let found = Url::parse(url).is_ok_and(|url| Hosts::is_allowed(&url));
        assert_eq!(found, allowed, "{url}");
    }
}
