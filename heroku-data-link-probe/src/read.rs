//! Reports out of the JSON that serde made of them.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, UNIX_EPOCH};

use heroku_data_link::model::{HostPort, TextFilter, TlsMode};
use serde::{Deserialize, Deserializer, de};

use crate::Fingerprint;
use crate::failure::{Stage, Written};
use crate::report::{HostReport, NameReport, ProbeReport, Service, StageReport, have_passed};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    at: u64,
    service: Service,
    tls: TlsMode,
    #[serde(default)]
    pinned: bool,
    hosts: Vec<HostOfReport>,
    #[serde(default)]
    names: Vec<NameOfReport>,
    #[serde(default)]
    took_micros: u64,
}

#[derive(Deserialize)]
struct HostOfReport {
    host: HostPort,
    #[serde(default)]
    addresses: Vec<IpAddr>,
    connected: Option<SocketAddr>,
    certificate: Option<Fingerprint>,
    #[serde(default)]
    advertised: Vec<HostPort>,
    status: Option<u16>,
    stages: Vec<StageOfHost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StageOfHost {
    stage: Stage,
    #[serde(default)]
    took_micros: u64,
    failure: Option<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct NameOfReport {
    name: String,
    #[serde(default)]
    addresses: Vec<IpAddr>,
    #[serde(default)]
    took_micros: u64,
    failure: Option<Written>,
}

impl From<HostOfReport> for HostReport {
    fn from(read: HostOfReport) -> Self {
        let stage = |it: StageOfHost| StageReport {
            failure: it.failure.map(|failure| failure.of(it.stage)),
            stage: it.stage,
            took: Duration::from_micros(it.took_micros),
        };
        Self {
            addresses: read.addresses,
            connected: read.connected,
            certificate: read.certificate,
            advertised: read.advertised,
            status: read.status,
            stages: read.stages.into_iter().map(stage).collect(),
            ..Self::new(read.host)
        }
    }
}

impl From<NameOfReport> for NameReport {
    fn from(read: NameOfReport) -> Self {
        Self {
            name: TextFilter::new().show(&read.name),
            addresses: read.addresses,
            took: Duration::from_micros(read.took_micros),
            failure: read.failure.map(|failure| failure.of(Stage::Dns)),
        }
    }
}

impl<'de> Deserialize<'de> for ProbeReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Report::deserialize(deserializer)?;
        let at = UNIX_EPOCH.checked_add(Duration::from_secs(read.at));
        let hosts: Vec<_> = read.hosts.into_iter().map(HostReport::from).collect();
        let names: Vec<_> = read.names.into_iter().map(NameReport::from).collect();
        Ok(Self {
            at: at.ok_or_else(|| de::Error::custom("its time is out of range"))?,
            passed: have_passed(&hosts, &names),
            service: read.service,
            tls: read.tls,
            pinned: read.pinned,
            hosts,
            names,
            findings: Vec::new(),
            took: Duration::from_micros(read.took_micros),
        })
    }
}
