use async_trait::async_trait;
use heroku_data_link::model::{PeeringConnectionId, SpaceName};
use heroku_data_link::provider::{Peering, PeeringInfo, ProviderResult, SpacePeerings, operation};
use serde_json::json;

use crate::client::Client;
use crate::error::{Absence, absent};
use crate::transport::{Api, Call};
use crate::{decode, wire};

#[async_trait]
impl SpacePeerings for Client {
    async fn peering_info(&self, space: &SpaceName) -> ProviderResult<Option<PeeringInfo>> {
        let path = format!("/spaces/{space}/peering-info");
        let call = Call::get(operation::READ_PEERING_INFO, Api::Platform, path);
        let reply = absent(self.send(&call).await)?;
        let info = reply.map(|reply| decode::object::<wire::PeeringInfo>(&reply)).transpose()?;
        Ok(info.map(Into::into))
    }

    async fn peerings(&self, space: &SpaceName) -> ProviderResult<Vec<Peering>> {
        let path = format!("/spaces/{space}/peerings");
        let call = Call::get(operation::READ_PEERINGS, Api::Platform, path);
        let peerings = absent(self.list::<wire::Peering>(call).await)?;
        Ok(peerings.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// Sends the documented form, and the one of the official CLI where a server does not know
    /// that (404, 405, 406).
    async fn accept_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        let operation = operation::ACCEPT_PEERING;
        let path = format!("/spaces/{space}/peerings/{peering}/actions/accept");
        match self.send(&Call::post(operation, Api::Platform, path)).await {
            Ok(_) => return Ok(()),
            Err(failure)
                if failure.absence == Absence::Herokus || matches!(failure.status, 405 | 406) => {}
            Err(failure) => return Err(failure.into()),
        }
        let path = format!("/spaces/{space}/peerings");
        let call = Call::post(operation, Api::Platform, path)
            .with("accept", "application/vnd.heroku+json; version=3.dogwood")
            .json(&json!({ "pcx_id": peering }));
        self.send(&call).await?;
        Ok(())
    }
}
