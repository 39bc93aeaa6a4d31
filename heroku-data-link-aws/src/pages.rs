//! Lists, page by page to the end.

use std::error::Error as StdError;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{Failure, failure};
use crate::reading::protocol;

/// More pages than any account has resources for; a server that repeats itself must not hold us.
const MOST_PAGES: usize = 2000;

/// All items of all pages.
pub(crate) async fn all<P, E, T>(
    operation: &'static str,
    mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
    items: impl Fn(P) -> Option<Vec<T>>,
) -> Result<Vec<T>, Failure>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let mut found = Vec::new();
    for _ in 0..MOST_PAGES {
        match pages.next().await {
            Some(Ok(page)) => found.extend(items(page).unwrap_or_default()),
            Some(Err(error)) => return Err(failure(operation, &error)),
            None => return Ok(found),
        }
    }
    Err(protocol(operation, format!("the list does not end after {MOST_PAGES} pages")).into())
}
