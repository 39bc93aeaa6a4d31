use heroku_data_link::model::Secret;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::lossy;
use super::super::netrc::{Entry, parse, password};

fn found(text: &str) -> Result<String, String> {
    password(text, "api.heroku.com").map(|secret| secret.expose().to_owned())
}

#[test]
fn passwords_are_found() {
    for text in [
        "machine api.heroku.com login me password pw",
        "machine api.heroku.com\n  login me\n  password pw\n",
        "machine\n\tapi.heroku.com\r\n\r\nlogin\nme\npassword\n\npw\r\n",
        "machine API.Heroku.com password pw",
        "machine api.heroku.com password \"pw\"",
        "machine api.heroku.com password pw login",
        "machine api.heroku.com account a\\b password pw # a comment\n",
        "# machine api.heroku.com password no\nmachine api.heroku.com password pw",
        "machine api.heroku.com # password no\n password pw",
        "machine api.heroku.com port 22 protocol \"x\" password pw",
        "password no login no machine api.heroku.com password pw",
        "machine git.heroku.com password no machine api.heroku.com password pw",
        "machine api.heroku.com password pw machine api.heroku.com password no",
        "machine api.heroku.com login me\nmachine api.heroku.com password pw",
        "macdef init\nmachine api.heroku.com password no\n\nmachine api.heroku.com password pw",
        "machine api.heroku.com password pw\nmacdef init\nmachine x\npassword no",
        "macdef a\r\nbody\r\n\r\nmachine api.heroku.com password pw",
        "default login anonymous password no\nmachine api.heroku.com password pw",
        "\u{feff}x machine api.heroku.com password pw",
    ] {
        assert_eq!(found(text).as_deref(), Ok("pw"), "{text:?}");
    }
}

#[test]
fn values_may_be_quoted() {
    for (value, expected) in [
        (r#""a b""#, "a b"),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        (r#""\n\r\t\x""#, "\n\r\tx"),
        (r#""""#, ""),
        (r#""é#""#, "é#"),
        ("#pw", "#pw"),
        (r"a\b", r"a\b"),
        ("a\"b\"", "a\"b\""),
        // It is tolerated when nobody closes the quotes.
        ("\"open", "open"),
        ("\"open\nlogin me", "open"),
        ("\"open\\", "open"),
    ] {
        let text = format!("machine api.heroku.com password {value}");
        assert_eq!(found(&text).as_deref(), Ok(expected), "{text:?}");
    }
}

#[test]
fn it_says_what_is_missing() {
    let no_machine = Err("it has no machine api.heroku.com".to_owned());
    let no_password = Err("its machine api.heroku.com has no password".to_owned());
    for (text, expected) in [
        ("", &no_machine),
        ("machine", &no_machine),
        ("machine heroku.com password pw", &no_machine),
        ("machine api.heroku.com.evil.org password pw", &no_machine),
        ("default password pw", &no_machine),
        ("password pw", &no_machine),
        ("machine api.heroku.com", &no_password),
        ("machine api.heroku.com login me", &no_password),
        ("machine api.heroku.com password", &no_password),
        ("machine api.heroku.com default password pw", &no_password),
        ("machine api.heroku.com macdef x\npassword pw", &no_password),
    ] {
        assert_eq!(&found(text), expected, "{text:?}");
    }
}

/// Keywords and odd characters in any order.
fn soup() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "machine",
        "default",
        "login",
        "password",
        "account",
        "macdef",
        "api.heroku.com",
        "\"",
        "\\",
        "\\\"",
        "#",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\t",
        "x",
        "é",
        "\0",
    ]);
    vec((word, prop::sample::select(vec!["", " "])), 0..40)
        .prop_map(|words| words.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[!-~]{1,20}", "[ -~\n\r\té]{0,20}"]
}

fn entry() -> impl Strategy<Value = Entry> {
    let name = proptest::option::weighted(0.9, value());
    let part = || proptest::option::of(value());
    (name, part(), part(), part()).prop_map(|(machine, login, password, account)| Entry {
        machine,
        login,
        password: password.map(Secret::new),
        account,
    })
}

fn written(value: &str) -> String {
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if plain {
        return value.to_owned();
    }
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t");
    format!("\"{escaped}\"")
}

fn file(entries: &[Entry], gaps: &[&str], between: &[&str]) -> String {
    let mut text = String::new();
    let mut gaps = gaps.iter().cycle();
    let mut say = |text: &mut String, word: &str| {
        text.push_str(word);
        text.push_str(gaps.next().copied().unwrap_or(" "));
    };
    for (entry, extra) in entries.iter().zip(between.iter().cycle()) {
        let password = entry.password.as_ref().map(Secret::expose);
        match &entry.machine {
            Some(name) => {
                say(&mut text, "machine");
                say(&mut text, &written(name));
            }
            None => say(&mut text, "default"),
        }
        let parts = [("login", entry.login.as_deref()), ("password", password)];
        for (keyword, value) in parts.into_iter().chain([("account", entry.account.as_deref())]) {
            if let Some(value) = value {
                say(&mut text, keyword);
                say(&mut text, &written(value));
            }
        }
        text.push_str(extra);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_are_too_odd(bytes in vec(any::<u8>(), 0..200)) {
        parse(&lossy(bytes));
    }

    #[test]
    fn no_text_is_too_odd(text in soup()) {
        for entry in parse(&text) {
            prop_assert!(entry.machine.is_none_or(|name| text.contains(name.trim_matches('\\'))
                || text.contains('"')));
        }
    }

    #[test]
    fn what_is_written_is_read(
        entries in vec(entry(), 0..6),
        gaps in vec(prop::sample::select(vec![" ", "\n", "\t", "\n  ", "\r\n", "\n\n"]), 1..8),
        between in vec(prop::sample::select(vec![
            "\n", "# a comment\n", "#\n\n", "unknown words\n",
            "macdef name\nmachine m\npassword p\n\n", "macdef x\n\n",
        ]), 1..4),
    ) {
        prop_assert_eq!(parse(&file(&entries, &gaps, &between)), entries);
    }
}
