//! Postgres with TLS, and pgbouncer before it.

use std::sync::OnceLock;

use super::{Folder, Server, free_port, or_skipped, program};
use crate::certificates::{Authority, Pair};

/// A server, its pooler, and who signed their certificate.
pub(crate) struct Postgres {
    _servers: [Server; 2],
    pub(crate) authority: Authority,
    pub(crate) port: u16,
    pub(crate) pooled: u16,
}

impl Postgres {
    fn start() -> Result<Self, String> {
        let authority = Authority::new("postgres");
        let pair = authority.local();
        let (server, port) = database(&pair)?;
        let (before_it, pooled) = pooler(&pair, port)?;
        Ok(Self { _servers: [server, before_it], authority, port, pooled })
    }

    /// The servers that all tests share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        or_skipped(SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone))
    }
}

/// A database whose user is `user`, with the password `hunter2`.
pub(crate) fn database(pair: &Pair) -> Result<(Server, u16), String> {
    let folder = Folder::new(true)?;
    let (certificate, key) =
        (folder.write("server.crt", &pair.certificate)?, folder.write("server.key", &pair.key)?);
    let password = folder.write("password", "hunter2")?;
    let data = folder.path("data");
    let password = format!("--pwfile={password}");
    let options = ["--auth=scram-sha-256", "--username=user", "--no-sync", "--no-locale"];
    folder.run(&program("initdb")?, &[&options[..], &[&password, &data]].concat())?;
    let port = free_port()?;
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "fsync=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={certificate}"),
        format!("ssl_key_file={key}"),
    ];
    let mut args = vec!["-D", &data];
    args.extend(settings.iter().flat_map(|setting| ["-c", setting]));
    let ready = "database system is ready to accept connections";
    let (server, _) = Server::start(&folder, &program("postgres")?, &args, ready)?;
    Ok((server, port))
}

fn pooler(pair: &Pair, database: u16) -> Result<(Server, u16), String> {
    let folder = Folder::new(true)?;
    let certificate = folder.write("server.crt", &pair.certificate)?;
    let key = folder.write("server.key", &pair.key)?;
    let users = folder.write("users", "\"user\" \"hunter2\"\n")?;
    let port = free_port()?;
    let config = folder.write(
        "pgbouncer.ini",
        &format!(
            "[databases]\npostgres = host=127.0.0.1 port={database}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\n\
             client_tls_sslmode = require\nclient_tls_cert_file = {certificate}\n\
             client_tls_key_file = {key}\nserver_tls_sslmode = require\n"
        ),
    )?;
    let (server, _) = Server::start(&folder, &program("pgbouncer")?, &[&config], "process up")?;
    Ok((server, port))
}
