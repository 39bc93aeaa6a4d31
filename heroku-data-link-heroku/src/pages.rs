//! Lists that come in parts.

use std::collections::HashSet;
use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, ProviderError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::decode;
use crate::error::Failure;
use crate::transport::Call;

/// Parts of one list that are read; at 200 items each, more than any account has.
const MOST_PAGES: usize = 1000;
/// Items of one list that are kept, so that a server cannot fill the memory.
const MOST_ITEMS: usize = 100_000;
/// Bytes of all parts of one list together; an add-on takes about one KiB.
const MOST_BYTES: usize = 32 << 20;
/// What all parts of one list together may take: each may take as long as a call.
const LONGEST_LIST: Duration = Duration::from_secs(5 * 60);

impl Client {
    /// All items of a list, without those that cannot be understood.
    pub(crate) async fn list<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Failure> {
        let operation = call.operation;
        Ok(decode::items(operation, self.rows(call).await?)?)
    }

    /// All items of a list as they came, following `Next-Range` until there is none.
    pub(crate) async fn rows(&self, call: Call) -> Result<Vec<Value>, Failure> {
        let operation = call.operation;
        let refuse = |kind: ErrorKind, text: String| -> Result<Vec<Value>, Failure> {
            Err(ProviderError::new(operation, kind, text).into())
        };
        let clock = &self.inner.clock;
        let started = clock.uptime();
        let mut values = Vec::new();
        let mut bytes = 0;
        let mut next = call;
        let mut ranges = HashSet::new();
        for _ in 0..MOST_PAGES {
            let reply = self.send(&next).await?;
            bytes += reply.body.len();
            if bytes > MOST_BYTES {
                let text = format!("the parts of the list are longer than {MOST_BYTES} bytes");
                return refuse(ErrorKind::Protocol, text);
            }
            values.extend(decode::object::<Vec<Value>>(&reply)?);
            if values.len() > MOST_ITEMS {
                let text = format!("the list has more than {MOST_ITEMS} items");
                return refuse(ErrorKind::Protocol, text);
            }
            let Some(range) = reply.next_range else {
                return Ok(values);
            };
            if !ranges.insert(range.clone()) {
                let text = "the list does not come to an end: a part of it is to be read again";
                return refuse(ErrorKind::Protocol, text.to_owned());
            }
            if clock.uptime().saturating_sub(started) > LONGEST_LIST {
                let text = format!("the list was not complete within {LONGEST_LIST:?}");
                return refuse(ErrorKind::Timeout, text);
            }
            next = next.range(range);
        }
        refuse(ErrorKind::Protocol, format!("the list has more than {MOST_PAGES} parts"))
    }
}
