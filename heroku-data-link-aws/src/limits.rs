//! The ends of answers that have none.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body::{Body, Frame, SizeHint};

/// How much is read. Elements are counted as well as bytes: the SDK makes a thousand bytes of an
/// `<item/>`.
#[derive(Debug, Clone, Copy)]
struct Limit {
    mebibytes: usize,
    elements: usize,
}

/// The longest answers are EC2's pages of a thousand security groups, some 20 MiB where each has all
/// the rules that it may have.
const ANSWER: Limit = Limit { mebibytes: 32, elements: 250_000 };

/// All pages of a list together.
#[cfg(any(test, feature = "ec2", feature = "kms"))]
const LIST: Limit = Limit { mebibytes: 128, elements: 500_000 };

/// Why an answer was not read to its end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "AWS's answer is longer than {} MiB or {} elements, and was not read to its end",
    .0.mebibytes,
    .0.elements
)]
pub(crate) struct TooLong(Limit);

/// What was read so far, of one answer or of all pages of a list.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    limit: Limit,
    read: Arc<(AtomicUsize, AtomicUsize)>,
}

impl Meter {
    pub(crate) fn of_answer() -> Self {
        Self { limit: ANSWER, read: Arc::default() }
    }

    #[cfg(any(test, feature = "ec2", feature = "kms"))]
    pub(crate) fn of_list() -> Self {
        Self { limit: LIST, read: Arc::default() }
    }

    /// The body, which ends with an error where the limit is.
    pub(crate) fn bounded(self, body: SdkBody) -> SdkBody {
        SdkBody::from_body_1_x(Bounded { body, meter: self })
    }

    fn count(&self, bytes: usize, elements: usize) -> Result<(), TooLong> {
        let add = |to: &AtomicUsize, more| to.fetch_add(more, Ordering::Relaxed) + more;
        let fits = add(&self.read.0, bytes) <= self.limit.mebibytes * 1024 * 1024
            && add(&self.read.1, elements) <= self.limit.elements;
        if fits { Ok(()) } else { Err(TooLong(self.limit)) }
    }
}

/// Measures the pages of a list, each of which has a meter of its own beside this one.
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let body = response.take_body();
        *response.body_mut() = self.clone().bounded(body);
        Ok(())
    }
}

struct Bounded {
    body: SdkBody,
    meter: Meter,
}

/// How many elements these bytes begin: `<item` of one of EC2's lists, `{` of one of KMS. A `<` so
/// near to their end that it may be one counts as well.
fn elements(bytes: &[u8]) -> usize {
    memchr::memchr2_iter(b'<', b'{', bytes)
        .filter_map(|start| bytes.get(start..))
        .filter(|rest| {
            let start = &rest[..rest.len().min(5)];
            rest.starts_with(b"{") || b"<item".starts_with(start)
        })
        .count()
}

impl Body for Bounded {
    type Data = <SdkBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let frame = frame?;
        if let Some(data) = frame.data_ref() {
            self.meter.count(data.len(), elements(data))?;
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_counted() {
        for (bytes, expected) in [
            ("<set><item><id>1</id></item><item/></set>", 2),
            ("{\"Keys\":[{},{\"KeyId\":\"1\"}]}", 3),
            ("<items><it/></items>", 1),
            // The rest of them comes with the next bytes.
            ("<set><ite", 1),
            ("<set><", 1),
            ("m/></set>", 0),
            ("", 0),
        ] {
            assert_eq!(elements(bytes.as_bytes()), expected, "{bytes}");
        }
    }

    #[test]
    fn what_is_read_is_counted_together() {
        let meter = Meter::of_list();
        for _ in 0..4 {
            meter.clone().count(32 * 1024 * 1024, 100_000).unwrap();
        }
        assert_eq!(
            meter.count(1, 0).unwrap_err().to_string(),
            "AWS's answer is longer than 128 MiB or 500000 elements, and was not read to its end"
        );
        let meter = Meter::of_list();
        meter.count(0, 500_000).unwrap();
        meter.count(0, 1).unwrap_err();
    }
}
