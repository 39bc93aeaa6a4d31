use async_trait::async_trait;
use heroku_data_link::provider::operation::GET_CALLER_IDENTITY;
use heroku_data_link::provider::{CallerIdentity, Identity, ProviderResult};

use crate::client::Client;
use crate::error::failure;
use crate::reading::needed;

#[async_trait]
impl Identity for Client {
    async fn caller_identity(&self) -> ProviderResult<CallerIdentity> {
        let operation = GET_CALLER_IDENTITY;
        let answer = self
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure(operation, &error))?;
        Ok(CallerIdentity {
            account: needed(operation, "Account", answer.account())?,
            arn: needed(operation, "Arn", answer.arn())?,
        })
    }
}
