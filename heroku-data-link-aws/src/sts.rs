use async_trait::async_trait;
use heroku_data_link::provider::operation::GET_CALLER_IDENTITY;
use heroku_data_link::provider::{CallerIdentity, Identity, ProviderResult};

use crate::client::Client;

#[async_trait]
impl Identity for Client {
    async fn caller_identity(&self) -> ProviderResult<CallerIdentity> {
        let reading = self.reading(GET_CALLER_IDENTITY);
        let answer = self
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| reading.failure(&error))?;
        Ok(CallerIdentity {
            account: reading.needed("Account", answer.account())?,
            arn: reading.needed("Arn", answer.arn())?,
        })
    }
}
