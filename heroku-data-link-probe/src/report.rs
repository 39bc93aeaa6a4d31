//! What a probe found.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use heroku_data_link::model::{DataService, HostPort, TlsMode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Fingerprint;
use crate::failure::{Failure, Stage, TcpFailure};

/// What a probe found. It holds no secret: neither credentials nor what a server said.
///
/// `Display` is a table for people; serde writes the same for programs: spans of time in microseconds,
/// and when it was made in seconds since 1970. What serde wrote it reads, by this or another version:
/// whether it passed follows from the stages, fields that are not known are left out, and findings are
/// not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ProbeReport {
    /// When the probe began, by the clock of the machine that it ran on.
    #[serde(serialize_with = "seconds")]
    pub at: SystemTime,
    /// Whether every stage of every host passed, and every name resolved.
    pub passed: bool,
    /// What was greeted.
    pub service: Service,
    /// How the connections were protected.
    pub tls: TlsMode,
    /// Whether the certificates had to be those of an earlier probe.
    pub pinned: bool,
    /// The hosts, in the URL's order.
    pub hosts: Vec<HostReport>,
    /// The further names that were looked up, in the order given.
    pub names: Vec<NameReport>,
    /// What is no failure, and worth knowing.
    pub findings: Vec<Finding>,
    /// How long it took in all.
    #[serde(rename = "took-micros", serialize_with = "micros")]
    pub took: Duration,
}

/// What a probe greets: a data service, or web apps. Serde writes `web` for those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// A data service.
    Data(DataService),
    /// Web apps with internal routing.
    Web,
}

const WEB: &str = "web";

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(service) => service.fmt(f),
            Self::Web => f.pad("Web app"),
        }
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Data(service) => service.serialize(serializer),
            Self::Web => serializer.serialize_str(WEB),
        }
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            WEB => Ok(Self::Web),
            word => word.parse().map(Self::Data).map_err(de::Error::custom),
        }
    }
}

/// What was found of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct HostReport {
    /// The host, as the URL names it.
    pub host: HostPort,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The one that accepted the connection.
    pub connected: Option<SocketAddr>,
    /// The certificate that the server showed, accepted or not: what
    /// [`Tls::pinned`](crate::Tls::pinned) takes.
    pub certificate: Option<Fingerprint>,
    /// The brokers that a Kafka cluster advertises through this host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advertised: Vec<HostPort>,
    /// The status with which a web app answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The stages gone through, in order: the last one alone may have failed. There is no TLS stage
    /// when TLS is off.
    pub stages: Vec<StageReport>,
    /// The addresses that did not accept a connection.
    #[serde(skip)]
    pub(crate) deaf: Vec<(IpAddr, TcpFailure)>,
}

/// What was found in one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct StageReport {
    /// The stage.
    pub stage: Stage,
    /// How long it took.
    #[serde(rename = "took-micros", serialize_with = "micros")]
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// What was found of a name that was looked up only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NameReport {
    /// The name, as it may be shown.
    pub name: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// How long it took.
    #[serde(rename = "took-micros", serialize_with = "micros")]
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// What is no failure, and worth knowing. `Display` is a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    /// The name of a VPC endpoint leads out of the private network.
    PublicAddress {
        /// The name.
        name: String,
        /// The address.
        address: IpAddr,
    },
    /// One of several addresses of a host did not accept a connection.
    DeafAddress {
        /// The host.
        host: HostPort,
        /// The address.
        address: IpAddr,
        /// Why.
        failure: Failure,
    },
    /// A Kafka cluster sends its clients to a broker that the URL does not list.
    UnlistedBroker {
        /// The broker.
        broker: HostPort,
    },
    /// Whatever was sent, a password too, travelled in the clear.
    NotEncrypted,
    /// The way to a web app is proved, and the app is not well.
    ServerError {
        /// The host.
        host: HostPort,
        /// The status of the answer.
        status: u16,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicAddress { name, address } => write!(
                f,
                "{name} has the public address {address}, and the name of a VPC endpoint should \
                 have private ones: check which resolver answers this machine"
            ),
            Self::DeafAddress { host, address, failure } => write!(
                f,
                "{address}, an address of {host}, did not accept a connection ({failure}): {}",
                failure.remedy()
            ),
            Self::UnlistedBroker { broker } => write!(
                f,
                "the cluster sends clients to broker {broker}, which the URL does not list: a \
                 client must be able to reach it as well"
            ),
            Self::ServerError { host, status } => write!(
                f,
                "{host} answered with status {status}: the way to it is open, and its app fails; look \
                 at its logs with `heroku logs`"
            ),
            Self::NotEncrypted => f.write_str(
                "TLS was off: whatever was sent, a password too, travelled in the clear",
            ),
        }
    }
}

impl HostReport {
    pub(crate) fn new(host: HostPort) -> Self {
        Self {
            host,
            addresses: Vec::new(),
            connected: None,
            certificate: None,
            advertised: Vec::new(),
            status: None,
            stages: Vec::new(),
            deaf: Vec::new(),
        }
    }

    /// Whether all stages passed.
    pub fn passed(&self) -> bool {
        self.stages.last().is_some_and(|last| {
            matches!(last.stage, Stage::Hello | Stage::Http) && last.failure.is_none()
        })
    }

    /// Why a stage failed, if one did.
    pub fn failure(&self) -> Option<&Failure> {
        self.stages.iter().find_map(|stage| stage.failure.as_ref())
    }

    /// The report of a stage; `None` if it was not come to.
    pub fn stage_of(&self, stage: Stage) -> Option<&StageReport> {
        self.stages.iter().find(|report| report.stage == stage)
    }
}

impl ProbeReport {
    /// The failures, each with the host or name that it is of.
    pub fn failures(&self) -> impl Iterator<Item = (String, &Failure)> {
        let hosts = self.hosts.iter().filter_map(|it| Some((it.host.to_string(), it.failure()?)));
        let names =
            self.names.iter().filter_map(|it| Some((it.name.clone(), it.failure.as_ref()?)));
        hosts.chain(names)
    }

    /// The certificates that the servers showed, each once: what a later probe pins.
    pub fn certificates(&self) -> Vec<Fingerprint> {
        let mut all: Vec<_> = self.hosts.iter().filter_map(|host| host.certificate).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Whether all hosts and names have passed, of which there is one at least.
pub(crate) fn have_passed(hosts: &[HostReport], names: &[NameReport]) -> bool {
    let is_empty = hosts.is_empty() && names.is_empty();
    !is_empty
        && hosts.iter().all(HostReport::passed)
        && names.iter().all(|name| name.failure.is_none())
}

/// Whole seconds since 1970.
fn seconds<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Whole microseconds.
fn micros<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}
