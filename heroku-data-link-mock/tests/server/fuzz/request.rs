//! Requests with mistakes in them, as bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::corpus::{COUNT, FAULTS, sample};
use super::edit::{Edit, Fate, edit, with_member, with_value};

/// What is sent, and what it was made of.
#[derive(Clone)]
pub(super) struct Request {
    sample: Option<usize>,
    pub(super) bytes: Vec<u8>,
    /// Whether it is no whole request any more, so that an answer is not due.
    broken: bool,
}

/// How long a body is said to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Framing {
    /// As long as it is.
    Right,
    /// So much longer, or shorter.
    Wrong(i16),
    /// `Content-Length: ` this.
    Said(&'static str),
    /// In chunks of so many bytes.
    Chunked(usize),
    /// In chunks, and with a length.
    Both,
    /// In chunks of which this is the first length.
    Chunk(&'static str),
}

const LENGTHS: [&str; 8] =
    ["", "-1", "0x10", "18446744073709551615", "99999999999999999999999", "1, 2", "+5", "1e3"];
const CHUNKS: [&str; 6] =
    ["", "zz", "-1", "ffffffffffffffff", "fffffffffffffffff", "5;a=\"\u{1}\""];

pub(super) fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        any::<i16>().prop_map(Framing::Wrong),
        proptest::sample::select(&LENGTHS[..]).prop_map(Framing::Said),
        (1_usize..50).prop_map(Framing::Chunked),
        Just(Framing::Both),
        proptest::sample::select(&CHUNKS[..]).prop_map(Framing::Chunk),
    ]
}

/// A request of the corpus with up to three mistakes in it, and perhaps some bytes of the whole
/// changed.
pub(super) fn request() -> impl Strategy<Value = Request> {
    let bytes = vec((any::<Index>(), any::<Option<u8>>()), 1..4);
    let bytes = proptest::option::weighted(0.2, bytes);
    (0..COUNT, vec(edit(), 0..4), bytes).prop_map(|(sample, edits, bytes)| {
        let mut parts = Parts::of(sample);
        for edit in edits {
            parts.apply(edit);
        }
        let mut request = parts.request(Framing::Right);
        for (at, byte) in bytes.into_iter().flatten() {
            let at = at.index(request.bytes.len());
            match byte {
                Some(byte) => request.bytes[at] = byte,
                None => request.bytes.truncate(at.max(1)),
            }
            request.broken = true;
        }
        request
    })
}

impl Request {
    pub(super) fn raw(bytes: Vec<u8>) -> Self {
        Self { sample: None, bytes, broken: true }
    }

    pub(super) fn unchanged(sample: usize) -> Self {
        Parts::of(sample).request(Framing::Right)
    }

    pub(super) fn framed(sample: usize, framing: Framing) -> Self {
        let request = Parts::of(sample).request(framing);
        Self { broken: !matches!(framing, Framing::Right | Framing::Chunked(_)), ..request }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether calls may fail because of it.
    pub(super) fn makes_calls_fail(&self) -> bool {
        self.sample.is_some_and(|index| sample(index).path == FAULTS)
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.bytes[..self.bytes.len().min(2000)];
        write!(f, "{} bytes: b\"{}\"", self.bytes.len(), start.escape_ascii())
    }
}

/// A request before it is bytes.
struct Parts {
    sample: usize,
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Parts {
    fn of(index: usize) -> Self {
        let it = sample(index);
        let headers = it.face.headers().into_iter();
        Self {
            sample: index,
            method: it.method.to_owned(),
            path: it.path.to_owned(),
            headers: headers.map(|(name, value)| (name, value.into_bytes())).collect(),
            body: it.body().into_bytes(),
        }
    }

    fn apply(&mut self, edit: Edit) {
        let (headers, body) = (&mut self.headers, &mut self.body);
        match edit {
            Edit::Method(method) => method.clone_into(&mut self.method),
            Edit::Segment(at, other) => {
                let mut segments: Vec<_> = self.path.split('/').collect();
                let index = at.index(segments.len());
                segments[index] = other;
                self.path = segments.join("/");
            }
            Edit::Path(at, piece) => self.path.insert_str(at.index(self.path.len() + 1), piece),
            Edit::HeaderValue(at, value) if !headers.is_empty() => {
                let index = at.index(headers.len());
                headers[index].1 = value;
            }
            Edit::HeaderGone(at) if !headers.is_empty() => {
                headers.remove(at.index(headers.len()));
            }
            Edit::HeaderTwice(at) if !headers.is_empty() => {
                headers.push(headers[at.index(headers.len())].clone());
            }
            Edit::Header(name, value) => headers.push((name.to_owned(), value)),
            Edit::Value(at, value) => *body = with_value(body, at, value),
            Edit::Name(at, name) => *body = with_member(body, at, Fate::Named(name)),
            Edit::MemberGone(at) => *body = with_member(body, at, Fate::Gone),
            Edit::MemberTwice(at) => *body = with_member(body, at, Fate::Twice),
            Edit::Byte(at, byte) if !body.is_empty() => {
                let index = at.index(body.len());
                body[index] = byte;
            }
            Edit::HeaderValue(..) | Edit::HeaderGone(_) | Edit::HeaderTwice(_) | Edit::Byte(..) => {
            }
            Edit::End(at) => body.truncate(at.index(body.len() + 1)),
            Edit::Again(from, to, times) => {
                let (from, to) = (from.index(body.len() + 1), to.index(body.len() + 1));
                let piece = body[from.min(to)..from.max(to)].repeat(times.into());
                body.extend(piece.into_iter().take(140_000));
            }
            Edit::Body(other) => *body = other,
        }
    }

    fn request(self, framing: Framing) -> Request {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        let length = self.body.len();
        let mut chunked = format!("{length:x}\r\n").into_bytes();
        chunked.extend_from_slice(&self.body);
        chunked.extend(b"\r\n0\r\n\r\n");
        let (header, body) = match framing {
            Framing::Right => (format!("content-length: {length}"), self.body),
            Framing::Wrong(by) => {
                let said = length.saturating_add_signed(by.into());
                (format!("content-length: {said}"), self.body)
            }
            Framing::Said(said) => (format!("content-length: {said}"), self.body),
            Framing::Chunked(size) => {
                let mut chunks = Vec::new();
                for chunk in self.body.chunks(size) {
                    chunks.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    chunks.extend([chunk, b"\r\n"].concat());
                }
                chunks.extend(b"0\r\n\r\n");
                ("transfer-encoding: chunked".to_owned(), chunks)
            }
            Framing::Both => {
                let header = format!("content-length: {length}\r\ntransfer-encoding: chunked");
                (header, chunked)
            }
            Framing::Chunk(said) => {
                let body = [said.as_bytes(), b"\r\n", &*self.body].concat();
                ("transfer-encoding: chunked".to_owned(), body)
            }
        };
        bytes.extend(format!("{header}\r\n\r\n").bytes());
        bytes.extend(body);
        Request { sample: Some(self.sample), bytes, broken: false }
    }
}
