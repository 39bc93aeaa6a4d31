//! The one connection of a host, and what was seen on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::failure::{Failure, HelloFailure, HttpFailure};
use crate::tls::refusal;

/// No hello is longer; whatever is, is no hello.
const MOST: usize = 1 << 20;

/// A connection that keeps record of what the server did, as the clients of the services tell of
/// it each in their own way, or not at all.
#[derive(Debug)]
pub(crate) struct Wire {
    transport: Transport,
    seen: Seen,
}

#[derive(Debug)]
pub(crate) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What the server did, shared with whoever explains a failure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
struct Facts {
    received: usize,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Closed,
    Alert(AlertDescription),
    Failed(io::ErrorKind),
    TooMuch,
}

impl Wire {
    pub(crate) fn new(transport: Transport) -> (Self, Seen) {
        let seen = Seen::default();
        (Self { transport, seen: seen.clone() }, seen)
    }
}

impl Seen {
    fn change(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read(&self) -> (bool, Option<End>) {
        let facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (facts.received > 0, facts.end)
    }

    /// Whether the connection ended, in whatever way.
    pub(crate) fn has_ended(&self) -> bool {
        self.read().1.is_some()
    }

    /// Why a hello did not come to its end in time.
    pub(crate) fn late(&self) -> Failure {
        match self.read() {
            (false, _) => HelloFailure::Silent.into(),
            (true, _) => HelloFailure::Stalled.into(),
        }
    }

    /// Why a client gave up.
    pub(crate) fn broken(&self, identified: bool) -> Failure {
        match self.read() {
            (_, Some(End::Alert(alert))) => refusal(alert, identified).into(),
            (false, Some(End::Closed)) => HelloFailure::Closed.into(),
            (true, Some(End::Closed)) => HelloFailure::ClosedInReply.into(),
            (_, Some(End::Failed(kind))) => HelloFailure::Failed(kind).into(),
            (_, Some(End::TooMuch) | None) => HelloFailure::NotUnderstood.into(),
        }
    }
}

impl Seen {
    /// Why an HTTP request had no answer.
    pub(crate) fn unanswered(&self, identified: bool) -> Failure {
        match self.read() {
            (_, Some(End::Alert(alert))) => refusal(alert, identified).into(),
            (false, None) => HttpFailure::Silent.into(),
            (false, Some(End::Closed)) => HttpFailure::Closed.into(),
            (_, Some(End::Failed(kind))) => HttpFailure::Failed(kind).into(),
            (true, None | Some(End::Closed)) | (_, Some(End::TooMuch)) => {
                HttpFailure::NotHttp.into()
            }
        }
    }
}

fn end_of(error: &io::Error) -> End {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.kind()) {
        (Some(rustls::Error::AlertReceived(alert)), _) => End::Alert(*alert),
        (
            _,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        ) => End::Closed,
        (_, kind) => End::Failed(kind),
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let wanted = buffer.remaining() > 0;
        let read = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        match &read {
            Poll::Pending => {}
            Poll::Ready(Err(error)) => self.seen.change(|facts| facts.end = Some(end_of(error))),
            Poll::Ready(Ok(())) => {
                let received = buffer.filled().len() - before;
                let mut all = 0;
                self.seen.change(|facts| {
                    facts.received += received;
                    all = facts.received;
                    if all > MOST {
                        facts.end = Some(End::TooMuch);
                    } else if received == 0 && wanted {
                        facts.end = Some(End::Closed);
                    }
                });
                if all > MOST {
                    return Poll::Ready(Err(io::Error::other("too long an answer")));
                }
            }
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, buffer),
        };
        self.watch(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        };
        self.watch(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl Wire {
    /// Keeps record of a failed write. What the server said before it hung up, such as that it
    /// does not accept a certificate, may still wait to be read, and says more.
    fn watch<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &done {
            let mut scratch = [0; 256];
            let _ = self.as_mut().poll_read(cx, &mut ReadBuf::new(&mut scratch));
            self.seen.change(|facts| {
                facts.end.get_or_insert(end_of(error));
            });
        }
        done
    }
}
