#![doc = include_str!("../README.md")]

#[cfg(feature = "cli")]
pub mod cli;
mod deadlines;
mod failure;
mod fingerprint;
mod hello;
mod host;
mod link;
mod probe;
mod proof;
mod read;
mod report;
mod resolve;
mod space;
mod table;
mod tls;
mod wire;

pub use deadlines::Deadlines;
pub use failure::{
    Code, DnsFailure, Failure, HelloFailure, HttpFailure, Stage, TcpFailure, TlsFailure,
};
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use link::{Connected, LinkReport};
pub use probe::Probe;
pub use proof::{NotProved, prove, prove_apps};
pub use report::{Finding, HostReport, NameReport, ProbeReport, Service, StageReport};
pub use resolve::{Resolve, SystemResolver};
pub use rustls;
pub use space::{Peered, SpaceBlocks};
pub use tls::{Authorities, Identity, InvalidPem, Tls, TlsError};
