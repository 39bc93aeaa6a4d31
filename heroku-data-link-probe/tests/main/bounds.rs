//! A probe ends in time, and leaves nothing behind.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use heroku_data_link_probe::{
    Deadlines, DnsFailure, Failure, HelloFailure, Probe, TcpFailure, Tls, TlsFailure,
};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::time::{Instant, advance, sleep};

use crate::certificates::Authority;
use crate::fakes::{self, Nobody};
use crate::time::Run;
use crate::{failure, url};

/// How much later than its deadline a probe may end.
const GRACE: Duration = Duration::from_millis(100);

/// The hosts of a Kafka URL.
fn kafka(hosts: &[SocketAddr]) -> heroku_data_link::model::ConnectionUrl {
    let hosts: Vec<_> = hosts.iter().map(|host| format!("kafka://{host}")).collect();
    url(&hosts.join(","))
}

/// A listener whose queue is full, so that the system drops what asks to connect: as near to a
/// black hole as loopback has. The queue is given back when the sockets are dropped.
fn black_hole() -> (SocketAddr, Vec<std::net::TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(fakes::LOOPBACK.into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Linux lets in one more than the queue's length.
    let queued = (0..2).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    (address, queued, listener)
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_costs_its_deadline_and_no_more() {
    let (address, _queued, _listener) = black_hole();
    // Each address gets its share of the time.
    let names = fakes::Names::default();
    let names = names.with("once.example", &["127.0.0.1"]);
    let names = names.with("twice.example", &["127.0.0.1", "127.0.0.1"]);
    for host in ["once.example", "twice.example"] {
        let url = url(&format!("rediss://:hunter2@{host}:{}", address.port()));
        let started = Instant::now();
        let report = Probe::new(&url, Tls::unverified()).with_resolver(names.clone()).run().await;
        assert_eq!(failure(&report), TcpFailure::Filtered.into());
        assert!(failure(&report).remedy().contains("security group"));
        assert!(started.elapsed() <= Deadlines::DEFAULT.tcp + GRACE, "{:?}", started.elapsed());
        assert!(report.took >= Deadlines::DEFAULT.tcp);
    }
}

#[tokio::test(start_paused = true)]
async fn each_stage_ends_at_its_deadline() {
    let limit = Duration::from_millis(700);
    let mut deadlines = Deadlines::of(Duration::from_secs(30), Duration::from_secs(60));
    (deadlines.dns, deadlines.tls, deadlines.hello) = (limit, limit, limit);

    let named = url("redis://:hunter2@vpce-0a.example:6379");
    let probe = Probe::new(&named, Tls::off()).with_resolver(Nobody).with_deadlines(deadlines);
    let report = probe.run().await;
    assert_eq!(failure(&report), DnsFailure::TimedOut.into());
    assert!((limit..=limit + GRACE).contains(&report.took), "{report}");

    let cases: [(_, Failure); 2] =
        [(Tls::unverified(), TlsFailure::Silent.into()), (Tls::off(), HelloFailure::Silent.into())];
    for (tls, expected) in cases {
        let (address, mut heard) = fakes::mute_after(&[]).await;
        let started = Instant::now();
        let url = url(&format!("redis://:hunter2@{address}"));
        let run = Run::of(Probe::new(&url, tls).with_deadlines(deadlines));
        heard.recv().await.unwrap();
        let report = run.end().await;
        assert_eq!(failure(&report), expected);
        assert!((limit..=limit + GRACE).contains(&report.took), "{report}");
        assert!(started.elapsed() <= limit + GRACE, "{:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_ends_at_its_deadline_however_many_hosts_there_are() {
    let (address, mut heard) = fakes::mute_after(&[]).await;
    let url = kafka(&[address; 40]);
    let whole = Duration::from_secs(3);
    let probe = Probe::new(&url, Tls::off())
        .with_deadlines(Deadlines::of(Duration::from_secs(2), whole))
        .with_concurrency(NonZeroUsize::MIN)
        .with_resolver(Nobody)
        .also_look_up(["a.example", "b.example", "c.example"]);
    let started = Instant::now();
    let run = Run::of(probe);
    heard.recv().await.unwrap();
    let report = run.end().await;
    assert!(started.elapsed() <= whole + GRACE, "{:?}", started.elapsed());
    assert_eq!((report.hosts.len(), report.names.len()), (40, 3));
    assert_eq!(report.failures().count(), 43, "nothing is left out");
    assert_eq!(report.hosts[0].failure(), Some(&HelloFailure::Silent.into()));
}

#[tokio::test(start_paused = true)]
async fn all_hosts_are_probed_at_once() {
    let (address, mut heard) = fakes::mute_after(&[]).await;
    let run = Run::of(Probe::new(&kafka(&[address; 3]), Tls::off()));
    for _ in 0..3 {
        heard.recv().await.unwrap();
    }
    let report = run.end().await;
    assert!(report.took <= Deadlines::DEFAULT.hello + GRACE, "{report}");
    assert_eq!(report.failures().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_hosts_at_once_than_allowed() {
    let (address, mut heard) = fakes::mute_after(&[]).await;
    let second = Duration::from_secs(1);
    let probe = Probe::new(&kafka(&[address; 12]), Tls::off());
    let probe = probe.with_deadlines(Deadlines::of(second, 60 * second));
    let run = Run::of(probe.with_concurrency(NonZeroUsize::new(4).unwrap()));
    for round in 0..3 {
        for _ in 0..4 {
            heard.recv().await.unwrap();
        }
        assert!(heard.try_recv().is_err(), "a fifth at once");
        assert!(!run.is_finished(), "more than four in round {round}");
        advance(second).await;
    }
    let report = run.now().await;
    assert_eq!(report.failures().count(), 12);
    assert_eq!(report.took, 3 * second);
}

/// Says when a connection is open, and when it is closed.
async fn watched() -> (SocketAddr, mpsc::UnboundedReceiver<&'static str>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let address = fakes::serve(move |mut stream| {
        let sender = sender.clone();
        async move {
            let _ = sender.send("open");
            // What was sent before, then the end.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            let _ = sender.send("closed");
        }
    })
    .await;
    (address, receiver)
}

#[tokio::test]
async fn dropping_a_probe_closes_its_connections() {
    for (scheme, tls) in [
        ("rediss://:hunter2@", Tls::unverified()),
        ("redis://:hunter2@", Tls::off()),
        ("postgres://u:hunter2@", Tls::unverified()),
        ("postgres://u:hunter2@", Tls::off()),
        ("kafka://", Tls::off()),
    ] {
        let (address, mut heard) = watched().await;
        let probe = Probe::new(&url(&format!("{scheme}{address}")), tls);
        {
            let run = pin!(probe.run());
            match select(pin!(heard.recv()), run).await {
                Either::Left((word, _dropped)) => assert_eq!(word, Some("open"), "{scheme}"),
                Either::Right((report, _)) => panic!("{report}"),
            }
        }
        assert_eq!(heard.recv().await, Some("closed"), "{scheme}");
    }
}

#[tokio::test]
async fn a_probe_that_has_ended_has_no_connection_open() {
    let (pair, finished) = (Authority::new("ours").local(), Arc::new(AtomicUsize::new(0)));
    let acceptor = tokio_rustls::TlsAcceptor::from(pair.server(None));
    let (sender, mut closed) = mpsc::unbounded_channel();
    let served = finished.clone();
    let address = fakes::serve(move |stream| {
        let (acceptor, sender, served) = (acceptor.clone(), sender.clone(), served.clone());
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let _ = fakes::answer_redis(stream).await;
            served.fetch_add(1, Ordering::SeqCst);
            let _ = sender.send(());
        }
    })
    .await;
    let url = url(&format!("rediss://:hunter2@{address}"));
    let report = Probe::new(&url, Tls::unverified()).run().await;
    assert!(report.passed, "{report}");
    closed.recv().await.unwrap();
    assert_eq!(finished.load(Ordering::SeqCst), 1, "one connection, and it is over");
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_waited_for() {
    let (sender, mut heard) = mpsc::unbounded_channel();
    let address = fakes::serve(move |stream| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(());
            #[allow(clippy::disallowed_methods)] // Time that the test moves.
            sleep(Duration::from_secs(4)).await;
            let _ = fakes::answer_redis(stream).await;
        }
    })
    .await;
    let run = Run::of(Probe::new(&url(&format!("redis://:hunter2@{address}")), Tls::off()));
    heard.recv().await.unwrap();
    advance(Duration::from_secs(4)).await;
    let report = run.now().await;
    assert!(report.passed, "{report}");
    assert_eq!(report.took.as_secs(), 4);
}
