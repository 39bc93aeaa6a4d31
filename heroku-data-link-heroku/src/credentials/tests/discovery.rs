use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::super::{Environment, NoToken, Platform, Source, Token};
use crate::hosts::Hosts;
use heroku_data_link::model::Secret;

/// A directory for one test, removed at its end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("heroku-data-link-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.join(name), text).unwrap();
        self
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LOGIN: &str = r#"{"account":"me@example.com"}"#;
const NETRC: &str = "machine api.heroku.com login me password from-netrc";

/// On Linux, with `secret-tool` printing this.
fn environment(dir: &Dir, printed: &'static str) -> Environment {
    Environment::empty(Platform::Linux).with_home(&dir.0).with_data_dir(&dir.0).with_runner(
        move |program, arguments| {
            assert_eq!(program, "secret-tool");
            let expected = ["lookup", "service", "heroku-cli", "account", "me@example.com"];
            assert_eq!(arguments, expected);
            Ok(Secret::new(printed))
        },
    )
}

fn discover(environment: &Environment) -> Result<Token, NoToken> {
    Token::discover(environment, &Hosts::default())
}

fn found(environment: &Environment) -> (String, Source) {
    let token = discover(environment).unwrap();
    (token.secret().expose().to_owned(), token.source().clone())
}

fn message(environment: &Environment, dir: &Dir) -> String {
    let error = discover(environment).unwrap_err();
    error.to_string().replace(&dir.0.display().to_string(), "DIR")
}

#[test]
fn the_order_is_variable_store_netrc() {
    let dir = Dir::new().with("login.json", LOGIN).with(".netrc", NETRC);
    let all = environment(&dir, "from-store\n");
    let with_variable = all.clone().with_var("HEROKU_API_KEY", "from-variable");
    assert_eq!(found(&with_variable), ("from-variable".into(), Source::Variable));
    let empty_variable = all.clone().with_var("HEROKU_API_KEY", "");
    assert_eq!(found(&empty_variable), ("from-store".into(), Source::CredentialStore));
    let from_netrc = ("from-netrc".into(), Source::Netrc(dir.0.join(".netrc")));
    assert_eq!(found(&environment(&dir, "")), from_netrc);
    for value in ["true", "TRUE"] {
        let netrc_only = all.clone().with_var("HEROKU_NETRC_WRITE", value);
        assert_eq!(found(&netrc_only), from_netrc);
    }
    let not_quite = all.with_var("HEROKU_NETRC_WRITE", "1");
    assert_eq!(found(&not_quite), ("from-store".into(), Source::CredentialStore));
}

#[test]
fn each_system_has_its_store() {
    let dir = Dir::new().with("login.json", LOGIN).with("_netrc", NETRC);
    let mac = Environment::empty(Platform::MacOs).with_data_dir(&dir.0).with_runner(
        |program, arguments| {
            assert_eq!(program, "security");
            let expected = ["find-generic-password", "-a", "me@example.com", "-s", "heroku-cli"];
            assert_eq!((&arguments[..5], arguments[5]), (&expected[..], "-w"));
            Ok(Secret::new("from-keychain\n"))
        },
    );
    assert_eq!(found(&mac), ("from-keychain".into(), Source::CredentialStore));
    let windows = Environment::empty(Platform::Windows).with_home(&dir.0).with_data_dir(&dir.0);
    let from_netrc = ("from-netrc".into(), Source::Netrc(dir.0.join("_netrc")));
    assert_eq!(found(&windows), from_netrc);
    let nothing = message(&Environment::empty(Platform::Windows), &dir);
    assert!(nothing.contains("; the OS credential store: that of Windows is not read; "));
    let nothing = message(&Environment::empty(Platform::Other), &dir);
    assert!(nothing.contains("; the OS credential store: this system has none; "));
}

#[test]
fn netrc_is_asked_for_the_host_in_use() {
    let text = "machine 127.0.0.1 password local machine api.x.herokudev.com password staging";
    let dir = Dir::new().with(".netrc", text);
    let environment = Environment::empty(Platform::Linux).with_home(&dir.0);
    for (host, expected) in [("http://127.0.0.1:5000", "local"), ("x.herokudev.com", "staging")] {
        let hosts = Hosts::from_vars(Some(host), None).unwrap();
        let token = Token::discover(&environment, &hosts).unwrap();
        assert_eq!(token.secret().expose(), expected);
    }
}

#[test]
fn when_all_fail_each_is_named() {
    let dir = Dir::new();
    assert_eq!(
        message(&environment(&dir, ""), &dir),
        "no Heroku token; HEROKU_API_KEY: it is not set; the OS credential store: DIR/login.json: \
         there is none; DIR/.netrc: there is none; set HEROKU_API_KEY, or run `heroku login`"
    );
    assert_eq!(
        message(&Environment::empty(Platform::Linux).with_var("HEROKU_API_KEY", ""), &dir),
        "no Heroku token; HEROKU_API_KEY: it is empty; the OS credential store: the CLI's data \
         directory is not known; netrc: the home directory is not known; set HEROKU_API_KEY, or \
         run `heroku login`"
    );
    let dir = dir.with("login.json", LOGIN).with(".netrc", "").with(".netrc.gpg", "");
    let netrc_only = environment(&dir, "").with_var("HEROKU_NETRC_WRITE", "true");
    assert_eq!(
        message(&netrc_only, &dir),
        "no Heroku token; HEROKU_API_KEY: it is not set; the OS credential store: it is not used, \
         for HEROKU_NETRC_WRITE is true; DIR/.netrc: it has no machine api.heroku.com; \
         DIR/.netrc.gpg is there, but is not read; set HEROKU_API_KEY, or run `heroku login`"
    );
    let error = discover(&netrc_only).unwrap_err();
    assert_eq!(error.tried().count(), 3);
}

#[test]
fn a_store_that_fails_is_described() {
    let dir = Dir::new().with("login.json", LOGIN);
    let base = environment(&dir, "");
    let tried = |environment: &Environment| {
        let error = discover(environment).unwrap_err();
        let (source, why) = error.tried().nth(1).unwrap();
        assert_eq!(source, &Source::CredentialStore);
        why.replace(&dir.0.display().to_string(), "DIR")
    };
    assert_eq!(tried(&base), "secret-tool has no entry of the account in login.json");
    for (kind, why) in [
        (io::ErrorKind::NotFound, "secret-tool is not installed"),
        (io::ErrorKind::TimedOut, "secret-tool did not answer in time"),
        (io::ErrorKind::PermissionDenied, "secret-tool cannot be run: permission denied"),
    ] {
        assert_eq!(tried(&base.clone().with_runner(move |_, _| Err(kind.into()))), why);
    }
    let odd = "it has spaces, line breaks or other than visible ASCII characters";
    assert_eq!(tried(&environment(&dir, "two\nlines")), odd);
    for (text, why) in [
        ("{", "DIR/login.json: it does not name an account"),
        ("[]", "DIR/login.json: it does not name an account"),
        (r#"{"account":7}"#, "DIR/login.json: it does not name an account"),
        (r#"{"account":""}"#, "DIR/login.json: its account is not an e-mail address"),
        (r#"{"account":"--help"}"#, "DIR/login.json: its account is not an e-mail address"),
        (r#"{"account":"a\u0000"}"#, "DIR/login.json: its account is not an e-mail address"),
    ] {
        fs::write(dir.0.join("login.json"), text).unwrap();
        assert_eq!(tried(&base), why, "{text}");
    }
}

#[test]
fn a_variable_that_cannot_be_a_token_ends_the_search() {
    let dir = Dir::new().with(".netrc", NETRC);
    for value in ["hunter2\nX-Header: x", "hunter2 ", "hunter2\u{e9}", "\0hunter2", "hunter2\r"] {
        let environment = environment(&dir, "").with_var("HEROKU_API_KEY", value);
        let error = discover(&environment).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no Heroku token; HEROKU_API_KEY: it has spaces, line breaks or other than visible \
             ASCII characters; set HEROKU_API_KEY, or run `heroku login`"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
        let error = Token::new(value).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    assert_eq!(Token::new("").unwrap_err().to_string(), "not a Heroku token: it is empty");
    let endless = Token::new("x".repeat(64 * 1024)).unwrap_err().to_string();
    assert_eq!(endless, "not a Heroku token: it is longer than any token");
    assert!(Token::new("x".repeat(4096)).is_ok());
}

#[test]
fn odd_files_are_described() {
    let dir = Dir::new().with(".netrc", vec![b'x'; 1 << 20]);
    let environment = Environment::empty(Platform::Other).with_home(&dir.0);
    assert!(message(&environment, &dir).contains("DIR/.netrc: it is too long; "));
    fs::remove_file(dir.0.join(".netrc")).unwrap();
    fs::create_dir(dir.0.join(".netrc")).unwrap();
    assert!(message(&environment, &dir).contains("DIR/.netrc: it is no regular file; "));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_does_not_hang() {
    let dir = Dir::new();
    for name in [".netrc", "login.json"] {
        let made = std::process::Command::new("mkfifo").arg(dir.0.join(name)).status().unwrap();
        assert!(made.success());
    }
    let found = message(&environment(&dir, ""), &dir);
    assert!(found.contains("DIR/.netrc: it is no regular file; "), "{found}");
    assert!(found.contains("DIR/login.json: it is no regular file; "), "{found}");
}

#[test]
fn a_byte_order_mark_is_understood_and_utf_16_is_named() {
    let marked = |text: &str| format!("\u{feff}{text}");
    let dir = Dir::new().with("login.json", marked(LOGIN)).with(".netrc", marked(NETRC));
    let from_store = ("from-store".to_owned(), Source::CredentialStore);
    assert_eq!(found(&environment(&dir, "from-store")), from_store);
    assert_eq!(found(&environment(&dir, "")).0, "from-netrc");
    for (mark, bytes) in [
        (true, u16::to_le_bytes as fn(u16) -> [u8; 2]),
        (true, u16::to_be_bytes),
        (false, u16::to_le_bytes),
        (false, u16::to_be_bytes),
    ] {
        let text = if mark { marked(NETRC) } else { NETRC.to_owned() };
        let text: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        let dir = Dir::new().with(".netrc", text);
        let environment = Environment::empty(Platform::Other).with_home(&dir.0);
        let expected = "DIR/.netrc: it is UTF-16 text; save it as UTF-8; ";
        assert!(message(&environment, &dir).contains(expected));
    }
}

#[test]
fn nothing_prints_a_token() {
    let token = Token::new("hunter2").unwrap();
    assert_eq!(format!("{token:?}"), "Token { secret: ***, source: Given }");
    assert_eq!(token.source().to_string(), "the program");
    let environment = Environment::empty(Platform::Other).with_var("HEROKU_API_KEY", "hunter2");
    assert!(!format!("{environment:?}").contains("hunter2"));
    assert_eq!(environment.var("HEROKU_API_KEY").unwrap().expose(), "hunter2");
}

#[test]
fn the_real_environment_has_a_home_and_only_its_variables() {
    let real = Environment::real();
    assert!(real.var("PATH").is_none());
    let shown = format!("{real:?}");
    assert!(shown.starts_with("Environment { vars: {"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_error_holds_a_password(
        password in "pw-[a-z0-9]{12}",
        machine in "(git|api)\\.heroku\\.(com|org)",
        quote in prop::sample::select(vec!["", "\"", "\" ", "\\", "\"\\n"]),
        logged_in in any::<bool>(),
        tail in "[ -~\n\"\\\\é]{0,12}",
    ) {
        let text = format!("machine {machine} login me password {quote}{password}{tail}");
        let login =
            if logged_in { LOGIN.to_owned() } else { format!("{{\"account\": {password}}}") };
        let dir = Dir::new().with(".netrc", &text).with("login.json", login);
        let printed = format!("{password}\n\n{tail}x");
        let environment = Environment::empty(Platform::Linux)
            .with_home(&dir.0)
            .with_data_dir(&dir.0)
            .with_runner(move |_, _| Ok(Secret::new(printed.clone())));
        let shown = match discover(&environment) {
            Ok(token) => format!("{token:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains(&password), "{}", shown);
    }
}
