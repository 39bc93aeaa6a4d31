//! Keys by tag: KMS has no filter for it, so every key is asked for its tags.

use heroku_data_link::provider::operation::LIST_KEYS;
use heroku_data_link::provider::{ErrorKind, Key, ProviderError, ProviderResult, Tags};

use super::absent;
use crate::client::Client;
use crate::error::Failure;
use crate::pages::all;

/// The longest page of keys.
const PAGE_OF_KEYS: i32 = 1000;

impl Client {
    /// The keys whose tags are `wanted`, with all of their tags; `tag` is what is wanted, for a
    /// sentence.
    ///
    /// A key that shows neither tags nor itself has a policy that shuts the whole account's
    /// administrators out, so it is none of ours and is passed over. A caller who may not read
    /// tags at all must not hear that there is no such key: that would make a second one.
    pub(super) async fn scan(
        &self,
        tag: &str,
        wanted: impl Fn(&Tags) -> bool + Send,
    ) -> ProviderResult<Vec<(Key, Tags)>> {
        let call = self.kms().list_keys().limit(PAGE_OF_KEYS);
        let ask = |next, meter| call.clone().set_marker(next).customize().interceptor(meter).send();
        let reading = self.reading(LIST_KEYS);
        let listed = all(&reading, ask, |page| (page.keys, page.next_marker)).await?;
        let mut found = Vec::new();
        let mut readable = listed.is_empty();
        let mut refused: Option<ProviderError> = None;
        for key in &listed {
            // What has no name may be the one.
            let id = key.key_id().or(key.key_arn()).ok_or_else(|| {
                reading.protocol("a key of the list has neither KeyId nor KeyArn")
            })?;
            match self.tags_of(id).await {
                Ok(tags) => {
                    readable = true;
                    if wanted(&tags) {
                        found.push((self.tagged_key(id, tag).await?, tags));
                    }
                }
                // Deleted since it was listed.
                Err(failure) if failure.is_not_found() => readable = true,
                Err(failure) if is_refusal(&failure) => match self.described_key(id).await {
                    Ok(key) if key.is_aws_managed => {}
                    Ok(_) => return Err(failure.error),
                    Err(second) if is_refusal(&second) => refused = Some(failure.error),
                    Err(second) => return Err(second.error),
                },
                Err(failure) => return Err(failure.error),
            }
        }
        match refused {
            Some(error) if !readable => Err(error),
            Some(_) | None => Ok(found),
        }
    }

    /// A key that carries the tag. That it is not described does not mean that there is none: before
    /// a key is gone it is pending deletion for a week.
    async fn tagged_key(&self, id: &str, tag: &str) -> ProviderResult<Key> {
        absent(self.described_key(id).await)?.ok_or_else(|| {
            let text = format!("key {id} carries the tag {tag}, and is not described");
            ProviderError::new(LIST_KEYS, ErrorKind::Transient, text)
        })
    }
}

fn is_refusal(failure: &Failure) -> bool {
    *failure.error.kind() == ErrorKind::Forbidden
}
