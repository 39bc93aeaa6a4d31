//! Servers that do not keep to HTTP's good manners.

use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, PrivateLinks, ProviderError};
use heroku_data_link_heroku::{Client, Hosts, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ADDON, TOKEN};

/// A server that does `play` with each connection, and counts them.
async fn server<F, P>(play: P) -> (Client, std::sync::Arc<std::sync::atomic::AtomicUsize>)
where
    P: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(play(stream));
        }
    });
    let client = Client::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&url), None).unwrap())
        .timeouts(Duration::from_millis(300), Duration::from_millis(400))
        .build()
        .unwrap();
    (client, connections)
}

/// Reads the head of a request.
async fn head(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.unwrap_or(0) == 0 {
            return;
        }
        seen.push(byte[0]);
    }
}

fn outcome(result: Result<String, ProviderError>) -> ErrorKind {
    let error = result.unwrap_err();
    assert!(error.request_id().is_some_and(|id| id.len() == 36), "{error}");
    assert!(!format!("{error:?} {error}").contains(TOKEN));
    error.kind().clone()
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_whole_call() {
    let (client, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        while stream.write_all(b" ").await.is_ok() {
            beat.tick().await;
        }
    })
    .await;
    assert_eq!(outcome(client.account().await), ErrorKind::Timeout);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (client, connections) = server(|mut stream| async move {
        head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(outcome(client.account().await), ErrorKind::Timeout);
    let principals = ["123456789012".parse().unwrap()].into();
    let error = client.create_private_link(&ADDON.parse().unwrap(), &principals).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_broken_connection_is_transient_and_nothing_is_repeated() {
    let (client, connections) = server(|mut stream| async move { head(&mut stream).await }).await;
    let principals = ["123456789012".parse().unwrap()].into();
    let id = ADDON.parse().unwrap();
    let error = client.create_private_link(&id, &principals).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transient);
    assert!(client.private_link(&id).await.is_err());
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn no_server_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(outcome(crate::support::client_of(&url).account().await), ErrorKind::Transient);
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let (client, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let chunk = vec![b' '; 1 << 20];
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let error = client.account().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(error.message(), "the answer is longer than 4194304 bytes");
}

#[tokio::test]
async fn a_truncated_answer_is_transient() {
    let (client, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"email\":";
        let _ = stream.write_all(answer).await;
    })
    .await;
    assert_eq!(outcome(client.account().await), ErrorKind::Transient);
}

#[tokio::test]
async fn what_is_not_http_is_transient() {
    let (client, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"220 smtp.example.com ESMTP\r\n").await;
    })
    .await;
    assert_eq!(outcome(client.account().await), ErrorKind::Transient);
}

#[tokio::test]
async fn an_error_whose_body_breaks_keeps_its_status() {
    let (client, _) = server(|mut stream| async move {
        head(&mut stream).await;
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 1000\r\n\r\n{";
        let _ = stream.write_all(answer).await;
    })
    .await;
    assert_eq!(outcome(client.account().await), ErrorKind::Unauthorized);
}
