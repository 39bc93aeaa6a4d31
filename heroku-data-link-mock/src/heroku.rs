use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use async_trait::async_trait;
use heroku_data_link::model::{
    AddonId, AddonRef, AppName, AwsPrincipal, AwsRegion, ConfigVarName, HerokuRegion,
    PeeringConnectionId, Secret, SpaceName,
};
use heroku_data_link::provider::{
    Addon, Addons, App, ConfigVars, Peering, PeeringInfo, PrivateLink, PrivateLinks,
    ProviderResult, Space, SpacePeerings, Spaces, operation,
};

use crate::journal::Request;
use crate::state::zones;
use crate::world::World;

/// A world as the Heroku APIs show it.
#[derive(Debug, Clone)]
pub struct HerokuFace {
    pub(crate) world: World,
}

impl HerokuFace {
    pub(crate) fn new(world: World) -> Self {
        Self { world }
    }
}

#[async_trait]
impl Addons for HerokuFace {
    async fn resolve(&self, app: Option<&AppName>, addon: &AddonRef) -> ProviderResult<Vec<Addon>> {
        let detail = match app {
            Some(app) => format!("{addon} in {app}"),
            None => addon.to_string(),
        };
        let request = Request::new(operation::RESOLVE_ADDON, &detail);
        let found = self.world.read(request, |state, at| Ok(state.resolve(app, addon, at)));
        found.settle().await
    }
}

#[async_trait]
impl Spaces for HerokuFace {
    async fn app(&self, name: &AppName) -> ProviderResult<Option<App>> {
        let request = Request::new(operation::READ_APP, name.as_str());
        let app = self.world.read(request, |state, _| Ok(state.heroku.apps.get(name).cloned()));
        app.settle().await
    }

    async fn space(&self, name: &SpaceName) -> ProviderResult<Option<Space>> {
        let request = Request::new(operation::READ_SPACE, name.as_str());
        let space = self.world.read(request, |state, _| Ok(state.heroku.spaces.get(name).cloned()));
        space.settle().await
    }

    async fn aws_region(&self, region: &HerokuRegion) -> ProviderResult<Option<AwsRegion>> {
        let request = Request::new(operation::READ_REGION, region.as_str());
        self.world.read(request, |_, _| Ok(zones::aws_region(region))).settle().await
    }
}

#[async_trait]
impl PrivateLinks for HerokuFace {
    async fn private_link(&self, addon: &AddonId) -> ProviderResult<Option<PrivateLink>> {
        let detail = addon.to_string();
        let request = Request::new(operation::READ_PRIVATE_LINK, &detail);
        self.world.read(request, |state, at| Ok(state.private_link(*addon, at))).settle().await
    }

    async fn create_private_link(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        let detail = format!("{addon} for {}", list(principals));
        let request = Request::new(operation::CREATE_PRIVATE_LINK, &detail);
        let create =
            self.world.mutate(request, |state, now| state.create_link(now, *addon, principals));
        create.settle().await
    }

    async fn allow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        let detail = format!("{addon}: {}", list(principals));
        let request = Request::new(operation::ALLOW_PRINCIPALS, &detail);
        let allow = self.world.mutate(request, |state, now| state.allow(now, *addon, principals));
        allow.settle().await
    }

    async fn disallow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        let detail = format!("{addon}: {}", list(principals));
        let request = Request::new(operation::DISALLOW_PRINCIPALS, &detail);
        let disallow =
            self.world.mutate(request, |state, now| state.disallow(now, *addon, principals));
        disallow.settle().await
    }

    async fn delete_private_link(&self, addon: &AddonId) -> ProviderResult<()> {
        let detail = addon.to_string();
        let request = Request::new(operation::DELETE_PRIVATE_LINK, &detail);
        let delete = self.world.mutate(request, |state, now| {
            state.delete_link(now, *addon);
            Ok(())
        });
        delete.settle().await
    }
}

#[async_trait]
impl ConfigVars for HerokuFace {
    async fn config_vars(&self, app: &AppName) -> ProviderResult<BTreeMap<ConfigVarName, Secret>> {
        let request = Request::new(operation::READ_CONFIG_VARS, app.as_str());
        self.world.read(request, |state, at| state.config_vars(app, at)).settle().await
    }
}

#[async_trait]
impl SpacePeerings for HerokuFace {
    async fn peering_info(&self, space: &SpaceName) -> ProviderResult<Option<PeeringInfo>> {
        let request = Request::new(operation::READ_PEERING_INFO, space.as_str());
        self.world.read(request, |state, _| Ok(state.peering_info(space))).settle().await
    }

    async fn peerings(&self, space: &SpaceName) -> ProviderResult<Vec<Peering>> {
        let request = Request::new(operation::READ_PEERINGS, space.as_str());
        self.world.read(request, |state, at| Ok(state.space_peerings(space, at))).settle().await
    }

    async fn accept_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        let detail = format!("{peering} of {space}");
        let request = Request::new(operation::ACCEPT_PEERING, &detail);
        let accept =
            self.world.mutate(request, |state, now| state.accept_peering(now, space, peering));
        accept.settle().await
    }
}

/// `a, b`
pub(crate) fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
