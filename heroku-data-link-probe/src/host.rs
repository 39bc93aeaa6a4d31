//! One host, stage by stage, on one connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use heroku_data_link::model::{DataService, HostPort, TextFilter};
use tokio::net::TcpStream;

use crate::deadlines::Timer;
use crate::failure::{DnsFailure, Failure, Stage, TcpFailure, TlsFailure};
use crate::hello::{Trouble, hello, http};
use crate::probe::{Probe, Target};
use crate::report::{HostReport, NameReport, Service, StageReport};
use crate::resolve::Resolve;
use crate::tls::handshake;
use crate::wire::{Transport, Wire};

/// Goes through the stages until one fails.
pub(crate) async fn probe_host(probe: &Probe, host: &HostPort, whole: Timer) -> HostReport {
    let mut report = HostReport::new(host.clone());
    // The report says it all.
    let _ = go_through(probe, &mut report, whole).await;
    report
}

/// Looks a name up, and does no more.
pub(crate) async fn look_up(probe: &Probe, name: &str, whole: Timer) -> NameReport {
    let timer = whole.stage(probe.deadlines.dns);
    let found = resolve(probe.resolver.as_ref(), name, timer).await;
    let took = timer.elapsed();
    let (addresses, failure) = match found {
        Ok(addresses) => {
            let judged = probe.target.judge(&addresses);
            (addresses, judged.err().map(Failure::from))
        }
        Err(failure) => (Vec::new(), Some(failure.into())),
    };
    // It may come from anywhere, and be a URL.
    NameReport { name: TextFilter::new().show(name), addresses, took, failure }
}

async fn go_through(probe: &Probe, report: &mut HostReport, whole: Timer) -> Result<(), ()> {
    let host = report.host.clone();
    let deadlines = &probe.deadlines;

    let timer = whole.stage(deadlines.dns);
    let found = resolve(probe.resolver.as_ref(), host.host(), timer).await;
    // Addresses that are wrong are shown as well.
    let found = found.and_then(|addresses| {
        report.addresses = addresses;
        probe.target.judge(&report.addresses)
    });
    report.stage(Stage::Dns, timer, found)?;

    let timer = whole.stage(deadlines.tcp);
    let connected = connect(report, host.port(), timer).await;
    let stream = report.stage(Stage::Tcp, timer, connected)?;

    let is_asked = probe.target.service() == Service::Data(DataService::Postgres);
    let transport = match handshake(&probe.tls, is_asked, host.host()) {
        None => Transport::Plain(stream),
        Some(handshake) => {
            let timer = whole.stage(deadlines.tls);
            let done = timer.bound(handshake.run(stream)).await;
            report.certificate = handshake.shown();
            report.stage(Stage::Tls, timer, done.unwrap_or(Err(TlsFailure::Silent)))?
        }
    };

    let (wire, seen) = Wire::new(transport);
    let timer = whole.stage(deadlines.hello);
    let is_known = probe.tls.proves_server();
    let (stage, said) = match &probe.target {
        Target::Service(url) => {
            let said = match timer.bound(hello(url, wire, &seen, is_known)).await {
                Some(Ok(brokers)) => {
                    report.advertised = brokers;
                    Ok(())
                }
                Some(Err(Trouble::Told(failure))) => Err(failure.into()),
                Some(Err(Trouble::Broken)) => Err(seen.broken(probe.tls.has_identity())),
                None => Err(seen.late()),
            };
            (Stage::Hello, said)
        }
        Target::Apps(_) => {
            let said = match timer.bound(http::hello(&host, wire)).await {
                Some(Ok(status)) => {
                    report.status = Some(status);
                    Ok(())
                }
                Some(Err(_)) | None => Err(seen.unanswered(probe.tls.has_identity())),
            };
            (Stage::Http, said)
        }
    };
    if let Err(failure @ Failure::Tls(_)) = said {
        // In TLS 1.3 the server judges the client's certificate after the client has finished.
        report.amend(failure, timer.elapsed());
        return Err(());
    }
    report.stage(stage, timer, said)
}

async fn resolve(
    resolver: &dyn Resolve,
    name: &str,
    timer: Timer,
) -> Result<Vec<IpAddr>, DnsFailure> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    match timer.bound(resolver.resolve(name)).await {
        None => Err(DnsFailure::TimedOut),
        Some(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Some(_) => Err(DnsFailure::NotFound),
    }
}

/// Connects to the first address that accepts, each in its turn with its share of the time.
async fn connect(
    report: &mut HostReport,
    port: u16,
    timer: Timer,
) -> Result<TcpStream, TcpFailure> {
    let mut last = TcpFailure::Filtered;
    let addresses = report.addresses.clone();
    for (at, address) in addresses.iter().enumerate() {
        let share = timer.share(addresses.len() - at - 1);
        let address = SocketAddr::new(*address, port);
        last = match share.bound(TcpStream::connect(address)).await {
            Some(Ok(stream)) => {
                report.connected = Some(address);
                // The messages of a hello are small, and each waits for its answer.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Some(Err(error)) => explain(&error),
            None => TcpFailure::Filtered,
        };
        report.deaf.push((address.ip(), last));
    }
    Err(last)
}

fn explain(error: &io::Error) -> TcpFailure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => TcpFailure::Refused,
        io::ErrorKind::TimedOut => TcpFailure::Filtered,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            TcpFailure::Unreachable
        }
        kind => TcpFailure::Failed(kind),
    }
}

impl HostReport {
    /// Writes down a stage that has just ended.
    fn stage<T, E: Into<Failure>>(
        &mut self,
        stage: Stage,
        timer: Timer,
        result: Result<T, E>,
    ) -> Result<T, ()> {
        let took = timer.elapsed();
        let (value, failure) = match result {
            Ok(value) => (Ok(value), None),
            Err(failure) => (Err(()), Some(failure.into())),
        };
        self.stages.push(StageReport { stage, took, failure });
        value
    }

    /// Says of the last stage that it failed after all.
    fn amend(&mut self, failure: Failure, more: Duration) {
        if let Some(last) = self.stages.last_mut() {
            last.took += more;
            last.failure = Some(failure);
        }
    }
}
