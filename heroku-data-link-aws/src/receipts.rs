//! The request ids of answers, for audit logs.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use heroku_data_link::provider::note_request_id;

use crate::error;
use crate::secrets::Secrets;

/// Notes the request id of every answer.
#[derive(Debug, Clone)]
pub(crate) struct Receipts(pub(crate) Secrets);

impl Intercept for Receipts {
    fn name(&self) -> &'static str {
        "Receipts"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(id) = error::id_of_answer(context.response()) {
            note_request_id(self.0.show(&id));
        }
        Ok(())
    }
}
