//! Whether a report that was made inside the VPC proves a link.

use std::time::{Duration, SystemTime};

use heroku_data_link::model::{HostPort, TextFilter, TlsMode};
use heroku_data_link::privatelink::PrivateLinkOutput;
use heroku_data_link::reconcile::timestamp;

use crate::failure::Failure;
use crate::report::{ProbeReport, Service};
use crate::space::SpaceBlocks;

/// How far the clocks of two machines may be apart.
const SKEW: Duration = Duration::from_secs(300);

/// Why a report does not prove a link. `Display` says why, and [`remedy`](Self::remedy) what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotProved {
    /// Something did not pass.
    #[error("{what}: {} failed from inside the VPC: {failure}", failure.stage())]
    Failed {
        /// The host or name.
        what: String,
        /// Why.
        failure: Failure,
    },
    /// No host has passed, and none has failed.
    #[error("the probe report has no host that went through all stages")]
    Empty,
    /// It is of another kind of service.
    #[error("the probe report is of {found}, and the link is of {expected}")]
    OtherService {
        /// The report's.
        found: Service,
        /// The link's.
        expected: Service,
    },
    /// It is of another link.
    #[error("the probe report is of {host}, which is not of this link")]
    OtherHost {
        /// The host.
        host: HostPort,
    },
    /// An app that was named is not in it.
    #[error("the probe report has nothing of {app}")]
    Missing {
        /// The app, as it may be shown.
        app: String,
    },
    /// TLS verified less than a client of the link has to.
    #[error("the probe used TLS mode {found}, and a client of the link must use {expected}")]
    WeakerTls {
        /// The report's.
        found: TlsMode,
        /// The link's.
        expected: TlsMode,
    },
    /// It was made too long ago.
    #[error("the probe report is of {}, which is longer ago than {} s", timestamp(*at), oldest.as_secs())]
    TooOld {
        /// When it was made.
        at: SystemTime,
        /// How old it may be.
        oldest: Duration,
    },
    /// It is from the future.
    #[error("the probe report is of {}, which is yet to come", timestamp(*at))]
    Future {
        /// When it was made.
        at: SystemTime,
    },
}

impl NotProved {
    /// What to do about it, as a sentence for people.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Failed { failure, .. } => failure.remedy(),
            Self::Empty
            | Self::Missing { .. }
            | Self::OtherHost { .. }
            | Self::OtherService { .. } => {
                "run the probe inside the VPC once more, with the URL or the apps of this link"
            }
            Self::WeakerTls { .. } => {
                "run the probe inside the VPC once more, in the TLS mode that the link names, or with \
                 pinned certificates"
            }
            Self::TooOld { .. } => "run the probe inside the VPC once more",
            Self::Future { .. } => "set the clocks of both machines, and run the probe once more",
        }
    }
}

/// Proves that an established PrivateLink connects from where the report was made, and returns when that
/// was. The hosts are among the endpoint's names or those of the connections.
///
/// # Errors
/// When the report is of something else, failed, or is older than `oldest`.
pub fn prove(
    link: &PrivateLinkOutput,
    report: &ProbeReport,
    now: SystemTime,
    oldest: Duration,
) -> Result<SystemTime, NotProved> {
    is_of(report, Service::Data(link.service))?;
    let listed = |host: &&HostPort| {
        link.connections.iter().any(|it| it.url.hosts().contains(host))
            || link.dns_names.iter().any(|name| is_named(host.host(), name))
    };
    if let Some(host) = report.hosts.iter().map(|it| &it.host).find(|host| !listed(host)) {
        return Err(NotProved::OtherHost { host: host.clone() });
    }
    // The modes are in order, the strictest first.
    let expected = link.connections.iter().map(|it| it.tls).max().unwrap_or(TlsMode::VerifyFull);
    if report.tls > expected && !report.pinned {
        return Err(NotProved::WeakerTls { found: report.tls, expected });
    }
    has_passed(report, now, oldest)
}

/// Proves that the apps of these host names answer through a peering, and returns when that was. All of
/// them are in the report, nothing else is, and their addresses are in the blocks.
///
/// # Errors
/// When the report is of something else, failed, or is older than `oldest`.
pub fn prove_apps(
    apps: &[String],
    blocks: &SpaceBlocks,
    report: &ProbeReport,
    now: SystemTime,
    oldest: Duration,
) -> Result<SystemTime, NotProved> {
    is_of(report, Service::Web)?;
    let is_app = |host: &HostPort, app: &str| {
        let app = app.to_ascii_lowercase();
        host.host() == app || host.to_string() == app
    };
    let hosts = || report.hosts.iter().map(|it| &it.host);
    if let Some(host) = hosts().find(|host| !apps.iter().any(|app| is_app(host, app))) {
        return Err(NotProved::OtherHost { host: host.clone() });
    }
    if let Some(app) = apps.iter().find(|app| !hosts().any(|host| is_app(host, app))) {
        return Err(NotProved::Missing { app: TextFilter::new().show(app) });
    }
    let proved = has_passed(report, now, oldest)?;
    // The probe may have been told of other blocks.
    for host in &report.hosts {
        blocks.judge(&host.addresses).map_err(|failure| NotProved::Failed {
            what: host.host.to_string(),
            failure: failure.into(),
        })?;
    }
    Ok(proved)
}

fn is_of(report: &ProbeReport, expected: Service) -> Result<(), NotProved> {
    let found = report.service;
    if found == expected { Ok(()) } else { Err(NotProved::OtherService { found, expected }) }
}

fn has_passed(
    report: &ProbeReport,
    now: SystemTime,
    oldest: Duration,
) -> Result<SystemTime, NotProved> {
    let at = report.at;
    match now.duration_since(at) {
        Ok(age) if age > oldest => return Err(NotProved::TooOld { at, oldest }),
        Err(error) if error.duration() > SKEW => return Err(NotProved::Future { at }),
        Ok(_) | Err(_) => {}
    }
    if let Some((what, failure)) = report.failures().next() {
        return Err(NotProved::Failed { what, failure: failure.clone() });
    }
    if report.passed && !report.hosts.is_empty() { Ok(at) } else { Err(NotProved::Empty) }
}

/// Whether a host is of a name of the endpoint, which may be a wild card.
fn is_named(host: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix('*') {
        Some(domain) => domain.starts_with('.') && host.ends_with(domain),
        None => host == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_an_endpoint_match_with_their_dots() {
        for (host, name, matches) in [
            ("vpce-0a.example", "VPCE-0a.example", true),
            ("a.vpce-0a.example", "*.vpce-0a.example", true),
            ("vpce-0a.example", "*.vpce-0a.example", false),
            ("avpce-0a.example", "vpce-0a.example", false),
            ("evil.example", "*", false),
        ] {
            assert_eq!(is_named(host, name), matches, "{host} {name}");
        }
    }
}
