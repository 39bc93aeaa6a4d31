//! The probe against real servers on loopback, and against what pretends to be one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod apps;
mod bounds;
mod certificates;
mod clear_text;
mod clients;
mod fakes;
mod kafka;
mod link;
mod modes;
mod postgres;
mod proof;
mod redis;
mod secrets;
mod servers;
mod stages;
mod table;
mod time;

use heroku_data_link::model::ConnectionUrl;
use heroku_data_link_probe::{Failure, ProbeReport};

fn url(text: &str) -> ConnectionUrl {
    text.parse().unwrap()
}

/// The failure of the only host.
#[track_caller]
fn failure(report: &ProbeReport) -> Failure {
    let [host] = report.hosts.as_slice() else { panic!("one host: {report}") };
    assert!(!report.passed && !host.passed(), "{report}");
    host.failure().unwrap_or_else(|| panic!("a failure: {report}")).clone()
}

/// The names of the stages gone through.
fn stages(report: &ProbeReport) -> Vec<&'static str> {
    report.hosts[0].stages.iter().map(|it| it.stage.as_str()).collect()
}
