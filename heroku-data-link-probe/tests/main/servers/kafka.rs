//! librdkafka's mock cluster.

use std::net::SocketAddr;
use std::sync::OnceLock;

use super::{Folder, Server, or_skipped, program};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka_cluster.py");
/// Runs the script with what it needs.
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/python_environment.py");
const INSTALLED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/kafka");

/// A cluster that speaks plain text.
pub(crate) struct Cluster {
    _server: Server,
    pub(crate) brokers: Vec<SocketAddr>,
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let folder = Folder::new(false)?;
        let args = ["-I", ENVIRONMENT, INSTALLED, SCRIPT];
        let python = program("python3")?;
        let (server, line) = Server::start(&folder, &python, &args, "brokers ")?;
        let brokers = line.trim_start_matches("brokers ").split(',').map(str::parse);
        let brokers = brokers.collect::<Result<_, _>>().map_err(|_| line.clone())?;
        Ok(Self { _server: server, brokers })
    }

    /// The cluster that all tests share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        or_skipped(SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone))
    }
}
