//! Servers that do not keep to HTTP's good manners, and none at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use heroku_data_link::provider::{ErrorKind, Identity, Keys, ProviderError, VpcPeerings, Vpcs};
use heroku_data_link_aws::Client;

use crate::wire::support::{KEY, VPC, client_of, credentials};
use crate::wire::{keys, peerings};

/// Longer than any of these servers needs, and short for who waits.
const CALL: Duration = Duration::from_millis(400);

/// A server that does `play` with each connection once it has a request's head, and counts them.
fn server(play: impl Fn(&mut TcpStream) + Send + 'static) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::<AtomicUsize>::default();
    let count = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            let mut stream = stream.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            head(&mut stream);
            play(&mut stream);
        }
    });
    let client = Client::builder("us-east-1".parse().unwrap(), credentials())
        .endpoint_url(url)
        .timeouts(CALL, CALL)
        .build();
    (client, connections)
}

/// Reads the head of a request.
pub(crate) fn head(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        seen.push(byte[0]);
    }
}

/// Reads until the client has gone.
fn hold(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
}

/// A reading of EC2, of KMS and of STS, and creations of which none may be made twice.
async fn failures(client: &Client) -> Vec<ProviderError> {
    vec![
        client.vpc(&VPC.parse().unwrap()).await.unwrap_err(),
        client.key_policy(&KEY.parse().unwrap()).await.unwrap_err(),
        client.caller_identity().await.unwrap_err(),
        client.create_key(&keys::new_key()).await.unwrap_err(),
        client.create_peering_connection(&peerings::new_connection()).await.unwrap_err(),
    ]
}

#[track_caller]
fn assert_all(errors: &[ProviderError], expected: &ErrorKind) {
    for error in errors {
        assert_eq!(error.kind(), expected, "{error}");
    }
}

#[tokio::test]
async fn no_server_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_all(&failures(&client_of(&url)).await, &ErrorKind::Transient);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (client, connections) = server(hold);
    assert_all(&failures(&client).await, &ErrorKind::Timeout);
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_a_timeout() {
    let (client, connections) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<");
        hold(stream);
    });
    assert_all(&failures(&client).await, &ErrorKind::Timeout);
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_closed_connection_is_transient_and_nothing_is_repeated() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"Policy\":\"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n<Desc",
        b"220 smtp.example.com ESMTP\r\n",
    ] {
        let (client, connections) = server(move |stream| {
            let _ = stream.write_all(answer);
        });
        assert_all(&failures(&client).await, &ErrorKind::Transient);
        assert_eq!(connections.load(Ordering::SeqCst), 5);
    }
}

#[tokio::test]
async fn an_error_whose_body_breaks_keeps_its_status() {
    for (status, expected) in [
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("500 Internal Server Error", ErrorKind::Transient),
    ] {
        let (client, _) = server(move |stream| {
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nx-amzn-requestid: r-1\r\ncontent-length: 1000\r\n\r\n<"
            );
        });
        let errors = failures(&client).await;
        assert_all(&errors, &expected);
        assert!(errors.iter().all(|error| error.request_id() == Some("r-1")), "{errors:?}");
    }
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("no profile is set")))
    }
}

#[tokio::test]
async fn no_credentials_are_unauthorized_without_a_request() {
    let client = Client::builder("us-east-1".parse().unwrap(), NoCredentials)
        .endpoint_url("http://127.0.0.1:1")
        .build();
    let errors = failures(&client).await;
    assert_all(&errors, &ErrorKind::Unauthorized);
    for error in errors {
        assert!(error.message().contains("no profile is set"), "{error}");
    }
}

#[derive(Debug)]
struct SlowCredentials;

impl ProvideCredentials for SlowCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test]
async fn credentials_that_do_not_come_are_a_timeout() {
    let client = Client::builder("us-east-1".parse().unwrap(), SlowCredentials)
        .endpoint_url("http://127.0.0.1:1")
        .timeouts(CALL, CALL)
        .build();
    let error = client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
}
