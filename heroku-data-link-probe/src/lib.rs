#![doc = include_str!("../README.md")]

mod deadlines;
mod failure;
mod fingerprint;
mod hello;
mod host;
mod link;
mod probe;
mod report;
mod resolve;
mod table;
mod tls;
mod wire;

pub use deadlines::Deadlines;
pub use failure::{Code, DnsFailure, Failure, HelloFailure, Stage, TcpFailure, TlsFailure};
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use link::{Connected, LinkReport};
pub use probe::Probe;
pub use report::{Finding, HostReport, NameReport, ProbeReport, StageReport};
pub use resolve::{Resolve, SystemResolver};
pub use rustls;
pub use tls::{Authorities, Identity, InvalidPem, Tls, TlsError};
