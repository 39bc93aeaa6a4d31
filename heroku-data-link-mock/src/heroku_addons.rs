use async_trait::async_trait;
use heroku_data_link::model::AppName;
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonList, AllAddons, Attachment, Attachments, NewAddon, NewAttachment,
    ProviderResult, Readiness, ServiceInfo, operation,
};

use crate::heroku::{HerokuFace, list};
use crate::journal::Request;

#[async_trait]
impl AddonLifecycle for HerokuFace {
    async fn create_addon(&self, addon: &NewAddon) -> ProviderResult<()> {
        // The values of options may be secret.
        let options = list(addon.options.keys());
        let detail =
            format!("{} of {} in {}, options [{options}]", addon.name, addon.plan, addon.app);
        let request = Request::new(operation::CREATE_ADDON, &detail);
        let create = self.world.mutate(request, |state, now| state.create_addon(now, addon));
        create.settle().await
    }

    async fn readiness(&self, addon: &Addon) -> ProviderResult<Option<Readiness>> {
        let request = Request::new(operation::READ_READINESS, addon.name.as_str());
        self.world.read(request, |state, at| state.readiness(addon, at)).settle().await
    }

    async fn service_info(&self, addon: &Addon) -> ProviderResult<Option<ServiceInfo>> {
        let request = Request::new(operation::READ_SERVICE_INFO, addon.name.as_str());
        self.world.read(request, |state, at| state.service_info(addon, at)).settle().await
    }

    async fn unfollow(&self, addon: &Addon) -> ProviderResult<()> {
        let request = Request::new(operation::UNFOLLOW, addon.name.as_str());
        self.world.mutate(request, |state, now| state.unfollow(now, addon)).settle().await
    }
}

#[async_trait]
impl AllAddons for HerokuFace {
    async fn all_addons(&self) -> ProviderResult<AddonList> {
        let request = Request::new(operation::READ_ALL_ADDONS, "");
        self.world.read(request, |state, at| Ok(state.addon_list(at))).settle().await
    }

    async fn all_attachments(&self) -> ProviderResult<Vec<Attachment>> {
        let request = Request::new(operation::READ_ALL_ATTACHMENTS, "");
        self.world.read(request, |state, at| Ok(state.all_attachments(at))).settle().await
    }
}

#[async_trait]
impl Attachments for HerokuFace {
    async fn attachments(&self, app: &AppName) -> ProviderResult<Vec<Attachment>> {
        let request = Request::new(operation::READ_ATTACHMENTS, app.as_str());
        self.world.read(request, |state, at| Ok(state.attachments(app, at))).settle().await
    }

    async fn attach(&self, attachment: &NewAttachment) -> ProviderResult<()> {
        let name = attachment.name.as_ref().map_or("a name of Heroku's", AsRef::as_ref);
        let detail = format!("{} to {} as {name}", attachment.addon, attachment.app);
        let request = Request::new(operation::CREATE_ATTACHMENT, &detail);
        self.world.mutate(request, |state, now| state.attach(now, attachment)).settle().await
    }
}
