//! The entry that the official CLI (version 11) makes in the credential store of the OS.

use std::io;

use heroku_data_link::model::Secret;
use serde::Deserialize;

use super::{Environment, Platform, read_text};

/// The service that the CLI stores its token under.
const SERVICE: &str = "heroku-cli";
/// `true` makes the CLI use netrc alone.
const NETRC_ONLY: &str = "HEROKU_NETRC_WRITE";

/// What the CLI remembers of the last login.
#[derive(Deserialize)]
struct Login {
    account: String,
}

/// The token, or why there is none.
pub(super) fn read(environment: &Environment) -> Result<Secret, String> {
    let netrc_only = environment.var(NETRC_ONLY);
    if netrc_only.is_some_and(|value| value.expose().eq_ignore_ascii_case("true")) {
        return Err(format!("it is not used, for {NETRC_ONLY} is true"));
    }
    let platform = environment.platform();
    match platform {
        Platform::Linux | Platform::MacOs => {}
        Platform::Windows => return Err("that of Windows is not read".to_owned()),
        Platform::Other => return Err("this system has none".to_owned()),
    }
    let account = account(environment)?;
    let secret_tool = ["lookup", "service", SERVICE, "account", &account];
    let security = ["find-generic-password", "-a", &account, "-s", SERVICE, "-w"];
    let (program, arguments): (_, &[&str]) = match platform {
        Platform::MacOs => ("security", &security),
        Platform::Linux | Platform::Windows | Platform::Other => ("secret-tool", &secret_tool),
    };
    let printed = environment.run(program, arguments).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{program} is not installed"),
        io::ErrorKind::TimedOut => format!("{program} did not answer in time"),
        _ => format!("{program} cannot be run: {error}"),
    })?;
    let token = printed.expose().trim_end_matches(['\r', '\n']);
    if token.is_empty() {
        return Err(format!("{program} has no entry of the account in login.json"));
    }
    Ok(Secret::new(token))
}

/// The account of the last login.
fn account(environment: &Environment) -> Result<String, String> {
    let directory = environment.data_dir().ok_or("the CLI's data directory is not known")?;
    let path = directory.join("login.json");
    let text = read_text(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    // The parser's message may repeat what it read, so it is not shown.
    let login: Login = serde_json::from_str(text.expose())
        .map_err(|_| format!("{}: it does not name an account", path.display()))?;
    let odd = login.account.is_empty()
        // It would be read as an option.
        || login.account.starts_with('-')
        || login.account.chars().any(char::is_control);
    if odd {
        return Err(format!("{}: its account is not an e-mail address", path.display()));
    }
    Ok(login.account)
}
