//! Answers that broke off where nobody notices.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses a success of EC2 or STS whose document has no end.
///
/// The SDK reads such a document as far as it goes, so that a list without its rest would look
/// like a shorter list, and what exists would be made again. HTTP itself does not tell where an
/// answer is delimited by the end of its connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WholeXml;

impl Intercept for WholeXml {
    fn name(&self) -> &'static str {
        "WholeXml"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        if context.output_or_error().is_ok() && !is_whole(body) {
            return Err("the document has no end".into());
        }
        Ok(())
    }
}

/// Whether the last tag ends the document: `</DescribeVpcsResponse>`, or all of it is one tag.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii_end();
    let Some(start) = body.iter().rposition(|byte| *byte == b'<') else { return false };
    let (before, tag) = body.split_at(start);
    if tag.starts_with(b"</") {
        return tag.ends_with(b"Response>");
    }
    let is_first =
        before.iter().all(|byte| *byte != b'<') || before.trim_ascii_end().ends_with(b"?>");
    is_first && tag.ends_with(b"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_with_its_root() {
        for (body, expected) in [
            ("<AResponse xmlns=\"u\"><set/></AResponse>\n", true),
            ("<?xml version=\"1.0\"?>\n<AResponse xmlns=\"u\"/>", true),
            ("<AResponse/>", true),
            ("<AResponse>", false),
            ("<AResponse><set/>", false),
            ("<AResponse><set><item>", false),
            ("<AResponse><set><item></item>", false),
            ("<AResponse><set></set></ARespon", false),
            ("<?xml version=\"1.0\"?>", false),
            ("", false),
        ] {
            assert_eq!(is_whole(body.as_bytes()), expected, "{body}");
        }
    }
}
