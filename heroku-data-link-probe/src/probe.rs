//! The probe of one URL, or of web apps.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::{StreamExt, stream};
use heroku_data_link::model::{ConnectionUrl, HostPort, InvalidValue, TlsMode};
use heroku_data_link::reconcile::{Clock, SystemClock};

use crate::deadlines::{Deadlines, Timer};
use crate::failure::{DnsFailure, Failure};
use crate::host::{look_up, probe_host};
use crate::report::{Finding, ProbeReport, Service, have_passed};
use crate::resolve::{Resolve, SystemResolver, is_private};
use crate::space::{SpaceBlocks, app};
use crate::tls::Tls;

/// So many hosts, and so many names, at once, unless told otherwise.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// What the names of all interface endpoints end with, but for AWS's partitions of their own.
const ENDPOINT_SUFFIX: &str = ".vpce.amazonaws.com";

/// A probe of every host of a connection URL, or of web apps that a peering leads to.
///
/// Each host gets one connection, on which all stages are gone through and timed, from the name to
/// the protocol's hello: Key-Value Store `AUTH` and `PING`, Postgres (pooled too) start-up,
/// authentication and `SELECT 1`, Kafka `ApiVersions` and `Metadata`, a web app `HEAD /`. Nothing is
/// written and no data is read.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(crate) target: Target,
    hosts: Vec<HostPort>,
    pub(crate) tls: Tls,
    pub(crate) deadlines: Deadlines,
    pub(crate) resolver: Arc<dyn Resolve>,
    names: Vec<String>,
    concurrency: NonZeroUsize,
    clock: Arc<dyn Clock>,
}

/// What is greeted.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Service(ConnectionUrl),
    Apps(SpaceBlocks),
}

impl Target {
    pub(crate) fn service(&self) -> Service {
        match self {
            Self::Service(url) => Service::Data(url.service()),
            Self::Apps(_) => Service::Web,
        }
    }

    /// What is wrong with the addresses of a name: an app's must be in its space.
    pub(crate) fn judge(&self, addresses: &[IpAddr]) -> Result<(), DnsFailure> {
        match self {
            Self::Service(_) => Ok(()),
            Self::Apps(blocks) => blocks.judge(addresses),
        }
    }
}

impl Probe {
    /// A probe of all hosts of the URL.
    ///
    /// `tls` alone says how the connections are protected, whatever the URL's scheme: Heroku's
    /// variables say `redis` where `rediss` is meant.
    pub fn new(url: &ConnectionUrl, tls: Tls) -> Self {
        Self::of(Target::Service(url.clone()), url.hosts().to_vec(), tls)
    }

    /// A probe of web apps in a space with internal routing, by host name: what a person does with
    /// `dig` and `curl`. Each name must lead to private addresses in the space's blocks and to none
    /// that Heroku keeps for itself, as must those of [`also_look_up`](Self::also_look_up); then the
    /// app must answer `HEAD /` with any status, on port 80 with [`Tls::off`] and else on 443, unless
    /// the name ends in a port.
    ///
    /// # Errors
    /// When a name is no host name.
    pub fn of_apps<'a>(
        names: impl IntoIterator<Item = &'a str>,
        blocks: SpaceBlocks,
        tls: Tls,
    ) -> Result<Self, InvalidValue> {
        let hosts: Result<_, _> = names.into_iter().map(|name| app(name, &tls)).collect();
        Ok(Self::of(Target::Apps(blocks), hosts?, tls))
    }

    fn of(target: Target, hosts: Vec<HostPort>, tls: Tls) -> Self {
        Self {
            target,
            hosts,
            tls,
            deadlines: Deadlines::DEFAULT,
            resolver: Arc::new(SystemResolver),
            names: Vec::new(),
            concurrency: CONCURRENCY,
            clock: Arc::new(SystemClock),
        }
    }

    /// The same probe, protected otherwise.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// The same probe, with other deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// The same probe, with names that are looked up and not connected to: the regional and zonal
    /// names of the endpoint. Wild cards are left out.
    #[must_use]
    pub fn also_look_up(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into);
        self.names.extend(names.filter(|name: &String| !name.contains('*')));
        self
    }

    /// The same probe, which asks another resolver.
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// The same probe, whose report has the time of another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same probe, with so many connections at once, and as many look-ups; 32 by default.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Probes all hosts and names at once. A failure is part of the report.
    ///
    /// It ends by its [deadlines](Deadlines), needs a tokio runtime with I/O and time, and spawns
    /// nothing: dropping the future closes every connection.
    pub async fn run(&self) -> ProbeReport {
        let whole = Timer::start(self.deadlines.whole);
        let limit = self.concurrency.get();
        let at = self.clock.now();
        let hosts: Vec<_> = self.hosts.iter().map(|host| probe_host(self, host, whole)).collect();
        let names: Vec<_> = self.names.iter().map(|name| look_up(self, name, whole)).collect();
        let hosts = stream::iter(hosts).buffered(limit).collect::<Vec<_>>();
        let names = stream::iter(names).buffered(limit).collect::<Vec<_>>();
        let (hosts, names) = join(hosts, names).await;
        let mut report = ProbeReport {
            at,
            passed: have_passed(&hosts, &names),
            service: self.target.service(),
            tls: self.tls.mode(),
            pinned: self.tls.is_pinned(),
            hosts,
            names,
            findings: Vec::new(),
            took: whole.elapsed(),
        };
        report.findings = findings(&report);
        report
    }
}

fn findings(report: &ProbeReport) -> Vec<Finding> {
    let mut findings = Vec::new();
    // To an app nothing is sent that anybody might want.
    if report.tls == TlsMode::Off && report.service != Service::Web {
        findings.push(Finding::NotEncrypted);
    }
    let hosts = report.hosts.iter().map(|it| (it.host.host(), &it.addresses));
    let hosts = hosts.filter(|(name, _)| name.ends_with(ENDPOINT_SUFFIX));
    let names = report.names.iter().filter(|it| it.failure.is_none());
    let names = names.map(|it| (it.name.as_str(), &it.addresses));
    // Several brokers share a name.
    let mut public = BTreeSet::new();
    for (name, addresses) in hosts.chain(names) {
        public.extend(addresses.iter().filter(|it| !is_private(**it)).map(|it| (name, *it)));
    }
    findings.extend(
        public
            .into_iter()
            .map(|(name, address)| Finding::PublicAddress { name: name.to_owned(), address }),
    );
    for host in report.hosts.iter().filter(|host| host.connected.is_some()) {
        findings.extend(host.deaf.iter().map(|(address, failure)| Finding::DeafAddress {
            host: host.host.clone(),
            address: *address,
            failure: Failure::Tcp(*failure),
        }));
    }
    for host in &report.hosts {
        if let Some(status) = host.status.filter(|status| *status >= 500) {
            findings.push(Finding::ServerError { host: host.host.clone(), status });
        }
    }
    let listed: BTreeSet<&HostPort> = report.hosts.iter().map(|host| &host.host).collect();
    let advertised: BTreeSet<&HostPort> =
        report.hosts.iter().flat_map(|host| &host.advertised).collect();
    findings.extend(
        advertised.difference(&listed).map(|&it| Finding::UnlistedBroker { broker: it.clone() }),
    );
    findings
}
