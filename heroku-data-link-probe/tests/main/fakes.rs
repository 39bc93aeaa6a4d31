//! Servers in the test's own process, for what real ones do not do.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use heroku_data_link_probe::Resolve;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;

pub(crate) const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// Serves each connection with a function, until the test ends.
pub(crate) async fn serve<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Gives these answers, one to each message. Then it hears one more, which it tells of, and says
/// nothing to it.
pub(crate) async fn mute_after(
    answers: &'static [&'static [u8]],
) -> (SocketAddr, UnboundedReceiver<()>) {
    let (sender, heard) = unbounded_channel();
    let address = serve(move |mut stream| {
        let sender = sender.clone();
        async move {
            for answer in answers {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(answer).await;
            }
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = sender.send(());
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (address, heard)
}

/// Says the same to everybody once they have said something, and hangs up.
pub(crate) async fn says(answer: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(answer).await;
        // The rest is read, as else the system would take back what was said.
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

/// A Key-Value Store behind TLS that takes any password.
pub(crate) async fn store(config: Arc<ServerConfig>) -> SocketAddr {
    let acceptor = TlsAcceptor::from(config);
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = answer_redis(stream).await;
            }
        }
    })
    .await
}

/// Answers `PING` and, as nothing else is asked here, takes all else for `AUTH`.
pub(crate) async fn answer_redis(stream: impl AsyncRead + AsyncWrite) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    // "*2", "$4", "AUTH", "$7", "hunter2"
    while let Some(count) = lines.next_line().await? {
        let mut words = Vec::new();
        for _ in 0..count.trim_start_matches('*').parse().unwrap_or(0) {
            lines.next_line().await?;
            words.extend(lines.next_line().await?);
        }
        let answer: &[u8] = match words.first().map(String::as_str) {
            Some("PING") => b"+PONG\r\n",
            _ => b"+OK\r\n",
        };
        writer.write_all(answer).await?;
        writer.flush().await?;
    }
    Ok(())
}

/// A Postgres server that asks for these in their turn, one after each message. It takes any answer
/// to the last one, tells of it, and selects one.
pub(crate) async fn postgres(
    tls: Option<Arc<ServerConfig>>,
    asks: &'static [&'static [u8]],
) -> (SocketAddr, UnboundedReceiver<Vec<u8>>) {
    let (sender, heard) = unbounded_channel();
    let acceptor = tls.map(TlsAcceptor::from);
    let address = serve(move |mut stream| {
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        async move {
            let said = match acceptor {
                None => log_in(&mut stream, asks).await,
                Some(acceptor) => {
                    // The request for TLS.
                    let _ = stream.read_exact(&mut [0; 8]).await;
                    let _ = stream.write_all(b"S").await;
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    log_in(&mut stream, asks).await
                }
            };
            let _ = sender.send(said);
        }
    })
    .await;
    (address, heard)
}

async fn log_in(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), asks: &[&[u8]]) -> Vec<u8> {
    let logged_in: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
    let one: &[u8] = b"T\0\0\0\x1a\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0\
        D\0\0\0\x0b\0\x01\0\0\0\x011C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I";
    let mut answers = asks.iter().copied().chain([logged_in, one]);
    let mut said = Vec::new();
    for number in 0.. {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap_or(0);
        if number == asks.len() {
            said = bytes[..read].to_vec();
        }
        let Some(answer) = answers.next().filter(|_| read > 0) else { break };
        let _ = stream.write_all(answer).await;
        let _ = stream.flush().await;
    }
    said
}

/// A port on which nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    std::net::TcpListener::bind(LOOPBACK).unwrap().local_addr().unwrap()
}

/// A resolver that knows what it was told, and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(pub(crate) BTreeMap<&'static str, Vec<IpAddr>>);

impl Names {
    pub(crate) fn with(mut self, name: &'static str, addresses: &[&str]) -> Self {
        self.0.insert(name, addresses.iter().map(|it| it.parse().unwrap()).collect());
        self
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A resolver that never answers.
#[derive(Debug)]
pub(crate) struct Nobody;

#[async_trait]
impl Resolve for Nobody {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        pending().await
    }
}
