//! What can be wrong, stage by stage.

mod read;
mod text;

use std::fmt;
use std::io;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

pub(crate) use read::Written;
use text::Text;

/// A part of a connection's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The host name becomes addresses.
    Dns,
    /// One of the addresses accepts a connection.
    Tcp,
    /// Server and client agree on keys, and trust each other.
    Tls,
    /// The data service answers in its own protocol.
    Hello,
    /// The web app answers a request.
    Http,
}

impl Stage {
    /// All, in their order; a host has either a hello or HTTP.
    pub const ALL: [Self; 5] = [Self::Dns, Self::Tcp, Self::Tls, Self::Hello, Self::Http];

    /// The stage in one word, such as `tls`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Hello => "hello",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a stage failed.
///
/// `Display` says what happened and [`remedy`](Self::remedy) what to do. Neither repeats what a
/// server said, for that may be anything, a password too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The host name did not become an address of the network that it should.
    Dns(DnsFailure),
    /// No address accepted a connection.
    Tcp(TcpFailure),
    /// The connection could not be protected.
    Tls(TlsFailure),
    /// The service did not answer as it should.
    Hello(HelloFailure),
    /// The web app did not answer as it should.
    Http(HttpFailure),
    /// A report of another version of this library has a code that this one does not know.
    Unknown(Stage),
}

/// Why a name did not become an address that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DnsFailure {
    /// The resolver knows no address for it, or could not be asked.
    NotFound,
    /// The resolver did not answer in time.
    TimedOut,
    /// A web app's name leads to a public address.
    Public,
    /// A web app's name leads to a block that Heroku keeps for itself.
    Reserved,
    /// A web app's name leads to a private address to which the peering does not lead.
    OutsideSpace,
}

/// Why no address accepted a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpFailure {
    /// The host answered that nothing listens on the port.
    Refused,
    /// Nothing answered in time.
    Filtered,
    /// This machine has no way to the address.
    Unreachable,
    /// The system refused for another reason.
    Failed(io::ErrorKind),
}

/// Why the connection could not be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// Something else than TLS came back.
    NotTls,
    /// The Postgres server said that it has no TLS.
    NotOffered,
    /// The server closed the connection during the handshake.
    Closed,
    /// The server accepted the connection, and did not finish the handshake in time.
    Silent,
    /// No version or cipher suits both sides.
    Incompatible,
    /// The certificate is past its end.
    Expired,
    /// The certificate is not valid yet.
    NotValidYet,
    /// None of the given authorities signed the certificate.
    UnknownAuthority,
    /// The certificate is made out to other names.
    WrongName,
    /// The server does not have the key of its certificate, or a signature in the chain is wrong.
    WrongKey,
    /// The certificate is none of those that were pinned.
    PinMismatch,
    /// The certificate cannot be used for another reason.
    BadCertificate,
    /// The server wants a client certificate, and none was given.
    ClientCertificateMissing,
    /// The server does not accept the client certificate.
    ClientCertificateRefused,
    /// The connection broke for another reason.
    Failed,
}

/// Why the service did not answer as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelloFailure {
    /// It does not accept the password.
    WrongPassword,
    /// It wants a password, and the URL has none.
    NoPassword,
    /// It wants the password in clear text, and nothing proves which server it is. The password
    /// was not sent.
    PasswordNotSent,
    /// It wants so much computed for the log-in that the probe would not end in time.
    TooManyRounds,
    /// The user may not log in from here, or so.
    NotAuthorized,
    /// It has no such database.
    NoSuchDatabase,
    /// It has no connection left.
    TooManyConnections,
    /// It is starting, loading or shutting down.
    NotReady,
    /// It closed the connection without a word.
    Closed,
    /// It closed the connection after it had begun to answer.
    ClosedInReply,
    /// It said nothing in time.
    Silent,
    /// It began to answer, and did not end in time.
    Stalled,
    /// What it said is not this protocol.
    NotUnderstood,
    /// It speaks no version of the protocol that the probe knows.
    Incompatible,
    /// It refused with a code: an SQLSTATE of Postgres, the first word of an error of Redis.
    Rejected(Code),
    /// The connection broke for another reason.
    Failed(io::ErrorKind),
}

/// Why the web app did not answer as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpFailure {
    /// It closed the connection without an answer.
    Closed,
    /// It did not answer in time.
    Silent,
    /// What it said is not HTTP/1.
    NotHttp,
    /// The connection broke for another reason.
    Failed(io::ErrorKind),
}

/// The code of a refusal: up to sixteen upper-case letters and digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code([u8; 16]);

impl Code {
    /// `None` for what is no code, and may be anything.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let is_code =
            |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        if text.is_empty() || !text.as_bytes().iter().all(is_code) {
            return None;
        }
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self(bytes))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end_matches('\0')
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Failure {
    /// The stage that failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Dns(_) => Stage::Dns,
            Self::Tcp(_) => Stage::Tcp,
            Self::Tls(_) => Stage::Tls,
            Self::Hello(_) => Stage::Hello,
            Self::Http(_) => Stage::Http,
            Self::Unknown(stage) => *stage,
        }
    }

    /// A stable word for programs, such as `refused`.
    pub fn code(&self) -> &'static str {
        self.text().0
    }

    /// What to do about it, as a sentence for people.
    pub fn remedy(&self) -> &'static str {
        self.text().2
    }

    fn text(&self) -> Text {
        match self {
            Self::Dns(failure) => failure.text(),
            Self::Tcp(failure) => failure.text(),
            Self::Tls(failure) => failure.text(),
            Self::Hello(failure) => failure.text(),
            Self::Http(failure) => failure.text(),
            Self::Unknown(_) => text::UNKNOWN,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().1)?;
        match self {
            Self::Tcp(TcpFailure::Failed(kind))
            | Self::Hello(HelloFailure::Failed(kind))
            | Self::Http(HttpFailure::Failed(kind)) => write!(f, ": {kind}"),
            Self::Hello(HelloFailure::Rejected(code)) => write!(f, " {}", code.as_str()),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Failure", 3)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("message", &self.to_string())?;
        object.serialize_field("remedy", self.remedy())?;
        object.end()
    }
}

macro_rules! into_failure {
    ($($kind:ident => $variant:ident),*) => {$(
        impl From<$kind> for Failure {
            fn from(failure: $kind) -> Self {
                Self::$variant(failure)
            }
        }
    )*};
}
into_failure!(
    DnsFailure => Dns,
    TcpFailure => Tcp,
    TlsFailure => Tls,
    HelloFailure => Hello,
    HttpFailure => Http
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_codes_and_nothing_else() {
        for code in ["ERR", "28P01", "MISCONF", "ABCDEFGHIJKLMNOP"] {
            assert_eq!(Code::read(code).unwrap().as_str(), code);
        }
        for text in ["", "hunter2", "ERR x", "ABCDEFGHIJKLMNOPQ", "É"] {
            assert_eq!(Code::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_failure_says_what_and_what_to_do() {
        let failure = Failure::from(HelloFailure::Rejected(Code::read("53300").unwrap()));
        assert_eq!(failure.stage(), Stage::Hello);
        assert_eq!(failure.to_string(), "the service refused with code 53300");
        let json = serde_json::to_value(failure).unwrap();
        assert_eq!(json["code"], "rejected");
        assert!(json["remedy"].as_str().unwrap().contains("manual"), "{json}");
        let failure = Failure::from(TcpFailure::Failed(io::ErrorKind::AddrInUse));
        assert_eq!(failure.to_string(), "the system could not connect: address in use");
    }
}
