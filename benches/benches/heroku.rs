//! What the adapter adds to a GET: the same reply read by it and by bare reqwest, over loopback.
#![allow(missing_docs, clippy::expect_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::model::AddonId;
use heroku_data_link::provider::PrivateLinks;
use heroku_data_link_heroku::{Client, Hosts, Token};

const ADDON: &str = "01234567-89ab-cdef-0123-456789abcdef";

const BODY: &str = r#"{
    "app": {"name": "acme-prod"},
    "addon": {"name": "redis-haiku-12345", "uuid": "01234567-89ab-cdef-0123-456789abcdef"},
    "status": "Operational",
    "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0abc1234def567890",
    "allowed_accounts": [
        {"arn": "arn:aws:iam::123456789012:root", "status": "Active"}
    ],
    "connections": [{
        "endpoint_id": "vpce-0749f2c263ce53c50",
        "hostname": "vpce-0749f2c263ce53c50.vpce-svc-0abc1234def567890.us-east-1.vpce.amazonaws.com",
        "owner_arn": "arn:aws:iam::123456789012:root",
        "status": "Available"
    }]
}"#;

/// Answers whatever it is asked with the one reply, and keeps connections open.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its number");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(&stream));
        }
    });
    address
}

fn answer(mut stream: &TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: bench\r\n\
         RateLimit-Remaining: 4500\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut lines = BufReader::new(stream).lines();
    loop {
        while !lines.next()?.ok()?.is_empty() {}
        stream.write_all(reply.as_bytes()).ok()?;
    }
}

fn round_trips(criterion: &mut Criterion) {
    let server = format!("http://{}", serve());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("get");

    let tls = rustls::crypto::ring::default_provider().install_default();
    tls.expect("no other crypto provider");
    let bare = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{server}/private-link/v0/databases/{ADDON}");
    group.bench_function("bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let response = bare.get(&url).send().await.expect("a reply");
                response.bytes().await.expect("a body")
            })
        });
    });

    let hosts = Hosts::from_vars(Some(&server), None).expect("loopback");
    let token = Token::new("bench").expect("a token");
    let client = Client::builder(token).hosts(hosts).build().expect("a client");
    let addon: AddonId = ADDON.parse().expect("an id");
    group.bench_function("adapter", |bencher| {
        bencher.iter(|| {
            let link = runtime.block_on(client.private_link(&addon)).expect("a reply");
            link.expect("a link")
        });
    });
    group.finish();
}

criterion_group!(benches, round_trips);
criterion_main!(benches);
