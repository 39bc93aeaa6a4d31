//! Lists of the Platform API, a range at a time.

use std::cmp::Ordering;
use std::num::NonZeroUsize;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::error::HerokuError;
use crate::server::respond;
use crate::server::shared::Shared;

/// The most that a client may ask for at once.
const MOST: usize = 1000;

/// What a list can be ordered by, the usual one first. The values are numbers, or text.
pub(super) const BY_ID: &[&str] = &["id", "name"];
/// For releases.
pub(super) const BY_VERSION: &[&str] = &["version", "id"];

/// `id ]START..END; max=N, order=desc`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    field: &'static str,
    start: Option<(String, Bound)>,
    end: Option<String>,
    max: Option<NonZeroUsize>,
    descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Including,
    /// Written with a `]`.
    Excluding,
}

impl Range {
    fn whole(field: &'static str) -> Self {
        Self { field, start: None, end: None, max: None, descending: false }
    }

    /// The two spellings that clients have are `; max=1, order=desc` and `; order=desc,max=1`.
    fn parse(text: &str, fields: &[&'static str]) -> Option<Self> {
        let (range, options) = text.split_once(';').unwrap_or((text, ""));
        let (name, bounds) = range.trim().split_once(' ')?;
        let mut parsed = Self::whole(fields.iter().find(|field| **field == name)?);
        let (start, end) = bounds.trim().split_once("..")?;
        parsed.start = match start.strip_prefix(']') {
            Some("") => return None,
            Some(start) => Some((start.to_owned(), Bound::Excluding)),
            None if start.is_empty() => None,
            None => Some((start.to_owned(), Bound::Including)),
        };
        parsed.end = Some(end.to_owned()).filter(|end| !end.is_empty());
        for option in options.split([',', ';']).map(str::trim).filter(|it| !it.is_empty()) {
            match option.split_once('=')? {
                ("max", most) => {
                    let most = most.parse().ok().filter(|most: &NonZeroUsize| most.get() <= MOST);
                    parsed.max = Some(most?);
                }
                ("order", "asc") => parsed.descending = false,
                ("order", "desc") => parsed.descending = true,
                _ => return None,
            }
        }
        Some(parsed)
    }

    fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let ordering = match (&one[self.field], &other[self.field]) {
            (Value::Number(one), Value::Number(other)) => one.as_u64().cmp(&other.as_u64()),
            (one, other) => text_of(one).cmp(&text_of(other)),
        };
        if self.descending { ordering.reverse() } else { ordering }
    }

    /// How an item stands to a bound, in the order of the list.
    fn against(&self, item: &Value, bound: &str) -> Ordering {
        let ordering = match &item[self.field] {
            Value::Number(number) => {
                let bound: Option<u64> = bound.parse().ok();
                number.as_u64().cmp(&bound)
            }
            value => text_of(value).as_str().cmp(bound),
        };
        if self.descending { ordering.reverse() } else { ordering }
    }

    fn has(&self, item: &Value) -> bool {
        let after = self.start.as_ref().is_none_or(|(start, bound)| {
            match (self.against(item, start), bound) {
                (Ordering::Less, _) | (Ordering::Equal, Bound::Excluding) => false,
                (Ordering::Equal, Bound::Including) | (Ordering::Greater, _) => true,
            }
        });
        after && self.end.as_ref().is_none_or(|end| self.against(item, end).is_le())
    }

    /// What to ask for next, after an item.
    fn after(&self, last: &Value, max: usize) -> String {
        let end = self.end.as_deref().unwrap_or_default();
        let order = if self.descending { ", order=desc" } else { "" };
        format!("{} ]{}..{end}; max={max}{order}", self.field, text_of(&last[self.field]))
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// As much of a list as a client asks for, and the header that leads to the rest.
pub(super) fn of(
    shared: &Shared,
    headers: &HeaderMap,
    fields: &[&'static str],
    mut items: Vec<Value>,
) -> Result<Response, HerokuError> {
    let Some(usual) = fields.first() else { return Err(HerokuError::bad_range()) };
    let range = match headers.get(header::RANGE) {
        None => Range::whole(usual),
        Some(value) => {
            let text = value.to_str().map_err(|_| HerokuError::bad_range())?;
            Range::parse(text, fields).ok_or_else(HerokuError::bad_range)?
        }
    };
    let all = items.len();
    items.sort_by(|one, other| range.compare(one, other));
    items.retain(|item| range.has(item));
    let max = shared.page_size(range.max);
    let is_more = items.len() > max;
    items.truncate(max);
    let status = if items.len() < all { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut extra = Vec::new();
    if let [first, ..] = items.as_slice() {
        let last = items.last().unwrap_or(first);
        let (field, from, to) =
            (range.field, text_of(&first[range.field]), text_of(&last[range.field]));
        extra.push((header::CONTENT_RANGE, format!("{field} {from}..{to}")));
        if is_more {
            let next = header::HeaderName::from_static("next-range");
            extra.push((next, range.after(last, range.max.map_or(max, NonZeroUsize::get))));
        }
    }
    let mut response = respond::json(status, "application/json", &Value::Array(items));
    for (name, value) in extra {
        let value = HeaderValue::from_str(&value).map_err(|_| HerokuError::bad_range())?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_both_spellings() {
        let latest =
            Range { max: NonZeroUsize::new(1), descending: true, ..Range::whole("version") };
        for text in ["version ..; max=1, order=desc", "version ..; order=desc,max=1"] {
            assert_eq!(Range::parse(text, BY_VERSION), Some(latest.clone()), "{text}");
        }
        let rest = Range {
            start: Some(("a-1".to_owned(), Bound::Excluding)),
            max: NonZeroUsize::new(200),
            ..Range::whole("id")
        };
        assert_eq!(Range::parse("id ]a-1..; max=200", BY_ID), Some(rest));
        let both = Range {
            start: Some(("a".to_owned(), Bound::Including)),
            end: Some("b".to_owned()),
            ..Range::whole("name")
        };
        assert_eq!(Range::parse("name a..b", BY_ID), Some(both));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "id",
            "id a",
            "bytes=0-1",
            "version ..",
            "id ..; max=0",
            "id ..; max=1001",
            "id ..; max=-1",
            "id ..; max=x",
            "id ..; order=up",
            "id ..; first",
            "id ]..",
        ] {
            assert_eq!(Range::parse(text, BY_ID), None, "{text}");
        }
    }
}
