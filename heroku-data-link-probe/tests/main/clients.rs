//! Clients that others wrote, set up with the crate's TLS.

use std::sync::Arc;
use std::time::Duration;

use heroku_data_link_probe::rustls::ClientConfig;
use heroku_data_link_probe::rustls::crypto::CryptoProvider;
use heroku_data_link_probe::rustls::pki_types::ServerName;
use heroku_data_link_probe::{Authorities, Fingerprint, Probe, Tls, TlsError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::TlsConnector;

use crate::certificates::Authority;
use crate::kafka::Protected;
use crate::servers::kafka::Cluster;
use crate::servers::postgres::Postgres;
use crate::servers::redis::{PASSWORD, Redis};
use crate::{fakes, url};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Long enough for a busy machine, and shorter than rskafka's patience, which has no end.
const PATIENCE: Duration = Duration::from_secs(20);

/// What accepts a server of these authorities, with this certificate, by any name of loopback.
fn accepting(authorities: &Authorities, pin: Fingerprint) -> [Tls; 4] {
    [
        Tls::verify_full(authorities),
        Tls::verify_chain(authorities),
        Tls::pinned([pin]),
        Tls::unverified(),
    ]
}

/// What accepts only another one.
fn refusing() -> [Tls; 4] {
    let other = Authority::new("other");
    let pair = other.local();
    [
        Tls::verify_full(&other.authorities()),
        Tls::verify_chain(&other.authorities()),
        Tls::pinned([pair.fingerprint()]),
        Tls::pinned([]),
    ]
}

fn config(tls: &Tls) -> ClientConfig {
    let config = tls.client_config().unwrap();
    assert!(CryptoProvider::get_default().is_none(), "none is installed for the process");
    config
}

async fn set_and_get(port: u16, config: ClientConfig) -> Outcome {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let login = redis::RedisConnectionInfo::default().set_password(PASSWORD);
    let config = redis::AsyncConnectionConfig::new();
    let connected = redis::aio::MultiplexedConnection::new_with_config(&login, stream, config);
    let (mut store, driver) = connected.await?;
    let driver = tokio::spawn(driver);
    let _: () = redis::cmd("SET").arg("k").arg("v").query_async(&mut store).await?;
    let value: String = redis::cmd("GET").arg("k").query_async(&mut store).await?;
    assert_eq!(value, "v");
    drop(store);
    driver.await?;
    Ok(())
}

#[tokio::test]
async fn redis_by_its_own_client() {
    let Some(server) = Redis::shared() else { return };
    let probe = Probe::new(
        &url(&format!("rediss://:{PASSWORD}@localhost:{}", server.tls)),
        Tls::unverified(),
    );
    let pin = probe.run().await.certificates()[0];
    for tls in accepting(&server.authority.authorities(), pin) {
        set_and_get(server.tls, config(&tls)).await.unwrap();
    }
    for tls in refusing() {
        let error = set_and_get(server.tls, config(&tls)).await.unwrap_err();
        assert!(error.to_string().contains("invalid peer certificate"), "{tls:?}: {error}");
    }
}

async fn select_one(port: u16, config: ClientConfig) -> Outcome {
    let mut client = tokio_postgres::Config::new();
    client.host("localhost").port(port).ssl_mode(SslMode::Require);
    client.user("user").password("hunter2").dbname("postgres");
    let (client, driver) = client.connect(MakeRustlsConnect::new(config)).await?;
    let driver = tokio::spawn(driver);
    client.simple_query("SELECT 1").await?;
    drop(client);
    driver.await??;
    Ok(())
}

#[tokio::test]
async fn postgres_by_its_own_client_and_through_the_pooler() {
    let Some(server) = Postgres::shared() else { return };
    for port in [server.port, server.pooled] {
        let probe = Probe::new(
            &url(&format!("postgres://user:hunter2@localhost:{port}/postgres")),
            Tls::unverified(),
        );
        let pin = probe.run().await.certificates()[0];
        for tls in accepting(&server.authority.authorities(), pin) {
            select_one(port, config(&tls)).await.unwrap();
        }
        for tls in refusing() {
            let error = select_one(port, config(&tls)).await.unwrap_err();
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            assert!(source.contains("invalid peer certificate"), "{tls:?}: {error}, {source}");
        }
    }
}

async fn list_topics(brokers: Vec<String>, tls: &Tls) -> Option<usize> {
    let client = rskafka::client::ClientBuilder::new(brokers).tls_config(Arc::new(config(tls)));
    let listed = async { Some(client.build().await.ok()?.list_topics().await.ok()?.len()) };
    timeout(PATIENCE, listed).await.ok().flatten()
}

#[tokio::test]
async fn kafka_by_a_client_on_rustls() {
    let Some(cluster) = Cluster::shared() else { return };
    let protected = Protected::new(cluster).await;
    let brokers: Vec<_> = protected.addresses.iter().map(ToString::to_string).collect();
    // With the client certificate that it wants.
    assert!(list_topics(brokers, &protected.tls()).await.is_some());
    // rskafka tries again for ever where TLS fails, so here is the handshake alone.
    for tls in refusing() {
        let stream = TcpStream::connect(protected.addresses[0]).await.unwrap();
        let name = ServerName::from(protected.addresses[0].ip());
        let connector = TlsConnector::from(Arc::new(config(&tls)));
        assert!(connector.connect(name, stream).await.is_err(), "{tls:?}");
    }
}

/// One configuration serves all connections of a client, and judges each server by itself.
#[tokio::test]
async fn a_pin_is_compared_with_each_server_anew() {
    let authority = Authority::new("ours");
    let (ours, other) = (authority.local(), authority.local());
    let config = Arc::new(config(&Tls::pinned([ours.fingerprint()])));
    let connector = TlsConnector::from(config);
    let (ours, other) =
        (fakes::store(ours.server(None)).await, fakes::store(other.server(None)).await);
    for (address, is_pinned) in [(ours, true), (other, false), (ours, true), (other, false)] {
        let stream = TcpStream::connect(address).await.unwrap();
        let connected = connector.connect(ServerName::from(address.ip()), stream).await;
        assert_eq!(connected.is_ok(), is_pinned);
    }
}

#[test]
fn without_tls_there_is_nothing_to_set_up() {
    assert_eq!(Tls::off().client_config().unwrap_err(), TlsError::Off);
}
