//! A report as people read it.

use std::fmt;
use std::time::Duration;

use crate::failure::Stage;
use crate::report::{HostReport, ProbeReport, Service};

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.passed { "connects" } else { "does not connect" };
        let pinned = if self.pinned { ", pinned" } else { "" };
        let took = milliseconds(self.took);
        writeln!(f, "{} (TLS {}{pinned}) {outcome}; {took}", self.service, self.tls)?;
        let last = match self.service {
            Service::Data(_) => Stage::Hello,
            Service::Web => Stage::Http,
        };
        let stages = [Stage::Dns, Stage::Tcp, Stage::Tls, last];
        let [dns, tcp, tls, last] = stages.map(|stage| stage.as_str().to_owned());
        let mut rows = vec![["host".to_owned(), dns, tcp, tls, last]];
        rows.extend(self.hosts.iter().map(|host| row(host, stages)));
        write_rows(f, &rows)?;
        for host in &self.hosts {
            let addresses: Vec<_> = host.addresses.iter().map(ToString::to_string).collect();
            match host.connected {
                Some(connected) => writeln!(f, "{}: connected to {connected}", host.host)?,
                None if addresses.is_empty() => {}
                None => writeln!(f, "{}: {}", host.host, addresses.join(", "))?,
            }
            if let Some(status) = host.status {
                writeln!(f, "{}: answered with status {status}", host.host)?;
            }
            if let Some(certificate) = host.certificate {
                writeln!(f, "{}: certificate sha256:{certificate}", host.host)?;
            }
        }
        for name in self.names.iter().filter(|name| name.failure.is_none()) {
            let addresses: Vec<_> = name.addresses.iter().map(ToString::to_string).collect();
            let took = milliseconds(name.took);
            writeln!(f, "{}: {}; {took}", name.name, addresses.join(", "))?;
        }
        for (what, failure) in self.failures() {
            writeln!(f, "{what}: {} failed: {failure}", failure.stage())?;
            writeln!(f, "  remedy: {}", failure.remedy())?;
        }
        for finding in &self.findings {
            writeln!(f, "note: {finding}")?;
        }
        Ok(())
    }
}

fn row(host: &HostReport, stages: [Stage; 4]) -> [String; 5] {
    let cell = |stage: Stage| match host.stage_of(stage) {
        None => "-".to_owned(),
        Some(report) => match &report.failure {
            Some(failure) => failure.code().to_owned(),
            None => milliseconds(report.took),
        },
    };
    let [dns, tcp, tls, last] = stages.map(cell);
    [host.host.to_string(), dns, tcp, tls, last]
}

fn write_rows(f: &mut fmt::Formatter<'_>, rows: &[[String; 5]]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 5] = std::array::from_fn(|column| width(column).unwrap_or(0));
    for row in rows {
        let cells: Vec<_> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(f, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// In milliseconds, to the microsecond where that says anything.
fn milliseconds(took: Duration) -> String {
    let micros = took.as_micros();
    match micros {
        0..10_000 => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
        _ => format!("{} ms", micros / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (micros, text) in
            [(0, "0.00 ms"), (1_239, "1.23 ms"), (9_999, "9.99 ms"), (12_345, "12 ms")]
        {
            assert_eq!(milliseconds(Duration::from_micros(micros)), text);
        }
    }
}
