//! Redis: TLS, and a password.

use std::sync::OnceLock;

use super::{Folder, Server, free_port, or_skipped, program};
use crate::certificates::{Authority, Pair};

pub(crate) const PASSWORD: &str = "hunter2";

/// A server, and who signed its certificate.
pub(crate) struct Redis {
    _server: Server,
    pub(crate) authority: Authority,
    /// The port that speaks TLS.
    pub(crate) tls: u16,
    /// The one that does not.
    pub(crate) plain: u16,
}

impl Redis {
    pub(crate) fn start(authority: Authority, pair: &Pair) -> Result<Self, String> {
        let program = program("redis-server")?;
        let folder = Folder::new(false)?;
        let (tls, plain) = (free_port()?, free_port()?);
        let certificate = folder.write("certificate.pem", &pair.certificate)?;
        let key = folder.write("key.pem", &pair.key)?;
        let authorities = folder.write("authority.pem", &authority.pem)?;
        let config = folder.write(
            "redis.conf",
            &format!(
                "bind 127.0.0.1\nport {plain}\ntls-port {tls}\ntls-auth-clients no\n\
                 tls-cert-file {certificate}\ntls-key-file {key}\n\
                 tls-ca-cert-file {authorities}\nrequirepass {PASSWORD}\n\
                 user named on >{PASSWORD}-too ~* +@all\nsave \"\"\nappendonly no\n"
            ),
        )?;
        let (server, _) =
            Server::start(&folder, &program, &[&config], "Ready to accept connections")?;
        Ok(Self { _server: server, authority, tls, plain })
    }

    /// The server that all tests share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Redis, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| {
            let authority = Authority::new("redis");
            let pair = authority.local();
            Self::start(authority, &pair)
        });
        or_skipped(started.as_ref().map_err(Clone::clone))
    }
}
