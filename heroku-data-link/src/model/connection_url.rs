//! URLs with which a client connects to a data service.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::ops::Range;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Serialize, Serializer};

use super::connection_scheme::SCHEMES;
use super::secret::MASK;
use super::ssl_mode::{self, REQUIRED};
use super::text::Rule;
use super::{ConnectionScheme, DataService, HostPort, InvalidValue, Secret, SslMode, TlsMode};

/// All but what RFC 3986 calls unreserved, which needs no encoding anywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for a path, which may have slashes.
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// A URL of `redis`, `rediss`, `postgres`, `postgresql` or `kafka`, or Kafka's list
/// `kafka+ssl://host:port,kafka+ssl://host:port`.
///
/// `Display`, `Debug` and serde print it redacted, and so does `to_string()`:
/// [`expose_text`](Self::expose_text) gives what a client takes. A refusal never repeats the URL.
///
/// ```
/// use heroku_data_link::model::ConnectionUrl;
///
/// let url: ConnectionUrl = "rediss://:hunter2@cache.example.com:6379".parse()?;
/// assert_eq!(url.expose_text(), "rediss://:hunter2@cache.example.com:6379"); // for a client
/// assert_eq!(url.to_string(), "rediss://***@cache.example.com:6379"); // for people
/// # Ok::<(), heroku_data_link::model::InvalidValue>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionUrl {
    scheme: ConnectionScheme,
    user: Option<Box<str>>,
    password: Option<Secret>,
    hosts: Vec<HostPort>,
    database: Option<Box<str>>,
    /// As it was given, for it may hold passwords, and we need one parameter of it.
    query: Option<Secret>,
}

impl ConnectionUrl {
    /// The scheme.
    pub fn scheme(&self) -> ConnectionScheme {
        self.scheme
    }

    /// The service that the URL is of.
    pub fn service(&self) -> DataService {
        self.scheme.service()
    }

    /// Where to connect: one host, or Kafka's brokers in the order given. Never empty.
    pub fn hosts(&self) -> &[HostPort] {
        &self.hosts
    }

    /// The user name, decoded.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password, decoded.
    ///
    /// `redis://word@host`, without a colon, gives a password and no user: Key-Value Store has
    /// no user names, and procedures write it so.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// The path without its first slash, decoded: Postgres' database, Redis' number.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The `sslmode` of a Postgres URL, as libpq reads it: the last of several, `ssl=true` and
    /// `requiressl=1` too. `None` where it says nothing, and for other services. A value that libpq
    /// refuses, `no-verify` for one, makes the URL invalid.
    pub fn ssl_mode(&self) -> Option<SslMode> {
        self.ssl_parameter().map(|(_, mode)| mode)
    }

    fn ssl_parameter(&self) -> Option<(Range<usize>, SslMode)> {
        let query = self.query.as_ref().filter(|_| self.service() == DataService::Postgres)?;
        // What is wrong with it was found when the URL was read.
        ssl_mode::of_query(query.expose()).ok().flatten()
    }

    /// How the connection is protected if the URL is used as it is: a Postgres URL that says nothing
    /// of it counts as `unverified`.
    pub fn tls_mode(&self) -> TlsMode {
        match self.scheme {
            ConnectionScheme::Redis | ConnectionScheme::Kafka => TlsMode::Off,
            ConnectionScheme::Postgres => {
                self.ssl_mode().map_or_else(|| self.service().tls_mode(), SslMode::tls_mode)
            }
            ConnectionScheme::Rediss | ConnectionScheme::KafkaSsl => self.service().tls_mode(),
        }
    }

    /// The same URL with the scheme that uses TLS, and for Postgres with `sslmode=require` in the
    /// place of a weaker one; one that uses TLS is unchanged. All else in a query stays as it is.
    #[must_use]
    pub fn with_tls(&self) -> Self {
        if let (Some(query), Some((place, mode))) = (&self.query, self.ssl_parameter()) {
            if mode.requires_tls() {
                return self.clone();
            }
            let query = query.expose();
            let query = [&query[..place.start], REQUIRED, &query[place.end..]].concat();
            return Self { query: Some(Secret::new(query)), ..self.clone() };
        }
        let scheme = match self.scheme {
            ConnectionScheme::Redis => ConnectionScheme::Rediss,
            ConnectionScheme::Kafka => ConnectionScheme::KafkaSsl,
            other => other,
        };
        Self { scheme, ..self.clone() }
    }

    /// The whole URL as plain text, password and query included, percent-encoded where needed. It
    /// parses to an equal one. Whoever calls this answers for where it goes.
    pub fn expose_text(&self) -> String {
        // Room for all, so that no copy of a secret stays behind in memory as the text grows.
        let mut text = String::with_capacity(self.longest());
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, true);
        text
    }

    fn write(&self, out: &mut impl Write, expose: bool) -> fmt::Result {
        let scheme = self.scheme.as_str();
        for (at, host) in self.hosts.iter().enumerate() {
            let separator = if at == 0 { "" } else { "," };
            write!(out, "{separator}{scheme}://")?;
            self.write_credentials(out, expose)?;
            write!(out, "{host}")?;
        }
        if let Some(database) = &self.database {
            write!(out, "/{}", utf8_percent_encode(database, ENCODED_PATH))?;
        }
        if let Some(query) = &self.query {
            write!(out, "?{}", if expose { query.expose() } else { MASK })?;
        }
        Ok(())
    }

    fn write_credentials(&self, out: &mut impl Write, expose: bool) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(out, "{}", utf8_percent_encode(user, ENCODED))?;
        }
        match &self.password {
            Some(password) if expose => {
                write!(out, ":{}@", utf8_percent_encode(password.expose(), ENCODED))
            }
            Some(_) if self.user.is_some() => write!(out, ":{MASK}@"),
            Some(_) => write!(out, "{MASK}@"),
            None if self.user.is_none() => Ok(()),
            // Without the colon it would be read as a password.
            None if self.service() == DataService::KeyValueStore => out.write_str(":@"),
            None => out.write_str("@"),
        }
    }

    /// No fewer bytes than the URL has: encoding trebles them at most.
    fn longest(&self) -> usize {
        let secret = |text: &Option<Secret>| text.as_ref().map_or(0, |text| text.expose().len());
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let hosts = self.hosts.iter().map(|host| host.host().len() + 24).sum::<usize>();
        hosts
            + 3 * (text(&self.user) + secret(&self.password) + text(&self.database))
            + secret(&self.query)
            + 4
    }
}

impl FromStr for ConnectionUrl {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).map_err(|rule| InvalidValue::secret("connection URL", rule))
    }
}

fn read(text: &str) -> Result<ConnectionUrl, Rule> {
    let odd = |byte: u8| matches!(byte, 0..=b' ' | b'#' | 0x7f);
    // Not `any`: without an early exit many bytes are compared at once.
    if text.bytes().fold(false, |found, byte| found | odd(byte)) {
        return Err(if text.bytes().any(|byte| odd(byte) && byte != b'#') {
            "it has white space or control characters".into()
        } else {
            "it has a \"#\"; in a user name or password write %23".into()
        });
    }
    let (scheme, rest) = read_scheme(text)?;
    match scheme.service() {
        DataService::Kafka => read_list(scheme, text),
        DataService::KeyValueStore | DataService::Postgres => read_one(scheme, rest),
    }
}

/// Splits at `://`.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(':')?;
    Some((word, rest.strip_prefix("//")?))
}

fn read_scheme(text: &str) -> Result<(ConnectionScheme, &str), Rule> {
    let Some((word, rest)) = split_scheme(text) else {
        return Err(format!("it must start with a scheme and \"://\"; {SCHEMES}").into());
    };
    match ConnectionScheme::read(word) {
        Some(scheme) => Ok((scheme, rest)),
        // Whatever is no scheme at all may be part of a password.
        None if (1..=20).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            Err(format!("its scheme is {word:?}; {SCHEMES}").into())
        }
        None => Err(format!("its scheme is unknown; {SCHEMES}").into()),
    }
}

/// Reads `user:password@host:port/database?query`.
fn read_one(scheme: ConnectionScheme, rest: &str) -> Result<ConnectionUrl, Rule> {
    let mut authority = rest.len();
    let mut login = None;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            // Only the last one ends user name and password.
            b'@' => login = Some(at),
            b'/' | b'?' => {
                authority = at;
                break;
            }
            _ => {}
        }
    }
    let (authority, rest) = rest.split_at(authority);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.contains('@') {
        // Else the end of a password with a slash in it would be printed as a database.
        return Err("it has an \"@\" behind a \"/\"; in a user name or password write %2F".into());
    }
    if query.contains('@') {
        // Else a part of a password with a question mark in it would be printed as a host or port.
        return Err(
            "it has an \"@\" behind a \"?\"; in a user name or password write %3F, and in a \
                    query %40"
                .into(),
        );
    }
    if scheme.service() == DataService::Postgres {
        ssl_mode::of_query(query)?;
    }
    let (login, address) = match login {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => ("", authority),
    };
    let (user, password) = match login.split_once(':') {
        Some(both) => both,
        None if scheme.service() == DataService::KeyValueStore => ("", login),
        None => (login, ""),
    };
    Ok(ConnectionUrl {
        scheme,
        user: decoded(user)?.map(Box::from),
        password: decoded(password)?.map(Secret::new),
        hosts: vec![HostPort::read(address, scheme.default_port())?],
        database: decoded(path.strip_prefix('/').unwrap_or(path))?.map(Box::from),
        query: Some(query).filter(|query| !query.is_empty()).map(Secret::new),
    })
}

/// Reads Kafka's list.
fn read_list(scheme: ConnectionScheme, text: &str) -> Result<ConnectionUrl, Rule> {
    let mut hosts = Vec::new();
    for item in text.split(',') {
        let Some((_, address)) =
            split_scheme(item).filter(|(word, _)| ConnectionScheme::read(word) == Some(scheme))
        else {
            return Err("every host in its list must have the same scheme".into());
        };
        let host = HostPort::read(address, scheme.default_port());
        hosts.push(host.map_err(|rule| not_a_broker(address).map_or(rule, Rule::from))?);
    }
    Ok(ConnectionUrl { scheme, user: None, password: None, hosts, database: None, query: None })
}

/// What a broker's address must not have, if that is why it cannot be read.
fn not_a_broker(address: &str) -> Option<&'static str> {
    if address.contains('@') {
        Some("it has credentials; Kafka takes client certificates instead")
    } else if address.contains(['/', '?']) {
        Some("it has a path or query, which Kafka's URLs never have")
    } else {
        None
    }
}

/// The text with its percent-encoding undone; `None` if it is empty.
fn decoded(text: &str) -> Result<Option<Cow<'_, str>>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    if !text.bytes().any(|byte| byte == b'%') {
        return Ok(Some(text.into()));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err("its percent-encoding does not give UTF-8".into()),
    }
}

conversions!(ConnectionUrl);

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionUrl").field(&self.to_string()).finish()
    }
}

impl Serialize for ConnectionUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
