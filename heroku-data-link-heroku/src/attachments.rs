use async_trait::async_trait;
use heroku_data_link::model::AppName;
use heroku_data_link::provider::{
    Attachment, Attachments, ErrorKind, NewAttachment, ProviderResult, operation,
};

use crate::client::Client;
use crate::error::absent;
use crate::transport::{Api, Call};
use crate::wire;

#[async_trait]
impl Attachments for Client {
    async fn attachments(&self, app: &AppName) -> ProviderResult<Vec<Attachment>> {
        let path = format!("/apps/{app}/addon-attachments");
        // Without it there are no config variables in the answer.
        let call = Call::get(operation::READ_ATTACHMENTS, Api::Platform, path)
            .with("accept-inclusion", "addon:plan,config_vars");
        let attachments = absent(self.list::<wire::Attachment>(call).await)?;
        Ok(attachments.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    async fn attach(&self, attachment: &NewAttachment) -> ProviderResult<()> {
        let path = "/addon-attachments".to_owned();
        let call = Call::post(operation::CREATE_ATTACHMENT, Api::Platform, path)
            .json(&wire::create_attachment(attachment));
        match self.send(&call).await {
            Ok(_) => Ok(()),
            // What is to be confirmed here is that the name changes hands.
            Err(failure) if failure.unconfirmed && attachment.name.is_some() => {
                Err(failure.with_kind(ErrorKind::Conflict))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}
