//! What a case expects, in few words.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, ProviderError, ProviderResult, Tag, Tags};

/// What succeeded.
#[track_caller]
pub(super) fn ok<T, E: Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("it failed: {error}"),
    }
}

/// What is there.
#[track_caller]
pub(super) fn some<T>(value: Option<T>) -> T {
    match value {
        Some(value) => value,
        None => panic!("it is not there"),
    }
}

/// The only one of a list.
#[track_caller]
pub(super) fn only<T: Debug>(mut list: Vec<T>) -> T {
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

/// Why a call failed.
#[track_caller]
pub(super) fn refused<T: Debug>(result: ProviderResult<T>) -> ProviderError {
    match result {
        Ok(value) => panic!("it did not fail: {value:?}"),
        Err(error) => error,
    }
}

/// The kind of a failure.
#[track_caller]
pub(super) fn kind<T: Debug>(result: ProviderResult<T>) -> ErrorKind {
    refused(result).kind().clone()
}

/// The value that a text stands for.
#[track_caller]
pub(super) fn value<T: FromStr<Err: Display>>(text: &str) -> T {
    match text.parse() {
        Ok(value) => value,
        Err(error) => panic!("{text:?}: {error}"),
    }
}

/// A list in an order of its own, to be compared: clouds promise none.
pub(super) fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

pub(super) fn tags<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
