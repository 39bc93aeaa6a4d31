//! Mistakes.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// A place in something, wherever its end is.
type Place = Index;

/// A mistake in a request that stays one.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Method(&'static str),
    /// A segment of the path becomes another.
    Segment(Place, &'static str),
    /// Something goes into the path.
    Path(Place, &'static str),
    HeaderValue(Place, Vec<u8>),
    HeaderGone(Place),
    HeaderTwice(Place),
    Header(&'static str, Vec<u8>),
    /// A value of the body becomes another.
    Value(Place, &'static str),
    /// A member of the body becomes another one's name.
    Name(Place, &'static str),
    MemberGone(Place),
    MemberTwice(Place),
    /// A byte of the body becomes another.
    Byte(Place, u8),
    /// The body ends.
    End(Place),
    /// A piece of the body comes so many times more.
    Again(Place, Place, u16),
    /// Another body.
    Body(Vec<u8>),
}

const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];

const SEGMENTS: [&str; 16] = [
    "",
    "%00",
    "%",
    "%zz",
    "%ff%fe",
    "..",
    "%2e%2e",
    "%2F",
    "~",
    "{app}",
    "%F0%9F%92%A9",
    "null",
    "00000000-0000-4000-8000-000000000001",
    "redis-kvs-12345",
    "%C3%28",
    "?",
];

const PIECES: [&str; 8] = ["?", "?max=-1&a=%00", "#", "//", "%", ";", "*", "http://x/"];

const HEADERS: [&str; 10] = [
    "range",
    "if-none-match",
    "accept-expansion",
    "accept-inclusion",
    "expect",
    "x-amz-target",
    "x-amz-content-sha256",
    "cookie",
    "x-http-method-override",
    "content-encoding",
];

/// Header values that mean something, wrongly.
const HEADER_VALUES: [&str; 12] = [
    "id ..; max=0",
    "id ..; max=18446744073709551616",
    "id ]zz..; max=1,order=sideways",
    "version ..; max=1, order=desc",
    "..",
    "application/vnd.heroku+json; version=4",
    "AWS4-HMAC-SHA256 Credential=AKIA/1/2/3/4/5/6",
    "AWS4-HMAC-SHA256 Credential=AKIA\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}MOCK/1/us-east-1/ec2/aws4_request, \
     SignedHeaders=a, Signature=0",
    "Bearer ",
    "100-continue",
    "TrentService.",
    "gzip",
];

/// Values of forms, percent-encoded, and of JSON bodies.
const VALUES: [&str; 30] = [
    "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
    "%2A%3F%5C*%5C",
    "",
    "null",
    "true",
    "-1",
    "0",
    "1.5",
    "1e400",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "99999999999999999999999999999999999999",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"ﬀ\u{301}\u{1f4a9}\"",
    "{}",
    "[]",
    "[null]",
    "{\"name\":null}",
    "%00",
    "%ff%fe",
    "%zz",
    "%F0%9F%92%A9",
    "vpc-",
    "\"arn:aws:kms:us-east-1:123456789101:key/\"",
    "arn:aws:iam::é:root",
    "0.0.0.0/33",
    "999.1.1.1/-1",
];

/// Names of parameters and members that nobody has, or too often.
const NAMES: [&str; 14] = [
    "Filter.999999999.Name",
    "Filter.1.Value.99999999999999999999",
    "Filter.0.Name",
    "Filter..Name",
    "Filter.-1.Value.1",
    "TagSpecification.1.Tag.1.Key",
    "MaxResults",
    "NextToken",
    "DryRun",
    ".",
    "%00",
    "Limit",
    "Marker",
    "__proto__",
];

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let place = any::<Place>;
    let header_value = || {
        prop_oneof![
            select(&HEADER_VALUES[..]).prop_map(|value| value.as_bytes().to_vec()),
            // All that may stand in a line, with bytes that no text has.
            proptest::collection::vec(
                any::<u8>().prop_filter("one line", |byte| !b"\r\n".contains(byte)),
                0..40
            ),
        ]
    };
    let in_head = prop_oneof![
        select(&METHODS[..]).prop_map(Edit::Method),
        (place(), select(&SEGMENTS[..])).prop_map(|(at, segment)| Edit::Segment(at, segment)),
        (place(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Path(at, piece)),
        (place(), header_value()).prop_map(|(at, value)| Edit::HeaderValue(at, value)),
        place().prop_map(Edit::HeaderGone),
        place().prop_map(Edit::HeaderTwice),
        (select(&HEADERS[..]), header_value()).prop_map(|(name, value)| Edit::Header(name, value)),
    ];
    let in_body = prop_oneof![
        4 => (place(), select(&VALUES[..])).prop_map(|(at, value)| Edit::Value(at, value)),
        2 => (place(), select(&NAMES[..])).prop_map(|(at, name)| Edit::Name(at, name)),
        1 => place().prop_map(Edit::MemberGone),
        1 => place().prop_map(Edit::MemberTwice),
        1 => (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        1 => place().prop_map(Edit::End),
        1 => (place(), place(), 1_u16..3000).prop_map(|(from, to, times)| {
            Edit::Again(from, to, times)
        }),
        1 => body().prop_map(Edit::Body),
    ];
    prop_oneof![2 => in_head, 3 => in_body]
}

/// Bodies that have nothing to do with the request.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let deep = (1_usize..60_000).prop_map(|depth| "[".repeat(depth).into_bytes());
    let many = (1_usize..3000).prop_map(|count| {
        let pairs = (0..count).map(|index| format!("Filter.{index}.Name=n&"));
        pairs.collect::<String>().into_bytes()
    });
    let long = (1_usize..140_000).prop_map(|length| vec![b'9'; length]);
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), deep, many, long]
}

/// What a value is replaced by before it is what JSON cannot hold.
const MARK: &str = "\u{1}mark\u{1}";

/// Gives the place's value of a body another text; a body that has none stays as it is.
pub(super) fn with_value(body: &[u8], at: Place, value: &str) -> Vec<u8> {
    change(body, at, |json| *json = MARK.into(), |_, old| value.clone_into(old), value)
}

/// Changes a leaf of a JSON body, or a pair of a form.
fn change(
    body: &[u8],
    at: Place,
    in_json: impl FnOnce(&mut Value),
    in_form: impl FnOnce(&mut String, &mut String),
    text: &str,
) -> Vec<u8> {
    if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
        let mut leaves = Vec::new();
        collect(&mut json, &mut leaves);
        if !leaves.is_empty() {
            let index = at.index(leaves.len());
            in_json(leaves.swap_remove(index));
        }
        let mark = Value::from(MARK).to_string();
        return json.to_string().replace(&mark, text).into_bytes();
    }
    let form = String::from_utf8_lossy(body).into_owned();
    let mut pairs = pairs(&form);
    if !pairs.is_empty() {
        let index = at.index(pairs.len());
        let (name, value) = &mut pairs[index];
        in_form(name, value);
    }
    joined(&pairs)
}

fn collect<'a>(json: &'a mut Value, leaves: &mut Vec<&'a mut Value>) {
    let is_leaf = match json {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    match json {
        leaf if is_leaf => leaves.push(leaf),
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, leaves)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| collect(member, leaves));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What becomes of a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Gone,
    Twice,
    Named(&'static str),
}

/// Does something with a member of a JSON object, or with a pair of a form.
pub(super) fn with_member(body: &[u8], at: Place, fate: Fate) -> Vec<u8> {
    let mut pairs = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => {
            let members = members.into_iter();
            members
                .map(|(name, value)| (Value::from(name).to_string(), value.to_string()))
                .collect()
        }
        _ => pairs(&String::from_utf8_lossy(body)),
    };
    if pairs.is_empty() {
        return body.to_vec();
    }
    let index = at.index(pairs.len());
    let is_json = body.starts_with(b"{");
    match fate {
        Fate::Gone => drop(pairs.remove(index)),
        Fate::Twice => pairs.push(pairs[index].clone()),
        Fate::Named(name) if is_json => pairs[index].0 = Value::from(name).to_string(),
        Fate::Named(name) => name.clone_into(&mut pairs[index].0),
    }
    if !is_json {
        return joined(&pairs);
    }
    let members: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn pairs(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn joined(pairs: &[(String, String)]) -> Vec<u8> {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&").into_bytes()
}
