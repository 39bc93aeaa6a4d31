//! What failures are called, what they mean, and what to do about them.

use super::{DnsFailure, HelloFailure, HttpFailure, TcpFailure, TlsFailure};

/// Code, sentence, remedy.
pub(super) type Text = (&'static str, &'static str, &'static str);

/// For a code that only another version knows.
pub(super) const UNKNOWN: Text = (
    "unknown",
    "the stage failed, for a reason that only the version which made the report knows",
    "read the report where it was made, or use one version of this library everywhere",
);

impl DnsFailure {
    pub(super) fn text(self) -> Text {
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
            Self::Public => (
                "public-address",
                "the name of the app leads to a public address",
                "check that the app has internal routing, as Heroku leads only such apps to private \
                 addresses; if it has, let this machine ask the VPC's resolver, as another one may \
                 answer otherwise",
            ),
            Self::Reserved => (
                "reserved-address",
                "the name leads to a block that Heroku keeps for itself, and no peering leads there",
                "check that the name is that of a web app with internal routing: data services are \
                 reached through a PrivateLink, and not through a peering",
            ),
            Self::OutsideSpace => (
                "outside-space",
                "the name leads to a private address to which the peering does not lead",
                "check that the app is in the space of this peering, and that the blocks which the \
                 probe was given are those of the space; a peering leads to the dynos' blocks alone, \
                 unless its route width is the whole VPC",
            ),
        }
    }
}

impl TcpFailure {
    pub(super) fn text(self) -> Text {
        match self {
            Self::Refused => (
                "refused",
                "the host answered that nothing listens on the port",
                "use the port of the config variable as it is (Key-Value Store 6379, Postgres \
                 5432, pooled 5433, Kafka 10001 and up), and 80 or 443 for a web app; the network lets \
                 the connection through",
            ),
            Self::Filtered => (
                "filtered",
                "nothing answered in time: packets are dropped on the way",
                "let the endpoint's security group accept this port from this machine, this \
                 machine's own group send to it, and the network ACLs of both subnets pass it and \
                 the answers on ports 1024-65535. Through a peering, the route table of this machine's \
                 subnet must lead to it",
            ),
            Self::Unreachable => (
                "unreachable",
                "this machine has no route to the address",
                "run the probe inside the VPC of the endpoint or peering, or give this machine's subnet a \
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
    pub(super) fn text(self) -> Text {
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
    pub(super) fn text(self) -> Text {
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
            Self::PasswordNotSent => (
                "password-not-sent",
                "the service wants the password in clear text, and nothing proves which server it \
                 is; the password was not sent",
                "have the service ask by SCRAM, as Heroku Postgres does; if it cannot, compare its \
                 certificate with one that you know and pin it, or verify its chain. Something on \
                 the way may ask in the server's place",
            ),
            Self::TooManyRounds => (
                "too-many-rounds",
                "the service wants more than 1,000,000 rounds of a hash to log in",
                "lower the server's scram_iterations and set the password again; if it is not set \
                 so high, something on the way answers in the server's place",
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

impl HttpFailure {
    pub(super) fn text(self) -> Text {
        match self {
            Self::Closed => (
                "closed",
                "the connection was closed without an answer to the HTTP request",
                "check host and port (80, or 443 with TLS); try again, as a router may be restarting",
            ),
            Self::Silent => (
                "silent",
                "nothing answered the HTTP request in time",
                "look at the app with `heroku logs` and `heroku ps`: it may need longer than the \
                 deadline, or have no web dyno",
            ),
            Self::NotHttp => (
                "not-http",
                "what listens on the port does not speak HTTP",
                "check host and port: a web app speaks HTTP on 80, and on 443 with TLS",
            ),
            Self::Failed(_) => (
                "failed",
                "the connection broke",
                "try again; if it stays so, look for what cuts connections on the way",
            ),
        }
    }
}
