//! Which servers are asked, and thereby given the token.

use std::fmt;

use url::{Host, Url};

/// The variable that names another Platform API.
pub(crate) const API_VARIABLE: &str = "HEROKU_HOST";
/// The variable that names another Data API.
pub(crate) const DATA_VARIABLE: &str = "HEROKU_DATA_HOST";

const DEFAULT_API: &str = "https://api.heroku.com";
const DEFAULT_DATA_HOST: &str = "api.data.heroku.com";

/// A token goes to these domains and those below them; the list is the official CLI's.
const DOMAINS: [&str; 4] = ["heroku.com", "herokai.com", "herokuspace.com", "herokudev.com"];

/// The longest value that a message repeats, in characters.
const SHOWN: usize = 80;

const OUTSIDE: &str = "a token goes only to heroku.com, herokai.com, herokuspace.com, \
    herokudev.com, to what is below them, and to a loopback address; unset the variable, or name \
    one of those (a loopback address as a full URL, such as http://127.0.0.1:5000)";
const CLEAR_TEXT: &str = "a token goes over plain http to a loopback address only; write https://";
const NOT_A_URL: &str = "it cannot be read as a host or an http(s) URL; write it like \
    staging.herokudev.com or http://127.0.0.1:5000";
const TOO_MUCH: &str = "it must be scheme, host and port alone; leave out user, password, path, \
    query and fragment";
const HOST_ONLY: &str = "it must be a host name or an IP address alone; scheme and port are those \
    of HEROKU_HOST";

/// The base URLs of the Platform API and the Data API.
///
/// Every value of this type is a pair of servers that a token may go to: `heroku.com`,
/// `herokai.com`, `herokuspace.com`, `herokudev.com` and what is below them, over https; and
/// loopback addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    api: Url,
    data: Url,
}

impl Hosts {
    /// Reads the values of `HEROKU_HOST` and `HEROKU_DATA_HOST` as the official CLI does.
    ///
    /// - `HEROKU_HOST` is a domain (`staging.herokudev.com` means
    ///   `https://api.staging.herokudev.com`), or a full `http(s)://` URL.
    /// - `HEROKU_DATA_HOST` is a host without scheme and port, which come from the API's URL.
    /// - An empty value is an unset one.
    ///
    /// Two things differ. The CLI ignores a value outside the list with a warning, and asks
    /// production instead; here it is an error. And when the API is on a loopback address, so is
    /// the Data API unless it is named, for production does not know the token of a local server.
    ///
    /// # Errors
    ///
    /// When a value is not a host that a token may go to.
    pub fn from_vars(api: Option<&str>, data: Option<&str>) -> Result<Self, InvalidHost> {
        let set = |value: Option<&str>| value.filter(|text| !text.is_empty()).map(str::to_owned);
        let api = match set(api) {
            Some(value) => read_api(&value)
                .and_then(checked)
                .map_err(|rule| InvalidHost::new(API_VARIABLE, &value, rule))?,
            None => default_api(),
        };
        let data = match set(data) {
            Some(value) => with_host(&api, &value)
                .and_then(checked)
                .map_err(|rule| InvalidHost::new(DATA_VARIABLE, &value, rule))?,
            None if is_loopback(&api) => api.clone(),
            // Cannot fail: the scheme is https where the API is not on a loopback address.
            None => with_host(&api, DEFAULT_DATA_HOST)
                .and_then(checked)
                .map_err(|rule| InvalidHost::new(DATA_VARIABLE, DEFAULT_DATA_HOST, rule))?,
        };
        Ok(Self { api, data })
    }

    /// The base URL of the Platform API.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// The base URL of the Data API.
    pub fn data(&self) -> &Url {
        &self.data
    }

    /// Whether a token may go to this URL at all.
    pub fn is_allowed(url: &Url) -> bool {
        checked(url.clone()).is_ok()
    }
}

impl Default for Hosts {
    /// `https://api.heroku.com` and `https://api.data.heroku.com`.
    fn default() -> Self {
        let api = default_api();
        let data = with_host(&api, DEFAULT_DATA_HOST).unwrap_or_else(|_| api.clone());
        Self { api, data }
    }
}

#[allow(clippy::expect_used)]
fn default_api() -> Url {
    Url::parse(DEFAULT_API).expect("a constant that a test reads")
}

fn read_api(value: &str) -> Result<Url, &'static str> {
    // A URL parser drops line breaks and tabs; what is left would not be what was written.
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(NOT_A_URL);
    }
    let url = if value.contains("://") {
        Url::parse(value)
    } else {
        Url::parse(&format!("https://api.{value}"))
    }
    .map_err(|_| NOT_A_URL)?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if plain { Ok(url) } else { Err(TOO_MUCH) }
}

/// The same scheme and port on another host.
fn with_host(base: &Url, host: &str) -> Result<Url, &'static str> {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let v6 = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let valid = match v6 {
        Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => host.bytes().all(name),
    };
    let mut url = base.clone();
    if !valid || url.set_host(Some(host)).is_err() {
        return Err(HOST_ONLY);
    }
    Ok(url)
}

/// The URL, if a token may go there.
fn checked(url: Url) -> Result<Url, &'static str> {
    // It would be sent in the place of the token, or beside it.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TOO_MUCH);
    }
    let loopback = is_loopback(&url);
    if !loopback && !is_herokus(&url) {
        return Err(OUTSIDE);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => Err(CLEAR_TEXT),
        _ => Err(NOT_A_URL),
    }
}

fn is_herokus(url: &Url) -> bool {
    // `Url` has put the name in lower case.
    url.domain().is_some_and(|name| {
        DOMAINS.iter().any(|domain| {
            name.strip_suffix(domain)
                .is_some_and(|sub| sub.is_empty() || (sub.ends_with('.') && sub.len() > 1))
        })
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A variable that names a server which a token must not go to.
///
/// Its message names variable, value, rule and remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidHost {
    variable: &'static str,
    /// `None` when it may hold a password.
    value: Option<String>,
    rule: &'static str,
}

impl InvalidHost {
    fn new(variable: &'static str, value: &str, rule: &'static str) -> Self {
        let value = (!value.contains(['@', '?', '#'])).then(|| value.chars().take(SHOWN).collect());
        Self { variable, value, rule }
    }

    /// The variable that was refused.
    pub fn variable(&self) -> &'static str {
        self.variable
    }
}

impl fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value:?} is refused: {}", self.variable, self.rule),
            None => write!(f, "the value of {} is refused: {}", self.variable, self.rule),
        }
    }
}

impl std::error::Error for InvalidHost {}

#[cfg(test)]
mod tests;
