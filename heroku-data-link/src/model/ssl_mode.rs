//! What a Postgres URL says of TLS, as libpq reads it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::text::Rule;
use super::{InvalidValue, TlsMode};

/// The `sslmode` of a Postgres URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SslMode {
    /// `disable`: no TLS.
    Disable,
    /// `allow`: TLS if the server insists.
    Allow,
    /// `prefer`: TLS if the server has it.
    Prefer,
    /// `require`: TLS, and nothing is verified.
    Require,
    /// `verify-ca`: TLS, and the chain is verified.
    VerifyCa,
    /// `verify-full`: TLS, and chain and host name are verified.
    VerifyFull,
}

/// The parameter that makes a client use TLS.
pub(super) const REQUIRED: &str = "sslmode=require";

const MODES: &str = "it must be disable, allow, prefer, require, verify-ca or verify-full";

impl SslMode {
    const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// The mode as a URL has it, such as `verify-ca`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// The mode of the model. `allow` and `prefer` verify nothing, and may end without TLS.
    pub fn tls_mode(self) -> TlsMode {
        match self {
            Self::Disable => TlsMode::Off,
            Self::Allow | Self::Prefer | Self::Require => TlsMode::Unverified,
            Self::VerifyCa => TlsMode::VerifyChain,
            Self::VerifyFull => TlsMode::VerifyFull,
        }
    }

    /// Whether a client in this mode always uses TLS.
    pub fn requires_tls(self) -> bool {
        match self {
            Self::Disable | Self::Allow | Self::Prefer => false,
            Self::Require | Self::VerifyCa | Self::VerifyFull => true,
        }
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SslMode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        mode.ok_or_else(|| InvalidValue::new("value of sslmode", text, MODES))
    }
}

conversions!(SslMode);

/// The mode that a query asks for, and where in it that stands.
///
/// As in libpq, the last parameter counts, names and values are percent-decoded and have no other
/// case, `requiressl=1` is `sslmode=require` and any other value of it `sslmode=prefer`, `ssl=true` is
/// `sslmode=require`, and `sslrootcert=system` means `verify-full` where nothing else is said. Only
/// of the parameter that counts the value is judged.
pub(super) fn of_query(query: &str) -> Result<Option<(Range<usize>, SslMode)>, Rule> {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy();
    let (mut chosen, mut system) = (None, None);
    let mut start = 0;
    for parameter in query.split('&') {
        let place = start..start + parameter.len();
        start = place.end + 1;
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let value = decode(value);
        let mode = match &*decode(name) {
            "sslmode" => SslMode::from_str(&value).ok(),
            "requiressl" if value.starts_with('1') => Some(SslMode::Require),
            "requiressl" => Some(SslMode::Prefer),
            "ssl" if value == "true" => Some(SslMode::Require),
            "sslrootcert" => {
                system = (value == "system").then_some((place, SslMode::VerifyFull));
                continue;
            }
            _ => continue,
        };
        chosen = Some((place, mode));
    }
    match chosen {
        Some((place, Some(mode))) => Ok(Some((place, mode))),
        // The value is not repeated, as everything else in a query.
        Some((_, None)) => Err(format!("its sslmode is unknown; {MODES}").into()),
        None => Ok(system),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_they_mean() {
        let table = [
            ("disable", TlsMode::Off, false),
            ("allow", TlsMode::Unverified, false),
            ("prefer", TlsMode::Unverified, false),
            ("require", TlsMode::Unverified, true),
            ("verify-ca", TlsMode::VerifyChain, true),
            ("verify-full", TlsMode::VerifyFull, true),
        ];
        for (mode, (word, tls, required)) in SslMode::ALL.into_iter().zip(table) {
            assert_eq!((mode.to_string(), word.parse()), (word.to_owned(), Ok(mode)));
            assert_eq!((mode.tls_mode(), mode.requires_tls()), (tls, required));
        }
        assert_eq!(
            SslMode::try_from("Require").unwrap_err().to_string(),
            "\"Require\" is not a value of sslmode: it must be disable, allow, prefer, require, \
             verify-ca or verify-full"
        );
    }

    #[test]
    fn a_query_is_read_as_libpq_reads_it() {
        use SslMode::{Disable, Prefer, Require, VerifyFull};
        for (query, expected) in [
            ("", None),
            ("sslmode=disable", Some((0..15, Disable))),
            ("a=b&sslmode=disable&sslmode=require", Some((20..35, Require))),
            ("sslmode=nonsense&sslmode=require", Some((17..32, Require))),
            ("%73slmode=re%71uire&x=%zz", Some((0..19, Require))),
            ("requiressl=1", Some((0..12, Require))),
            ("sslmode=require&requiressl=0", Some((16..28, Prefer))),
            ("ssl=true", Some((0..8, Require))),
            ("sslmode=disable&ssl=true", Some((16..24, Require))),
            // Of these libpq has no knowledge.
            ("ssl=false&SSLMODE=disable&sslmode&sslmod=disable&xsslmode=disable", None),
            ("sslrootcert=system", Some((0..18, VerifyFull))),
            ("sslrootcert=system&sslmode=require", Some((19..34, Require))),
            ("sslrootcert=system&sslrootcert=/a", None),
        ] {
            assert_eq!(of_query(query), Ok(expected), "{query}");
        }
        for query in [
            "sslmode=",
            "sslmode=no-verify",
            "sslmode=Require",
            "sslmode==require",
            "sslmode=require&sslmode=hunter2",
        ] {
            let refused = of_query(query).unwrap_err();
            assert!(refused.starts_with("its sslmode is unknown; "), "{query}: {refused}");
            assert!(!refused.contains("hunter2"));
        }
    }
}
