//! Lists, page by page to the end.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::Failure;
use crate::limits::Meter;
use crate::reading::Reading;

/// More pages than any account has resources for; a server that goes on for ever must not hold us.
const MOST_PAGES: usize = 500;

/// All items of all pages. `ask` makes the request for the page of a token, and has the meter look
/// at the answer; `parts` gives a page's items, and the token of the page after it.
pub(crate) async fn all<P, E, T, A>(
    reading: &Reading,
    ask: impl Fn(Option<String>, Meter) -> A,
    parts: impl Fn(P) -> (Option<Vec<T>>, Option<String>),
) -> Result<Vec<T>, Failure>
where
    A: Future<Output = Result<P, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + StdError + 'static,
{
    let meter = Meter::of_list();
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = ask(next.clone(), meter.clone()).await;
        let (items, token) = parts(page.map_err(|error| reading.failure(&error))?);
        found.extend(items.unwrap_or_default());
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(found) };
        if next.as_ref() == Some(&token) {
            return Err(reading.protocol("the list repeats a page").into());
        }
        next = Some(token);
    }
    let text = format!("the list does not end after {MOST_PAGES} pages");
    Err(reading.protocol(&text).into())
}
