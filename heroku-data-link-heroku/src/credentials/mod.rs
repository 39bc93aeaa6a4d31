//! Where the token comes from: a variable, the credential store of the OS, or netrc.

mod environment;
mod netrc;
mod os_store;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use heroku_data_link::model::{InvalidValue, Secret};

pub use self::environment::{Environment, Platform};
use crate::hosts::Hosts;

const API_KEY: &str = "HEROKU_API_KEY";

/// A longer netrc or login file is not one.
const LONGEST_FILE: u64 = 1 << 20;

/// What some editors put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes of the longest token that is believed to be one; Heroku's have less than 100.
const LONGEST_TOKEN: usize = 4096;

/// A token that can be sent in a header, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    secret: Secret,
    source: Source,
}

impl Token {
    /// A token that the program has from elsewhere.
    ///
    /// # Errors
    ///
    /// When the text is empty or longer than 4096 bytes, or has other than visible ASCII characters.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        let token = Self::found(Secret::new(text), Source::Given);
        token.map_err(|rule| InvalidValue::secret("Heroku token", rule))
    }

    /// Looks where the official CLI looks, in its order: the variable `HEROKU_API_KEY`, the entry
    /// in the credential store of the OS that `heroku login` makes, and netrc.
    ///
    /// A variable that is set and cannot be a token ends the search: it was meant to be used.
    /// An encrypted `.netrc.gpg` and the Password Vault of Windows are not read; the error says so.
    /// This reads files, may run a program, and blocks for as long as that takes (ten seconds at
    /// the most).
    ///
    /// # Errors
    ///
    /// When there is no token; the error tells why for each place.
    pub fn discover(environment: &Environment, hosts: &Hosts) -> Result<Self, NoToken> {
        let mut tried = Vec::new();
        match environment.var(API_KEY) {
            Some(secret) if !secret.expose().is_empty() => {
                return Self::found(secret.clone(), Source::Variable)
                    .map_err(|rule| NoToken { tried: vec![Tried::new(Source::Variable, rule)] });
            }
            Some(_) => tried.push(Tried::new(Source::Variable, "it is empty")),
            None => tried.push(Tried::new(Source::Variable, "it is not set")),
        }
        let stored = os_store::read(environment)
            .and_then(|secret| Ok(Self::found(secret, Source::CredentialStore)?));
        match stored {
            Ok(token) => return Ok(token),
            Err(why) => tried.push(Tried::new(Source::CredentialStore, why)),
        }
        let path = netrc_path(environment);
        let source = Source::Netrc(path.clone().unwrap_or_default());
        let read = path.ok_or_else(|| "the home directory is not known".to_owned());
        let read = read.and_then(|path| from_netrc(&path, hosts.api().host_str().unwrap_or("")));
        match read.and_then(|secret| Ok(Self::found(secret, source.clone())?)) {
            Ok(token) => Ok(token),
            Err(why) => {
                tried.push(Tried::new(source, why));
                Err(NoToken { tried })
            }
        }
    }

    fn found(secret: Secret, source: Source) -> Result<Self, &'static str> {
        let text = secret.expose();
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.len() > LONGEST_TOKEN {
            return Err("it is longer than any token");
        }
        // A line break would begin another header.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has spaces, line breaks or other than visible ASCII characters");
        }
        Ok(Self { secret, source })
    }

    /// The token itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Where it was found.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// Where a token was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The program brought it.
    Given,
    /// The variable `HEROKU_API_KEY`.
    Variable,
    /// The entry that the official CLI makes in the credential store of the OS.
    CredentialStore,
    /// A netrc file; the path is empty where the home directory is not known.
    Netrc(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("the program"),
            Self::Variable => f.write_str(API_KEY),
            Self::CredentialStore => f.write_str("the OS credential store"),
            Self::Netrc(path) if path.as_os_str().is_empty() => f.write_str("netrc"),
            Self::Netrc(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tried {
    source: Source,
    why: String,
}

impl Tried {
    fn new(source: Source, why: impl Into<String>) -> Self {
        Self { source, why: why.into() }
    }
}

/// No token was found. The message names each place and why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoToken {
    tried: Vec<Tried>,
}

impl NoToken {
    /// Each place that was tried, in order, and why it gave no token.
    pub fn tried(&self) -> impl Iterator<Item = (&Source, &str)> {
        self.tried.iter().map(|it| (&it.source, it.why.as_str()))
    }
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no Heroku token")?;
        for Tried { source, why } in &self.tried {
            write!(f, "; {source}: {why}")?;
        }
        write!(f, "; set {API_KEY}, or run `heroku login`")
    }
}

impl std::error::Error for NoToken {}

fn netrc_path(environment: &Environment) -> Option<PathBuf> {
    let name = match environment.platform() {
        Platform::Windows => "_netrc",
        Platform::Linux | Platform::MacOs | Platform::Other => ".netrc",
    };
    Some(environment.home()?.join(name))
}

fn from_netrc(path: &Path, machine: &str) -> Result<Secret, String> {
    let found = read_text(path).and_then(|text| netrc::password(text.expose(), machine));
    let encrypted = path
        .with_file_name(format!("{}.gpg", path.file_name().unwrap_or_default().to_string_lossy()));
    found.map_err(|why| {
        if encrypted.exists() {
            format!("{why}; {} is there, but is not read", encrypted.display())
        } else {
            why
        }
    })
}

/// A whole file, in which there may be secrets.
fn read_text(path: &Path) -> Result<Secret, String> {
    let describe = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "there is none".to_owned(),
        _ => format!("it cannot be read: {error}"),
    };
    // Opening a pipe waits for somebody who writes to it, and a device may never end.
    if !fs::metadata(path).map_err(describe)?.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(describe)?;
    file.take(LONGEST_FILE).read_to_end(&mut bytes).map_err(describe)?;
    if bytes.len() as u64 == LONGEST_FILE {
        return Err("it is too long".to_owned());
    }
    // Text of a letter begins with one of these in both byte orders, with and without a mark.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = bytes.as_slice() {
        return Err("it is UTF-16 text; save it as UTF-8".to_owned());
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(Secret::new(lossy(bytes)))
}

/// The text, without a second copy where that can be avoided.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
