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
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::certificates::Authority;
use crate::fakes::{self, Nobody};
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
async fn black_hole() -> (SocketAddr, Vec<TcpStream>, tokio::net::TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(fakes::LOOPBACK.into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    for _ in 0..64 {
        match tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
            Ok(stream) => queued.push(stream.unwrap()),
            Err(_) => return (address, queued, listener),
        }
    }
    panic!("the queue of a listener has no end");
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_costs_its_deadline_and_no_more() {
    let (address, _queued, _listener) = black_hole().await;
    let url = url(&format!("rediss://:hunter2@{address}"));
    let started = Instant::now();
    let report = Probe::new(&url, Tls::unverified()).run().await;
    assert_eq!(failure(&report), TcpFailure::Filtered.into());
    assert!(failure(&report).remedy().contains("security group"));
    assert!(started.elapsed() <= Deadlines::DEFAULT.tcp + GRACE, "{:?}", started.elapsed());
    assert!(report.took >= Deadlines::DEFAULT.tcp);
}

#[tokio::test(start_paused = true)]
async fn each_address_gets_its_share_of_the_time() {
    let (address, _queued, _listener) = black_hole().await;
    let url = url(&format!("rediss://:hunter2@zones.example:{}", address.port()));
    // The second one refuses at once, as nobody listens there.
    let names = fakes::Names::default().with("zones.example", &["127.0.0.1", "127.0.0.2"]);
    let report = Probe::new(&url, Tls::unverified()).with_resolver(names).run().await;
    assert_eq!(failure(&report), TcpFailure::Refused.into());
    assert!(report.took <= Deadlines::DEFAULT.tcp / 2 + GRACE, "{report}");
}

#[tokio::test(start_paused = true)]
async fn each_stage_ends_at_its_deadline() {
    let silent = fakes::silent().await;
    let plain = url(&format!("redis://:hunter2@{silent}"));
    let named = url("redis://:hunter2@vpce-0a.example:6379");
    let limit = Duration::from_millis(700);
    let mut deadlines = Deadlines::of(Duration::from_secs(30), Duration::from_secs(60));
    let cases: [(_, Probe, Failure); 3] = [
        ("dns", Probe::new(&named, Tls::off()).with_resolver(Nobody), DnsFailure::TimedOut.into()),
        ("tls", Probe::new(&plain, Tls::unverified()), TlsFailure::Silent.into()),
        ("hello", Probe::new(&plain, Tls::off()), HelloFailure::Silent.into()),
    ];
    (deadlines.dns, deadlines.tls, deadlines.hello) = (limit, limit, limit);
    for (stage, probe, expected) in cases {
        let started = Instant::now();
        let report = probe.with_deadlines(deadlines).run().await;
        assert_eq!(failure(&report), expected, "{stage}");
        assert!(report.took >= limit, "{stage}");
        assert!(started.elapsed() <= limit + GRACE, "{stage}: {:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_ends_at_its_deadline_however_many_hosts_there_are() {
    let silent = fakes::silent().await;
    let url = kafka(&[silent; 40]);
    let whole = Duration::from_secs(3);
    let deadlines = Deadlines::of(Duration::from_secs(2), whole);
    let probe = Probe::new(&url, Tls::off())
        .with_deadlines(deadlines)
        .with_concurrency(NonZeroUsize::MIN)
        .with_resolver(Nobody)
        .also_look_up(["a.example", "b.example", "c.example"]);
    let started = Instant::now();
    let report = probe.run().await;
    assert!(started.elapsed() <= whole + GRACE, "{:?}", started.elapsed());
    assert_eq!((report.hosts.len(), report.names.len()), (40, 3));
    assert_eq!(report.failures().count(), 43, "nothing is left out");
    assert_eq!(report.hosts[0].failure(), Some(&HelloFailure::Silent.into()));
}

/// Three slow brokers cost the time of one.
#[tokio::test(start_paused = true)]
async fn all_hosts_are_probed_at_once() {
    let silent = fakes::silent().await;
    let report = Probe::new(&kafka(&[silent; 3]), Tls::off()).run().await;
    assert!(report.took <= Deadlines::DEFAULT.hello + GRACE, "{report}");
    assert_eq!(report.failures().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_hosts_at_once_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (now.clone(), most.clone());
    let address = fakes::serve(move |mut stream| {
        let (now, most) = counters.clone();
        async move {
            let open = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(open, Ordering::SeqCst);
            let _ = stream.read_to_end(&mut Vec::new()).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let limit = NonZeroUsize::new(4).unwrap();
    let deadlines = Deadlines::of(Duration::from_secs(1), Duration::from_secs(60));
    let probe = Probe::new(&kafka(&[address; 12]), Tls::off()).with_deadlines(deadlines);
    let report = probe.with_concurrency(limit).run().await;
    assert_eq!(report.failures().count(), 12);
    assert_eq!(report.took.as_secs(), 3, "three rounds of four");
    // The server hears of a closed connection a moment after the next one is open.
    assert!(most.load(Ordering::SeqCst) <= 2 * limit.get(), "{most:?}");
    assert!(most.load(Ordering::SeqCst) >= limit.get(), "{most:?}");
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

/// Paused time moves on only when nothing else can happen, so it can be trusted to say who waits.
#[tokio::test(start_paused = true)]
async fn a_slow_server_is_waited_for() {
    let address = fakes::serve(|stream| async move {
        #[allow(clippy::disallowed_methods)] // Paused time.
        sleep(Duration::from_secs(4)).await;
        let _ = fakes::answer_redis(stream).await;
    })
    .await;
    let report = Probe::new(&url(&format!("redis://:hunter2@{address}")), Tls::off()).run().await;
    assert!(report.passed, "{report}");
    assert_eq!(report.hosts[0].stages.last().unwrap().took.as_secs(), 4);
}
