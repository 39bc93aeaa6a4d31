//! Lists that come in parts.

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
const MOST_ITEMS: usize = 200_000;

impl Client {
    /// All items of a list, without those that cannot be understood.
    pub(crate) async fn list<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Failure> {
        let operation = call.operation;
        Ok(decode::items(operation, self.rows(call).await?)?)
    }

    /// All items of a list as they came, following `Next-Range` until there is none.
    pub(crate) async fn rows(&self, call: Call) -> Result<Vec<Value>, Failure> {
        let operation = call.operation;
        let endless = || {
            ProviderError::new(operation, ErrorKind::Protocol, "the list does not come to an end")
        };
        let mut values = Vec::new();
        let mut next = call;
        let mut last_range = None;
        for _ in 0..MOST_PAGES {
            let reply = self.send(&next).await?;
            values.extend(decode::object::<Vec<Value>>(&reply)?);
            let Some(range) = reply.next_range else {
                return Ok(values);
            };
            if values.len() > MOST_ITEMS || last_range.as_ref() == Some(&range) {
                break;
            }
            last_range = Some(range.clone());
            next = next.range(range);
        }
        Err(endless().into())
    }
}
