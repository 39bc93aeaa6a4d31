//! Answers and lists without an end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use heroku_data_link::provider::{
    ErrorKind, Identity, Keys, NetworkInterfaces, ProviderError, RouteTableQuery, RouteTables, Vpcs,
};
use heroku_data_link_aws::Client;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request};

use crate::wire::support::{KEY, VPC, client_of, credentials, ec2, kms, tag};
use crate::wire::transport::head;

const MIB: usize = 1024 * 1024;

/// A server that answers each request with this head, and then with this chunk for as long as
/// somebody reads, or until it gave 256 MiB. Counts what it gave.
fn endless(head_of_answer: &'static str, chunk: &str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let given = Arc::<AtomicUsize>::default();
    let count = given.clone();
    let chunk = chunk.repeat(MIB / chunk.len());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            let mut stream = stream.unwrap();
            head(&mut stream);
            let _ = stream.write_all(head_of_answer.as_bytes());
            while count.load(Ordering::SeqCst) < 256 * MIB
                && stream.write_all(chunk.as_bytes()).is_ok()
            {
                count.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
    });
    (url, given)
}

async fn failures(client: &Client) -> Vec<ProviderError> {
    vec![
        client.vpc(&VPC.parse().unwrap()).await.unwrap_err(),
        client.key_policy(&KEY.parse().unwrap()).await.unwrap_err(),
        client.caller_identity().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_for_ever() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: r-1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2000000000\r\n\r\n",
    ] {
        let (url, given) = endless(head, &format!("<a>{}</a>", "x".repeat(1000)));
        for error in failures(&client_of(&url)).await {
            assert_eq!(*error.kind(), ErrorKind::Protocol, "{error}");
            assert!(error.message().starts_with("AWS's answer is longer than 32 MiB"), "{error}");
        }
        let given = given.load(Ordering::SeqCst);
        assert!(given < 3 * 48 * MIB, "{} MiB", given / MIB);
    }
}

/// The SDK makes much of an element that is short on the wire.
#[tokio::test]
async fn an_answer_of_endless_elements_is_cut_sooner() {
    for element in ["<item/>", "{},"] {
        let (url, given) = endless("HTTP/1.1 200 OK\r\n\r\n", element);
        for error in failures(&client_of(&url)).await {
            assert_eq!(*error.kind(), ErrorKind::Protocol, "{error}");
            assert!(error.message().contains("250000 elements"), "{error}");
        }
        let given = given.load(Ordering::SeqCst);
        assert!(given < 3 * 16 * MIB, "{} MiB", given / MIB);
    }
}

/// Each byte comes soon after the one before.
fn drip(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(10)));
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    for _ in 0..1000 {
        let mut nothing = [0];
        if stream.write_all(b"<").is_err() || stream.read(&mut nothing).is_ok_and(|read| read == 0)
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_call_ends_in_time_while_its_answer_still_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            let mut stream = stream.unwrap();
            head(&mut stream);
            std::thread::spawn(move || drip(&mut stream));
        }
    });
    let limit = Duration::from_millis(300);
    let client = Client::builder("us-east-1".parse().unwrap(), credentials())
        .endpoint_url(url)
        .timeouts(limit, limit)
        .build();
    let start = Instant::now();
    for error in failures(&client).await {
        assert_eq!(*error.kind(), ErrorKind::Timeout, "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

/// A server whose pages, of EC2 or of KMS, hold this, and lead to another page each. Counts them.
async fn pages_of(content: String) -> (MockServer, Client, Arc<AtomicUsize>) {
    let server = MockServer::builder().disable_request_recording().start().await;
    let pages = Arc::<AtomicUsize>::default();
    let count = pages.clone();
    let answer = move |request: &Request| {
        let page = count.fetch_add(1, Ordering::SeqCst);
        if request.headers.contains_key("x-amz-target") {
            return kms(&format!(r#"{{"NextMarker":"t{page}","Keys":[{content}]}}"#));
        }
        let action = crate::wire::support::action(request);
        ec2(&action, &format!("<nextToken>t{page}</nextToken>{content}"))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client_of(&server.uri());
    (server, client, pages)
}

#[track_caller]
fn assert_cut(error: &ProviderError, pages: &AtomicUsize, expected: usize) {
    assert_eq!(*error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.message().contains("is longer than 128 MiB or 500000 elements"), "{error}");
    assert_eq!(pages.load(Ordering::SeqCst), expected);
}

#[tokio::test]
async fn the_pages_of_a_list_are_bounded_together() {
    let (_server, client, pages) = pages_of(format!("<text>{}</text>", "x".repeat(30 * MIB))).await;
    let error = client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
    assert_cut(&error, &pages, 5);

    let items = "<item/>".repeat(200_000);
    let items = format!("<networkInterfaceSet>{items}</networkInterfaceSet>");
    let (_server, client, pages) = pages_of(items).await;
    let error = client.interfaces_using(&"sg-1".parse().unwrap()).await.unwrap_err();
    assert_cut(&error, &pages, 3);

    let (_server, client, pages) = pages_of(vec!["{}"; 200_000].join(",")).await;
    let error = client.keys_tagged(&tag()).await.unwrap_err();
    assert_cut(&error, &pages, 3);
}

/// More than an account has by default, and than one page holds.
#[tokio::test]
async fn a_long_list_is_read_whole() {
    let item = format!("<item><routeTableId>rtb-1</routeTableId><vpcId>{VPC}</vpcId></item>");
    let server = MockServer::start().await;
    let pages = AtomicUsize::new(0);
    let answer = move |_: &Request| {
        let page = pages.fetch_add(1, Ordering::SeqCst);
        let next =
            if page < 49 { format!("<nextToken>t{page}</nextToken>") } else { String::new() };
        let items = item.repeat(100);
        ec2("DescribeRouteTables", &format!("<routeTableSet>{items}</routeTableSet>{next}"))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let query = RouteTableQuery::InVpc(VPC.parse().unwrap());
    let found = client_of(&server.uri()).route_tables(&query).await.unwrap();
    assert_eq!(found.len(), 5000);
}
