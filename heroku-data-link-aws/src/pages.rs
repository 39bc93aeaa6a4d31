//! Lists, page by page to the end.

use std::error::Error as StdError;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{Failure, failure};
use crate::reading::protocol;

/// More pages than any account has resources for; a server that goes on for ever must not hold us.
const MOST_PAGES: usize = 500;

/// All items of all pages. `parts` gives a page's items, and the token of the page after it.
pub(crate) async fn all<P, E, T>(
    operation: &'static str,
    mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
    parts: impl Fn(P) -> (Option<Vec<T>>, Option<String>),
) -> Result<Vec<T>, Failure>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        match pages.next().await {
            Some(Ok(page)) => {
                let (items, token) = parts(page);
                found.extend(items.unwrap_or_default());
                next = token.filter(|token| !token.is_empty());
            }
            Some(Err(error)) => return Err(failure(operation, &error)),
            None if next.is_none() => return Ok(found),
            // The SDK stops at a page that leads to itself, as if that were the list's end.
            None => {
                return Err(protocol(operation, "the list repeats a page".to_owned()).into());
            }
        }
    }
    Err(protocol(operation, format!("the list does not end after {MOST_PAGES} pages")).into())
}
