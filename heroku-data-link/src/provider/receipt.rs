//! The request ids of answers, for which the results of the provider traits have no room.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;

thread_local! {
    /// The id of the last answer to the call that this thread works on, while it works on one.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Tells [`Call::send`](super::Call::send) the request id of an answer, so that it stands in
/// [`Sent`](super::Sent) and in an audit log.
///
/// An implementation of the provider traits calls it once an answer is there, in the task that
/// asked, with an id that has passed its [`TextFilter`](crate::model::TextFilter). Of several
/// answers to one call, the last one counts. Outside of a call it does nothing that can be seen.
pub fn note_request_id(id: impl Into<String>) {
    LAST.set(Some(id.into()));
}

/// What `call` comes to, and the request id of its last answer. Calls on the same thread, and within
/// each other, do not see each other's.
pub(super) async fn with_request_id<F: Future>(call: F) -> (F::Output, Option<String>) {
    let mut call = pin!(call);
    let mut noted = None;
    let output = poll_fn(|context| {
        let of_others = LAST.replace(mem::take(&mut noted));
        let polled = call.as_mut().poll(context);
        noted = LAST.replace(of_others);
        polled
    });
    let output = output.await;
    (output, noted)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;
    use tokio::task::yield_now;

    use super::*;

    async fn answered(ids: &[&str]) {
        for id in ids {
            yield_now().await;
            note_request_id(*id);
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn calls_side_by_side_and_within_each_other_have_their_own_ids() {
        let outer = with_request_id(async {
            note_request_id("outer");
            let inner = with_request_id(answered(&["i-1", "i-2"])).await.1;
            yield_now().await;
            inner
        });
        let (outer, (neighbour, silent)) = join(
            outer,
            join(with_request_id(answered(&["n-1", "n-2", "n-3"])), with_request_id(yield_now())),
        )
        .await;
        assert_eq!(outer, (Some("i-2".to_owned()), Some("outer".to_owned())));
        assert_eq!(neighbour.1.as_deref(), Some("n-3"));
        assert_eq!(silent.1, None);
    }
}
