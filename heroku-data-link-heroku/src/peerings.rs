use async_trait::async_trait;
use heroku_data_link::model::{PeeringConnectionId, PeeringStatus, SpaceName};
use heroku_data_link::provider::{
    ErrorKind, Peering, PeeringInfo, ProviderError, ProviderResult, SpacePeerings, operation,
};
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::error::{Absence, Failure, absent};
use crate::transport::{Api, Call};
use crate::{decode, wire};

impl Client {
    async fn list_peerings(
        &self,
        operation: &'static str,
        space: &SpaceName,
    ) -> Result<Vec<wire::Peering>, Failure> {
        self.list(Call::get(operation, Api::Platform, format!("/spaces/{space}/peerings"))).await
    }
}

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
        let peerings = absent(self.list_peerings(operation::READ_PEERINGS, space).await)?;
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

    /// Looks at the list first, and sends nothing more for a peering that is not to be deleted.
    async fn delete_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        let operation = operation::DELETE_PEERING;
        let listed = absent(self.list_peerings(operation, space).await)?.unwrap_or_default();
        let found =
            listed.into_iter().map(Peering::from).find(|it| it.id.as_ref() == Some(peering));
        let going =
            |it: &Peering| matches!(it.status, PeeringStatus::Deleting | PeeringStatus::Deleted);
        let Some(found) = found.filter(|it| !going(it)) else {
            return Ok(());
        };
        if !found.may_be_deleted() {
            let text = format!("{peering} is {}, and not a customer's to delete", found.kind);
            return Err(ProviderError::new(operation, ErrorKind::Forbidden, text));
        }
        let path = format!("/spaces/{space}/peerings/{peering}");
        absent(self.send(&Call::new(operation, Api::Platform, Method::DELETE, path)).await)?;
        Ok(())
    }
}
