//! Where to connect.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::Host;

use super::InvalidValue;
use super::text::Rule;

const NO_HOST: &str = "its host is neither a host name nor an IP address";

/// A host and a TCP port: `host:6379`, `[::1]:6379`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    host: Box<str>,
    port: u16,
}

impl HostPort {
    /// The host name in lower case, or the IP address; IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Reads `host` or `host:port`. The rule it returns repeats nothing of the text, which may
    /// be a password in the wrong place.
    pub(super) fn read(text: &str, default_port: Option<u16>) -> Result<Self, Rule> {
        // The colons of an IPv6 address are in brackets.
        let brackets = text.starts_with('[').then(|| text.find(']')).flatten();
        let colon = match brackets {
            Some(end) => Some(end + 1).filter(|&at| at < text.len()),
            None => text.find(':'),
        };
        let (host, port) = match colon {
            None => {
                let missing = "it names no port, and the service has no usual one";
                (text, default_port.ok_or(missing)?)
            }
            Some(at) => (&text[..at], read_port(&text[at..])?),
        };
        if host.is_empty() {
            return Err("it has no host; it must read scheme://user:password@host:port".into());
        }
        Ok(Self { host: read_host(host)?, port })
    }
}

/// Reads `:port`.
fn read_port(text: &str) -> Result<u16, Rule> {
    let digits = text
        .strip_prefix(':')
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.map(str::parse::<u16>) {
        Some(Ok(port @ 1..)) => Ok(port),
        Some(_) => Err("its port must be in 1–65535".into()),
        None => {
            Err("its port is not a number; a \"/\", \"?\" or \"@\" in a user name or password \
                     must be percent-encoded"
                .into())
        }
    }
}

/// What the bytes of a host are, by byte: a table, as hosts are long and read often.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => PLAIN,
            b'A'..=b'Z' => UPPER,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};
const PLAIN: u8 = 0;
const UPPER: u8 = 1;
const OTHER: u8 = 2;

fn read_host(text: &str) -> Result<Box<str>, Rule> {
    let classes = text.bytes().fold(PLAIN, |seen, byte| seen | CLASSES[usize::from(byte)]);
    let upper = classes & UPPER != 0;
    let plain = classes & OTHER == 0;
    if plain {
        // A last label that starts with a digit may be an IPv4 address in one of its spellings.
        let label = text.rfind('.').map_or(0, |dot| dot + 1);
        let is_name = text.as_bytes().get(label).is_some_and(|first| !first.is_ascii_digit());
        // The standard library reads only the one spelling that is usual.
        if is_name || text.parse::<Ipv4Addr>().is_ok() {
            return Ok(if upper { text.to_ascii_lowercase().into() } else { text.into() });
        }
    } else if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return match address.parse::<Ipv6Addr>() {
            Ok(address) => Ok(address.to_string().into()),
            Err(_) => Err(NO_HOST.into()),
        };
    }
    match Host::parse(text) {
        // In a URL for libpq a comma separates hosts.
        Ok(Host::Domain(name)) if name.contains(',') => Err("it must name one host".into()),
        Ok(Host::Domain(name)) => Ok(name.into()),
        Ok(Host::Ipv4(address)) => Ok(address.to_string().into()),
        Ok(Host::Ipv6(address)) => Ok(address.to_string().into()),
        Err(_) => Err(NO_HOST.into()),
    }
}

impl FromStr for HostPort {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // People paste URLs here, so the message repeats nothing.
        Self::read(text, None).map_err(|rule| InvalidValue::secret("host and port", rule))
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

value_traits!(HostPort);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn hosts_are_in_their_one_spelling() {
        accepts::<HostPort>(&[
            "localhost:1",
            "under_score.example:65535",
            "vpce-0a-1b.vpce-svc-0c.us-east-1.vpce.amazonaws.com:6379",
            "10.0.0.1:6379",
            "[2001:db8::1]:6379",
        ]);
        for (text, host) in [
            ("HOST.Example:1", "host.example"),
            ("[2001:DB8:0::1]:1", "2001:db8::1"),
            ("010.0.1:1", "8.0.0.1"),
            ("0x7F.1:1", "127.0.0.1"),
            ("Bücher.example:1", "xn--bcher-kva.example"),
        ] {
            let value: HostPort = text.parse().unwrap();
            assert_eq!((value.host(), value.port()), (host, 1), "{text}");
        }
    }

    #[test]
    fn refusals_repeat_nothing() {
        let number = "its port is not a number; a \"/\", \"?\" or \"@\" in a user name or password \
                      must be percent-encoded";
        let range = "its port must be in 1–65535";
        let host = "its host is neither a host name nor an IP address";
        let missing = "it has no host; it must read scheme://user:password@host:port";
        for (text, rule) in [
            ("host", "it names no port, and the service has no usual one"),
            ("", "it names no port, and the service has no usual one"),
            (":1", missing),
            ("host:", number),
            ("host:x", number),
            ("host:+1", number),
            ("::1", number),
            ("host:1:2", number),
            ("[::1]1", number),
            ("host:0", range),
            ("host:65536", range),
            ("host:99999999999", range),
            ("a b:1", host),
            ("a/b:1", host),
            ("[::g]:1", host),
            ("[::1:1", number),
            ("1.2.3.256:1", host),
            ("a,b:1", "it must name one host"),
            ("a%2Cb:1", "it must name one host"),
        ] {
            refuses::<HostPort>(&[(text, &format!("not a host and port: {rule}"))]);
        }
    }
}
