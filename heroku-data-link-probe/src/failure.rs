//! What can be wrong, stage by stage, and what to do about it.

use std::fmt;
use std::io;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A part of a connection's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The host name becomes addresses.
    Dns,
    /// One of the addresses accepts a connection.
    Tcp,
    /// Server and client agree on keys, and trust each other.
    Tls,
    /// The service answers in its own protocol.
    Hello,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Dns, Self::Tcp, Self::Tls, Self::Hello];

    /// The stage in one word, such as `tls`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Hello => "hello",
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
pub enum Failure {
    /// The host name did not become an address.
    Dns(DnsFailure),
    /// No address accepted a connection.
    Tcp(TcpFailure),
    /// The connection could not be protected.
    Tls(TlsFailure),
    /// The service did not answer as it should.
    Hello(HelloFailure),
}

/// Why a name did not become an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DnsFailure {
    /// The resolver knows no address for it, or could not be asked.
    NotFound,
    /// The resolver did not answer in time.
    TimedOut,
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
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().1)?;
        match self {
            Self::Tcp(TcpFailure::Failed(kind)) | Self::Hello(HelloFailure::Failed(kind)) => {
                write!(f, ": {kind}")
            }
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

/// Code, sentence, remedy.
pub(crate) type Text = (&'static str, &'static str, &'static str);

impl DnsFailure {
    fn text(self) -> Text {
        match self {
            Self::NotFound => (
                "not-found",
                "the name does not resolve",
                "check the name against the config variable. For the name of a VPC endpoint: the \
                 endpoint must be available, the VPC must have DNS support on, and this machine \
                 must use the VPC's resolver, or one that forwards to public DNS",
            ),
            Self::TimedOut => (
                "timed-out",
                "no resolver answered in time",
                "let this machine reach its resolver on port 53, UDP and TCP; in a VPC that is \
                 the second address of the VPC's block, or 169.254.169.253",
            ),
        }
    }
}

impl TcpFailure {
    fn text(self) -> Text {
        match self {
            Self::Refused => (
                "refused",
                "the host answered that nothing listens on the port",
                "use the port of the config variable as it is (Key-Value Store 6379, Postgres \
                 5432, pooled 5433, Kafka 10001 and up); the network lets the connection through",
            ),
            Self::Filtered => (
                "filtered",
                "nothing answered in time: packets are dropped on the way",
                "let the endpoint's security group accept this port from this machine, this \
                 machine's own group send to it, and the network ACLs of both subnets pass it and \
                 the answers on ports 1024-65535",
            ),
            Self::Unreachable => (
                "unreachable",
                "this machine has no route to the address",
                "run the probe inside the VPC of the endpoint, or give this machine's subnet a \
                 route to that VPC (peering, transit gateway, VPN)",
            ),
            Self::Failed(_) => (
                "failed",
                "the system could not connect",
                "see to this machine first: its local firewall, its free ports and file \
                 descriptors",
            ),
        }
    }
}

impl TlsFailure {
    fn text(self) -> Text {
        match self {
            Self::NotTls => (
                "not-tls",
                "what listens on the port does not speak TLS",
                "check that the port is the service's TLS port; leave TLS off only for a server \
                 that you know to have none",
            ),
            Self::NotOffered => (
                "not-offered",
                "the Postgres server offers no TLS",
                "Heroku Postgres always offers it: check host and port; leave TLS off only for a \
                 server that you know to have none",
            ),
            Self::Closed => (
                "closed",
                "the server closed the connection during the handshake",
                "check that the port is the service's TLS port, and that the endpoint is accepted \
                 and available: a load balancer without a healthy server behind it does the same",
            ),
            Self::Silent => (
                "silent",
                "the server accepted the connection and did not finish the handshake",
                "check that the port is the service's TLS port; if small packets pass and large \
                 ones do not, let ICMP \"fragmentation needed\" through, or lower the MTU",
            ),
            Self::Incompatible => (
                "incompatible",
                "server and probe have no TLS version or cipher in common, or the server misses \
                 a client certificate",
                "the server must speak TLS 1.2 or 1.3; for Kafka give the client certificate",
            ),
            Self::Expired => (
                "expired",
                "the server's certificate has expired",
                "check this machine's clock; if it is right, wait for Heroku's maintenance of the \
                 add-on or ask Heroku to renew the certificate",
            ),
            Self::NotValidYet => (
                "not-valid-yet",
                "the server's certificate is not valid yet",
                "set this machine's clock",
            ),
            Self::UnknownAuthority => (
                "unknown-authority",
                "none of the given authorities signed the server's certificate",
                "read the add-on's TRUSTED_CERT variable again, and give all certificates in it: \
                 there are two while the authority is rotated",
            ),
            Self::WrongName => (
                "wrong-name",
                "the server's certificate is made out to other names",
                "connect by a name in the certificate; Kafka's carry no name to connect by, so \
                 verify the chain only",
            ),
            Self::WrongKey => (
                "wrong-key",
                "the server could not prove that the certificate is its own",
                "do not send credentials there: something on the way shows a certificate without \
                 having its key",
            ),
            Self::PinMismatch => (
                "pin-mismatch",
                "the server's certificate is none of those that were pinned",
                "find out why it changed (maintenance and failover of the add-on do that) before \
                 you pin the new one: something on the way may answer in the server's place",
            ),
            Self::BadCertificate => (
                "bad-certificate",
                "the server's certificate cannot be used",
                "look at it with `openssl s_client -showcerts`; it must be X.509 version 3, and \
                 for servers",
            ),
            Self::ClientCertificateMissing => (
                "client-certificate-missing",
                "the server wants a client certificate",
                "give what the add-on's CLIENT_CERT and CLIENT_CERT_KEY variables hold",
            ),
            Self::ClientCertificateRefused => (
                "client-certificate-refused",
                "the server does not accept the client certificate",
                "read the add-on's CLIENT_CERT and CLIENT_CERT_KEY variables again: they change \
                 when credentials are rotated, and belong to one add-on",
            ),
            Self::Failed => (
                "failed",
                "the TLS handshake failed",
                "try again; if it stays so, look at it with `openssl s_client -connect`",
            ),
        }
    }
}

impl HelloFailure {
    fn text(self) -> Text {
        match self {
            Self::WrongPassword => (
                "wrong-password",
                "the service does not accept the password",
                "read the config variable again: credentials were rotated, or the URL is that of \
                 another add-on",
            ),
            Self::NoPassword => (
                "no-password",
                "the service wants a password, and the URL has none",
                "take the URL from the config variable as it is",
            ),
            Self::NotAuthorized => (
                "not-authorized",
                "the service does not let this user in from here",
                "read the config variable again; check that the user exists, and that TLS is on",
            ),
            Self::NoSuchDatabase => (
                "no-such-database",
                "the service has no such database",
                "take the path of the URL from the config variable as it is",
            ),
            Self::TooManyConnections => (
                "too-many-connections",
                "the service has no connection left",
                "close idle clients, use the pooled URL, or move to a larger plan",
            ),
            Self::NotReady => (
                "not-ready",
                "the service is starting, loading or shutting down",
                "try again in a minute; look at the add-on's maintenance status",
            ),
            Self::Closed => (
                "closed",
                "the service closed the connection without a word",
                "check host and port; the service may be restarting, or refuse connections",
            ),
            Self::ClosedInReply => (
                "closed-in-reply",
                "the service closed the connection in the middle of its answer",
                "try again: the service restarted, or something on the way cut the connection",
            ),
            Self::Silent => (
                "silent",
                "the service accepted the connection and said nothing",
                "check that the URL is of the service that listens on the port; the service may \
                 hang, so look at the add-on's status",
            ),
            Self::Stalled => (
                "stalled",
                "the service began to answer and did not end",
                "try again; if it stays so, something on the way drops large packets: let ICMP \
                 \"fragmentation needed\" through, or lower the MTU",
            ),
            Self::NotUnderstood => (
                "not-understood",
                "what listens on the port speaks another protocol",
                "check that the URL is of the service that listens on the port",
            ),
            Self::Incompatible => (
                "incompatible",
                "the service speaks no version of the protocol that the probe knows",
                "upgrade the add-on, or this library",
            ),
            Self::Rejected(_) => (
                "rejected",
                "the service refused with code",
                "look the code up in the service's manual, and at the add-on's logs",
            ),
            Self::Failed(_) => (
                "failed",
                "the connection broke",
                "try again; if it stays so, look for what cuts connections on the way",
            ),
        }
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
into_failure!(DnsFailure => Dns, TcpFailure => Tcp, TlsFailure => Tls, HelloFailure => Hello);

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
