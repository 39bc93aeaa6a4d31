//! What a Postgres server asks of a client that logs in, looked at before the client answers it.
//!
//! The client answers whatever the server asks for, a password in clear text too, and computes as
//! many rounds of a hash as the server wants.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::failure::HelloFailure;
use crate::wire::Wire;

/// A message is its type, its length without the type, and the rest.
const HEAD: usize = 5;
/// The type of all requests for a proof of who logs in; the rest begins with a code.
const AUTHENTICATION: u8 = b'R';
/// The codes: no (more) proof, the password in clear text, the server's part of SCRAM.
const OK: u32 = 0;
const CLEAR_TEXT: u32 = 3;
const SASL_CONTINUE: u32 = 11;
/// No request is longer: SCRAM's nonce and salt are short.
const LONGEST: usize = 4096;
/// Postgres asks for 4,096 rounds unless `scram_iterations` says otherwise. Computing them holds
/// the thread, which no deadline ends.
const MOST_ROUNDS: u64 = 1_000_000;

/// The connection, which ends before the client reads a request that it must not answer.
pub(super) struct Screened {
    wire: Wire,
    screen: Screen,
    refused: Refused,
}

/// Why the connection was ended, if it was.
#[derive(Clone, Default)]
pub(super) struct Refused(Arc<OnceLock<HelloFailure>>);

impl Refused {
    pub(super) fn why(&self) -> Option<HelloFailure> {
        self.0.get().copied()
    }
}

impl Screened {
    /// `is_known`: whether the server has proved to be the one that the password is of.
    pub(super) fn new(wire: Wire, is_known: bool) -> (Self, Refused) {
        let refused = Refused::default();
        let screen = Screen { is_known, message: Vec::new(), skip: 0, is_over: false };
        (Self { wire, screen, refused: refused.clone() }, refused)
    }
}

/// Follows the server's messages until the client is logged in.
struct Screen {
    is_known: bool,
    /// What has come of the message that is being read.
    message: Vec<u8>,
    /// How much of a message that asks for nothing is still to come.
    skip: usize,
    is_over: bool,
}

impl Screen {
    fn look_at(&mut self, mut bytes: &[u8]) -> Result<(), HelloFailure> {
        while !self.is_over && !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let wanted = self.wanted()?.min(bytes.len());
            let (read, rest) = bytes.split_at(wanted);
            self.message.extend_from_slice(read);
            bytes = rest;
            self.end_message()?;
        }
        Ok(())
    }

    /// How many bytes the message lacks: its head, and the rest where that is looked at.
    fn wanted(&self) -> Result<usize, HelloFailure> {
        let whole = match self.length()? {
            None => HEAD,
            Some(length) => length,
        };
        Ok(whole.saturating_sub(self.message.len()))
    }

    /// The length of the whole message, once its head is there.
    fn length(&self) -> Result<Option<usize>, HelloFailure> {
        let Some([_, length @ ..]) = self.message.first_chunk::<HEAD>() else { return Ok(None) };
        match usize::try_from(u32::from_be_bytes(*length)) {
            Ok(length @ 4..) => Ok(Some(length.saturating_add(1))),
            Ok(_) | Err(_) => Err(HelloFailure::NotUnderstood),
        }
    }

    fn end_message(&mut self) -> Result<(), HelloFailure> {
        let Some(length) = self.length()? else { return Ok(()) };
        if self.message.first() == Some(&AUTHENTICATION) {
            if length > LONGEST {
                return Err(HelloFailure::NotUnderstood);
            }
            if self.message.len() < length {
                return Ok(());
            }
            self.judge()?;
        } else {
            self.skip = length - HEAD;
        }
        self.message.clear();
        Ok(())
    }

    /// Looks at a whole request.
    fn judge(&mut self) -> Result<(), HelloFailure> {
        let Some((code, rest)) = self.message[HEAD..].split_first_chunk() else {
            return Err(HelloFailure::NotUnderstood);
        };
        match u32::from_be_bytes(*code) {
            OK => self.is_over = true,
            CLEAR_TEXT if !self.is_known => return Err(HelloFailure::PasswordNotSent),
            SASL_CONTINUE if rounds(rest) > MOST_ROUNDS => {
                return Err(HelloFailure::TooManyRounds);
            }
            // A digest does not give the password away.
            _ => {}
        }
        Ok(())
    }
}

/// How many rounds SCRAM's `r=nonce,s=salt,i=rounds` asks for; 0 if the client will not read it.
fn rounds(message: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(message);
    let rounds = text.split(',').filter_map(|part| part.strip_prefix("i="));
    rounds.map(|rounds| rounds.parse().unwrap_or(u64::MAX)).max().unwrap_or(0)
}

impl AsyncRead for Screened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.wire).poll_read(cx, buffer))?;
        if let Err(failure) = self.screen.look_at(&buffer.filled()[before..]) {
            buffer.set_filled(before);
            // The first one says why.
            let _ = self.refused.0.set(failure);
            return Poll::Ready(Err(io::Error::other("not answered")));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Screened {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, code: u32, rest: &[u8]) -> Vec<u8> {
        let length = u32::try_from(rest.len() + 8).unwrap();
        [&[kind][..], &length.to_be_bytes(), &code.to_be_bytes(), rest].concat()
    }

    /// In pieces of every size, what the server says is judged alike.
    #[track_caller]
    fn judged(is_known: bool, bytes: &[u8]) -> Result<bool, HelloFailure> {
        let judge = |size: usize| {
            let mut screen = Screen { is_known, message: Vec::new(), skip: 0, is_over: false };
            bytes.chunks(size).try_for_each(|piece| screen.look_at(piece))?;
            Ok(screen.is_over)
        };
        let whole = judge(bytes.len());
        for size in 1..bytes.len() {
            assert_eq!(judge(size), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn what_must_not_be_answered_is_found_wherever_it_stands() {
        let clear = message(b'R', CLEAR_TEXT, b"");
        let notice = message(b'N', CLEAR_TEXT, b"words R\0\0\0\x08\0\0\0\x03");
        let digest = message(b'R', 5, b"salt");
        let scram =
            |rounds: &str| message(b'R', SASL_CONTINUE, format!("r=a,s=b,i={rounds}").as_bytes());
        let done = message(b'R', OK, b"");
        let not_sent = Err(HelloFailure::PasswordNotSent);
        let too_many = Err(HelloFailure::TooManyRounds);
        for (is_known, messages, expected) in [
            (false, [&clear[..], b""], not_sent),
            (false, [&notice, &clear], not_sent),
            (false, [&scram("4096"), &clear], not_sent),
            (true, [&clear, &done], Ok(true)),
            (false, [&notice, &done], Ok(true)),
            (false, [&digest, &done], Ok(true)),
            (false, [&scram("1000000"), &done], Ok(true)),
            (true, [&scram("1000001"), b""], too_many),
            (true, [&scram("99999999999999999999"), b""], too_many),
            (true, [&scram("1,i=4000000000"), b""], too_many),
            // What comes once the client is logged in is no request.
            (false, [&done, &clear], Ok(true)),
            (false, [&clear[..8], b""], Ok(false)),
            (false, [b"HTTP/1.1 400 Bad Request", b""], Ok(false)),
            (false, [b"R\0\0\0\x03", b""], Err(HelloFailure::NotUnderstood)),
            (false, [b"R\0\0\0\x04", b""], Err(HelloFailure::NotUnderstood)),
            (false, [b"R\0\x01\0\0", b""], Err(HelloFailure::NotUnderstood)),
        ] {
            let bytes = messages.concat();
            assert_eq!(judged(is_known, &bytes), expected, "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
