use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn url(text: &str) -> ConnectionUrl {
    text.parse().unwrap()
}

/// Text of which some characters are percent-encoded, as in a URL that others made.
fn encoded(characters: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec((select(characters.chars().collect::<Vec<_>>()), any::<bool>()), 0..12)
        .prop_map(|characters| {
            let mut text = String::new();
            for (character, encode) in characters {
                if encode || "@:/?#[]%".contains(character) {
                    let mut bytes = [0; 4];
                    for byte in character.encode_utf8(&mut bytes).bytes() {
                        let _ = write!(text, "%{byte:02X}");
                    }
                } else {
                    text.push(character);
                }
            }
            text
        })
}

proptest! {
    #[test]
    fn agrees_with_url(
        scheme in select(vec!["redis", "rediss", "postgres", "postgresql", "REDISS"]),
        user in encoded("abzAZ09-._~!$&'()*+,;=@:/?#[]%é名"),
        password in encoded("abzAZ09-._~!$&'()*+,;=@:/?#[]%é名"),
        raw_at in select(vec!["", "@x"]),
        host in prop_oneof![
            "[a-zA-Z][a-zA-Z0-9_-]{0,8}(\\.[a-z][a-z0-9-]{0,6}){0,4}",
            any::<Ipv4Addr>().prop_map(|address| address.to_string()),
            any::<Ipv6Addr>().prop_map(|address| format!("[{address}]")),
        ],
        port in prop::option::of(1..=u16::MAX),
        path in prop::option::of(encoded("abzAZ09-_~!$&'()*+,;=:%é名")),
        query in prop::option::of("[a-z=&/?%:]{1,8}"),
    ) {
        let mut text = format!("{scheme}://{user}:{password}{raw_at}@{host}");
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        if let Some(path) = &path {
            let _ = write!(text, "/{path}");
        }
        if let Some(query) = &query {
            let _ = write!(text, "?{query}");
        }
        let ours = url(&text);
        let theirs = url::Url::parse(&text).unwrap();

        let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        prop_assert_eq!(ours.user().map(str::to_owned), some(decode(theirs.username())));
        prop_assert_eq!(
            ours.password().map(|it| it.expose().to_owned()),
            some(decode(theirs.password().unwrap_or_default()))
        );
        let their_host = theirs.host_str().unwrap().to_ascii_lowercase();
        let their_host = their_host.trim_start_matches('[').trim_end_matches(']');
        let [only] = ours.hosts() else { panic!("one host") };
        // `url` and the standard library write IPv6 addresses differently.
        let address = |host: &str| {
            host.parse::<Ipv6Addr>().map_or(host.to_owned(), |address| address.to_string())
        };
        prop_assert_eq!(only.host(), address(their_host));
        let usual = if scheme.to_ascii_lowercase().starts_with("redis") { 6379 } else { 5432 };
        prop_assert_eq!(only.port(), theirs.port().unwrap_or(usual));
        let their_path = decode(theirs.path());
        prop_assert_eq!(ours.database().unwrap_or_default(), their_path.trim_start_matches('/'));
        prop_assert_eq!(
            ours.query.as_ref().map(|it| it.expose().to_owned()),
            query
        );

        prop_assert_eq!(url(&ours.expose_text()), ours.clone());
        prop_assert!(ours.expose_text().len() <= ours.longest());
        // What we write, others read as the same.
        let exposed = ours.expose_text();
        let again = url::Url::parse(&exposed).unwrap();
        prop_assert_eq!(decode(again.username()), decode(theirs.username()));
        prop_assert_eq!(again.password().map(decode), theirs.password().map(decode).and_then(some));
    }

    /// One wrong character anywhere in a URL does not make its password show.
    #[test]
    fn no_password_is_printed(
        text in select(vec![
            "redis://h:hunter2@host.example:6379/0",
            "rediss://:hunter2@host.example",
            "postgres://user:hunter2@host.example:5432/db?sslmode=require",
            "postgres://user:x@host.example:5432/db?password=hunter2",
        ]),
        at in any::<Index>(),
        remove in any::<bool>(),
        insert in prop::option::of(select("@:/?#%[], \n\\a1".chars().collect::<Vec<_>>())),
    ) {
        let mut text = text.to_owned();
        // A password cut in two does not show as a whole, so it is left whole. And without the
        // colon or question mark before it, it is a user name or a database to any reader.
        let secret = text.find("hunter2").unwrap();
        let inside = secret + usize::from(!remove)..secret + "hunter2".len();
        let may_go = |at: usize| !(remove && ":?".contains(&text[at..=at]));
        let places: Vec<_> =
            (0..text.len()).filter(|at| !inside.contains(at) && may_go(*at)).collect();
        let at = *at.get(&places);
        if remove {
            text.remove(at);
        }
        if let Some(character) = insert {
            text.insert(at, character);
        }
        let printed = match text.parse::<ConnectionUrl>() {
            Ok(url) => format!("{url} {url:?} {}", serde_json::to_string(&url).unwrap()),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!printed.contains("hunter2"), "{text:?} prints {printed:?}");
    }

    /// Of a query one parameter is understood, and no other byte of it changes.
    #[test]
    fn all_else_in_a_query_is_kept(
        before in "([a-z=/?%:.+-]{1,8}&){0,3}",
        mode in select(vec![
            "sslmode=disable", "sslmode=allow", "%73slmode=prefer", "requiressl=0", "requiressl=",
            "sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "requiressl=1", "ssl=true",
        ]),
        after in "(&[a-z=/?%:.+-]{1,8}){0,3}",
    ) {
        let text = format!("postgres://u:p@h/d?{before}{mode}{after}");
        let given = url(&text);
        let exposed = |url: &ConnectionUrl| url.query.as_ref().unwrap().expose().to_owned();
        prop_assert_eq!(exposed(&given), format!("{before}{mode}{after}"));
        let is_weak = given.ssl_mode().is_some_and(|mode| !mode.requires_tls());
        let expected = if is_weak { "sslmode=require" } else { mode };
        let then = given.with_tls();
        prop_assert_eq!(exposed(&then), format!("{before}{expected}{after}"));
        prop_assert!(then.ssl_mode().is_some_and(SslMode::requires_tls));
        prop_assert_eq!(then.with_tls(), then);
    }

    #[test]
    fn nothing_panics_and_what_is_read_is_kept(
        text in "((redis|rediss|postgres|postgresql|kafka|kafka\\+ssl)://)?[a-c0-9:@/?#%,.\\[\\]é-]{0,24}|\\PC*",
    ) {
        if let Ok(value) = text.parse::<ConnectionUrl>() {
            prop_assert!(!value.hosts().is_empty());
            prop_assert_eq!(url(&value.expose_text()), value.clone());
            let with_tls = value.with_tls();
            prop_assert_eq!(with_tls.hosts(), value.hosts());
        }
    }
}
