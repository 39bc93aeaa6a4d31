//! TCP ports.

use std::fmt;
use std::str::FromStr;

use super::InvalidValue;

const WHAT: &str = "port range";

/// A range of TCP ports, both ends included: `6379` or `10000-11000`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    from: u16,
    to: u16,
}

impl PortRange {
    /// What a client takes the port of its own end from, whatever its system and whatever gateway is
    /// in between: AWS's documentation of network ACLs.
    pub const EPHEMERAL: Self = Self::known(1024, 65_535);

    /// The ports `from..=to`.
    ///
    /// # Errors
    ///
    /// When `from` is 0, which is no port, or greater than `to`.
    pub fn new(from: u16, to: u16) -> Result<Self, InvalidValue> {
        let rule = if from == 0 {
            "ports start at 1"
        } else if from > to {
            "the first port must not be greater than the last"
        } else {
            return Ok(Self::known(from, to));
        };
        Err(InvalidValue::new(WHAT, Self::known(from, to).to_string(), rule))
    }

    /// A range that is known to be valid as it is written.
    pub(super) const fn known(from: u16, to: u16) -> Self {
        Self { from, to }
    }

    /// The first port.
    pub fn from(self) -> u16 {
        self.from
    }

    /// The last port.
    pub fn to(self) -> u16 {
        self.to
    }

    /// Whether a port is in the range.
    pub fn contains(self, port: u16) -> bool {
        (self.from..=self.to).contains(&port)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}-{}", self.from, self.to)
        }
    }
}

impl FromStr for PortRange {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        match (port(from), port(to)) {
            (Some(from), Some(to)) => Self::new(from, to),
            _ => Err(InvalidValue::new(
                WHAT,
                text,
                "it must be a port up to 65535 or two with a hyphen between, such as 10000-11000",
            )),
        }
    }
}

value_traits!(PortRange, "^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$");

/// A port in its one spelling: digits only, without leading zeros.
fn port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if plain && !leading_zero { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn one_port_or_two() {
        accepts::<PortRange>(&["1", "6379", "10000-11000", "1-65535"]);
        assert_eq!("5432-5432".parse::<PortRange>().unwrap().to_string(), "5432");
        let shape = "it must be a port up to 65535 or two with a hyphen between, such as \
                     10000-11000";
        for (text, rule) in [
            ("0", "ports start at 1"),
            ("2-1", "the first port must not be greater than the last"),
            ("65536", shape),
            ("06379", shape),
            ("+1", shape),
            ("1-", shape),
            ("-1", shape),
            ("1-2-3", shape),
            ("", shape),
            ("http", shape),
        ] {
            refuses::<PortRange>(&[(text, &format!("{text:?} is not a port range: {rule}"))]);
        }
        assert_eq!(
            PortRange::new(0, 10).unwrap_err().to_string(),
            "\"0-10\" is not a port range: ports start at 1"
        );
    }

    #[test]
    fn both_ends_are_in() {
        let range = PortRange::new(10_000, 11_000).unwrap();
        assert_eq!((range.from(), range.to()), (10_000, 11_000));
        let inside = [9_999, 10_000, 11_000, 11_001].map(|port| range.contains(port));
        assert_eq!(inside, [false, true, true, false]);
    }
}
