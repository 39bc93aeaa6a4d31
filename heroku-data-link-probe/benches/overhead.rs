//! What a probe costs beside the bare client that says the same hello, and whether it keeps its
//! promises about time. Prints tables, and fails when a limit is broken.
//!
//! `cargo bench -p heroku-data-link-probe`
//!
//! The servers are those of the tests. A bare client has its TLS configuration ready, and verifies
//! the certificate as the probe does. Bare client and probe take turns, and the medians are
//! compared, so that whatever else the machine does bears on both.
//!
//! The limit is for connections with TLS, as every plan of Heroku's needs it. Without it a hello on
//! loopback is a tenth of a millisecond, and what the deadlines cost shows: for that the limit is
//! absolute.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)] // As in the tests, whose files these are.

#[path = "../tests/main/certificates.rs"]
mod certificates;
#[path = "../tests/main/fakes.rs"]
mod fakes;
#[path = "../tests/main/servers/mod.rs"]
mod servers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use certificates::Authority;
use heroku_data_link::model::TlsMode;
use heroku_data_link_probe::{Deadlines, Probe, Tls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use servers::kafka::Cluster;
use servers::local;
use servers::postgres::Postgres;
use servers::redis::Redis;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_postgres::NoTls;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Pairs of runs for a median.
const ROUNDS: usize = 400;
/// A probe with TLS may cost so much more than the bare client.
const OVERHEAD: f64 = 1.10;
/// And one without.
const PLAIN: Duration = Duration::from_micros(100);
/// How much later than its deadline a probe may end.
const GRACE: Duration = Duration::from_millis(100);
/// What a slow broker takes to answer.
const SLOW: Duration = Duration::from_millis(50);

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut over = Vec::new();
    println!("| hello | bare client, µs | probe, µs | ratio | limit |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    if let Some(redis) = Redis::shared() {
        let authorities = redis.authority.authorities();
        let plain = format!("redis://:hunter2@{}", local(redis.plain));
        let bare = async || bare_redis(TcpStream::connect(local(redis.plain)).await?).await;
        compare("Key-Value Store, no TLS", &plain, Tls::off(), bare, &mut over).await?;
        let config = config(&redis.authority);
        let bare = async || {
            let stream = TcpStream::connect(local(redis.tls)).await?;
            bare_redis(protect(&config, stream).await?).await
        };
        let url = format!("rediss://:hunter2@{}", local(redis.tls));
        let tls = Tls::verify_full(&authorities);
        compare("Key-Value Store, TLS", &url, tls, bare, &mut over).await?;
    }
    if let Some(postgres) = Postgres::shared() {
        let config = config(&postgres.authority);
        for (name, port) in [("Postgres", postgres.port), ("Postgres, pooled", postgres.pooled)] {
            let bare = async || {
                let mut stream = TcpStream::connect(local(port)).await?;
                stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await?;
                assert_eq!(stream.read_u8().await?, b'S');
                bare_postgres(protect(&config, stream).await?).await
            };
            let url = format!("postgres://user:hunter2@{}/postgres", local(port));
            let tls = Tls::verify_full(&postgres.authority.authorities());
            compare(&format!("{name}, TLS"), &url, tls, bare, &mut over).await?;
        }
    }
    if let Some(cluster) = Cluster::shared() {
        let broker = cluster.brokers[0];
        let bare = async || bare_kafka(TcpStream::connect(broker).await?).await;
        let url = format!("kafka://{broker}");
        compare("Kafka, one broker, no TLS", &url, Tls::off(), bare, &mut over).await?;
        let authority = Authority::new("kafka");
        let door = door(&authority, broker).await;
        let config = config(&authority);
        let bare =
            async || bare_kafka(protect(&config, TcpStream::connect(door).await?).await?).await;
        let url = format!("kafka+ssl://{door}");
        let tls = Tls::verify_full(&authority.authorities());
        compare("Kafka, one broker, TLS", &url, tls, bare, &mut over).await?;
        brokers(cluster, &mut over).await?;
    }
    deadlines(&mut over).await?;
    if over.is_empty() { Ok(()) } else { Err(over.join("; ").into()) }
}

/// Prints the medians of a bare client and of a probe.
async fn compare(
    name: &str,
    url: &str,
    tls: Tls,
    bare: impl AsyncFn() -> Result<(), Failure>,
    over: &mut Vec<String>,
) -> Result<(), Failure> {
    let encrypted = tls.mode() != TlsMode::Off;
    let probe = Probe::new(&url.parse()?, tls);
    let (mut bares, mut probes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        bare().await?;
        bares.push(started.elapsed());
        let started = Instant::now();
        let report = probe.run().await;
        probes.push(started.elapsed());
        assert!(report.passed, "{report}");
    }
    let (bare, probe) = (median(bares), median(probes));
    let ratio = probe.as_secs_f64() / bare.as_secs_f64();
    let (limit, is_over) = if encrypted {
        (format!("{OVERHEAD:.2}"), ratio > OVERHEAD)
    } else {
        (format!("+{} µs", PLAIN.as_micros()), probe > bare + PLAIN)
    };
    let micros = [bare, probe].map(|it| it.as_micros());
    println!("| {name} | {} | {} | {ratio:.2} | {limit} |", micros[0], micros[1]);
    if is_over {
        over.push(format!("{name}: {ratio:.2} times the bare client"));
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn config(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // A probe shows the certificate each time, so there are no sessions to go on with.
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}

async fn protect(
    config: &Arc<ClientConfig>,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    stream.set_nodelay(true)?;
    let name = "127.0.0.1".try_into()?;
    Ok(TlsConnector::from(config.clone()).connect(name, stream).await?)
}

async fn bare_redis<S>(stream: S) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let info = redis::RedisConnectionInfo::default().set_password("hunter2");
    let info = info.set_skip_set_lib_name();
    let config = redis::AsyncConnectionConfig::new();
    let connected = redis::aio::MultiplexedConnection::new_with_config(&info, stream, config);
    let (mut connection, driver) = connected.await?;
    let driver = tokio::spawn(driver);
    let answer: String = redis::cmd("PING").query_async(&mut connection).await?;
    assert_eq!(answer, "PONG");
    // The probe closes its connection as well.
    drop(connection);
    driver.await?;
    Ok(())
}

async fn bare_postgres<S>(stream: S) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut config = tokio_postgres::Config::new();
    config.user("user").password("hunter2").dbname("postgres");
    config.ssl_mode(tokio_postgres::config::SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    let connection = tokio::spawn(connection);
    client.simple_query("SELECT 1").await?;
    drop(client);
    connection.await??;
    Ok(())
}

/// A broker behind TLS.
async fn door(authority: &Authority, broker: SocketAddr) -> SocketAddr {
    let acceptor = TlsAcceptor::from(authority.local().server(None));
    fakes::serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut broker = TcpStream::connect(broker).await.unwrap();
            // Else the door would hold small messages back, for longer than all that is measured.
            stream.set_nodelay(true).unwrap();
            broker.set_nodelay(true).unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = copy_bidirectional(&mut stream, &mut broker).await;
            }
        }
    })
    .await
}

/// There is no client that says no more than this, so the bare one is its bytes.
async fn bare_kafka(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), Failure> {
    // Length; ApiVersions, version 0; number 1; no name.
    let versions = b"\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff";
    // Length; Metadata, version 1; number 2; no name; no topics.
    let metadata = b"\0\0\0\x0e\0\x03\0\x01\0\0\0\x02\xff\xff\0\0\0\0";
    for question in [&versions[..], metadata] {
        stream.write_all(question).await?;
        stream.flush().await?;
        let mut answer = vec![0; usize::try_from(stream.read_i32().await?)?];
        stream.read_exact(&mut answer).await?;
    }
    Ok(())
}

/// One slow broker beside three.
async fn brokers(cluster: &Cluster, over: &mut Vec<String>) -> Result<(), Failure> {
    let mut doors: Vec<SocketAddr> = Vec::new();
    for &broker in &cluster.brokers {
        doors.push(
            fakes::serve(move |mut stream| async move {
                let mut broker = TcpStream::connect(broker).await.unwrap();
                #[allow(clippy::disallowed_methods)] // A slow server is what is measured.
                tokio::time::sleep(SLOW).await;
                let _ = copy_bidirectional(&mut stream, &mut broker).await;
            })
            .await,
        );
    }
    let mut times = Vec::new();
    for count in [1, doors.len()] {
        let hosts: Vec<_> = doors[..count].iter().map(|door| format!("kafka://{door}")).collect();
        let probe = Probe::new(&hosts.join(",").parse()?, Tls::off());
        let mut runs = Vec::new();
        for _ in 0..20 {
            let report = probe.run().await;
            assert!(report.passed, "{report}");
            runs.push(report.took);
        }
        times.push(median(runs));
    }
    let [one, three] = times.try_into().map_err(|_| "two figures")?;
    let ratio = three.as_secs_f64() / one.as_secs_f64();
    println!(
        "\n| brokers that take {} ms each | one, ms | three, ms | ratio | limit |",
        SLOW.as_millis()
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    println!("| | {:.1} | {:.1} | {ratio:.2} | 1.50 |", millis(one), millis(three));
    if ratio > 1.5 {
        over.push(format!("three brokers cost {ratio:.2} times one"));
    }
    Ok(())
}

/// How much later than its deadline a probe of a silent server ends, at worst.
async fn deadlines(over: &mut Vec<String>) -> Result<(), Failure> {
    let deadline = Duration::from_millis(150);
    let mut worst = Duration::ZERO;
    for (scheme, tls) in
        [("rediss", Tls::unverified()), ("redis", Tls::off()), ("postgres", Tls::unverified())]
    {
        let (address, _heard) = fakes::mute_after(&[]).await;
        let url = format!("{scheme}://user:hunter2@{address}").parse()?;
        let probe = Probe::new(&url, tls).with_deadlines(Deadlines::of(deadline, deadline));
        for _ in 0..10 {
            let started = Instant::now();
            let report = probe.run().await;
            assert!(!report.passed, "{report}");
            worst = worst.max(started.elapsed().saturating_sub(deadline));
        }
    }
    println!("\n| past the deadline, at worst of 30, ms | limit |");
    println!("| ---: | ---: |");
    println!("| {:.1} | {} |", millis(worst), GRACE.as_millis());
    if worst > GRACE {
        over.push(format!("{:.1} ms past the deadline", millis(worst)));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
