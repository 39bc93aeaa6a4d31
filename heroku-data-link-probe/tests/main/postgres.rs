//! A real Postgres with TLS, and pgbouncer before it, as Heroku pools connections.

use std::sync::OnceLock;

use heroku_data_link_probe::{HelloFailure, Probe, Tls, TlsFailure};

use crate::certificates::{Authority, Pair, Validity};
use crate::servers::{Folder, Server, free_port, local, or_skipped, program};
use crate::{failure, stages, url};

/// A server, its pooler, and who signed their certificate.
pub(crate) struct Postgres {
    _servers: [Server; 2],
    authority: Authority,
    pub(crate) port: u16,
    pooled: u16,
}

impl Postgres {
    fn start() -> Result<Self, String> {
        let authority = Authority::new("postgres");
        let pair = authority.local();
        let (server, port) = database(&pair)?;
        let (pooler, pooled) = pooler(&pair, port)?;
        Ok(Self { _servers: [server, pooler], authority, port, pooled })
    }

    /// The servers that all tests share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        or_skipped(SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone))
    }
}

fn database(pair: &Pair) -> Result<(Server, u16), String> {
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

#[tokio::test]
async fn one_is_selected_directly_and_through_the_pooler() {
    let Some(postgres) = Postgres::shared() else { return };
    let authorities = postgres.authority.authorities();
    for port in [postgres.port, postgres.pooled] {
        let text = format!("postgres://user:hunter2@localhost:{port}/postgres?sslmode=require");
        let url = url(&text);
        let pin = Probe::new(&url, Tls::unverified()).run().await.certificates();
        for tls in [
            Tls::unverified(),
            Tls::pinned(pin),
            Tls::verify_chain(&authorities),
            Tls::verify_full(&authorities),
        ] {
            let report = Probe::new(&url, tls).run().await;
            assert!(report.passed && report.findings.is_empty(), "{port}: {report}");
            assert_eq!(stages(&report), ["dns", "tcp", "tls", "hello"]);
        }
    }
}

#[tokio::test]
async fn what_postgres_refuses() {
    let Some(postgres) = Postgres::shared() else { return };
    for (login, database, expected) in [
        ("user:hunter3", "postgres", HelloFailure::WrongPassword),
        ("nobody:hunter2", "postgres", HelloFailure::WrongPassword),
        ("user", "postgres", HelloFailure::NoPassword),
        ("", "postgres", HelloFailure::NotAuthorized),
        ("user:hunter2", "elsewhere", HelloFailure::NoSuchDatabase),
    ] {
        let url = url(&format!("postgres://{login}@{}/{database}", local(postgres.port)));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into(), "{login}/{database}");
    }
    let strangers = Authority::new("strangers").authorities();
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(postgres.port)));
    let report = Probe::new(&url, Tls::verify_chain(&strangers)).run().await;
    assert_eq!(failure(&report), TlsFailure::UnknownAuthority.into());
}

#[tokio::test]
async fn what_the_pooler_refuses() {
    let Some(postgres) = Postgres::shared() else { return };
    for (login, database, expected) in [
        ("user:hunter3", "postgres", HelloFailure::WrongPassword),
        ("nobody:hunter2", "postgres", HelloFailure::WrongPassword),
        ("user", "postgres", HelloFailure::NoPassword),
        ("user:hunter2", "elsewhere", HelloFailure::NoSuchDatabase),
    ] {
        let url = url(&format!("postgres://{login}@{}/{database}", local(postgres.pooled)));
        let report = Probe::new(&url, Tls::unverified()).run().await;
        assert_eq!(failure(&report), expected.into(), "{login}/{database}");
    }
    // pgbouncer without TLS, told that it must have it.
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(postgres.pooled)));
    let report = Probe::new(&url, Tls::off()).run().await;
    assert_eq!(failure(&report), HelloFailure::NotAuthorized.into());
}

#[tokio::test]
async fn an_expired_certificate_of_postgres() {
    let authority = Authority::new("postgres");
    let pair = authority.issue(&["localhost", "127.0.0.1"], Validity::Past);
    let Some((_server, port)) = or_skipped(database(&pair)) else { return };
    let url = url(&format!("postgres://user:hunter2@{}/postgres", local(port)));
    let report = Probe::new(&url, Tls::verify_full(&authority.authorities())).run().await;
    assert_eq!(failure(&report), TlsFailure::Expired.into());
    assert!(Probe::new(&url, Tls::unverified()).run().await.passed);
}
