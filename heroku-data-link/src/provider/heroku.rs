use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Attachment, ProviderResult};
use crate::model::{
    AddonId, AddonName, AddonRef, AddonState, AllowedAccountStatus, AllowedPrincipal, AppName,
    AwsPrincipal, AwsRegion, ConfigVarName, ConnectionStatus, EndpointServiceName, Generation,
    HerokuRegion, PlanName, PrivateLinkStatus, Secret, SpaceId, SpaceName, VpcEndpointId,
};

/// A data add-on as the Platform API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Addon {
    /// Its UUID.
    pub id: AddonId,
    /// Its globally unique name.
    pub name: AddonName,
    /// The app that owns it, which need not be the app it was looked up in.
    pub app: AppName,
    /// Service and plan, such as `heroku-redis:private-7`.
    pub plan: PlanName,
    /// Where it is in its life.
    pub state: AddonState,
}

/// All add-ons that a token can see.
///
/// What decides about all of them, such as the deletion of a key, must look at both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddonList {
    /// Those that can be read.
    pub addons: Vec<Addon>,
    /// Those that are there, and cannot be read: data, and never left out.
    pub unreadable: Vec<UnreadableAddon>,
}

/// An add-on of a list of which only this can be read. At least one of the fields is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnreadableAddon {
    /// Its UUID.
    pub id: Option<AddonId>,
    /// Its name.
    pub name: Option<AddonName>,
    /// The app that owns it.
    pub app: Option<AppName>,
    /// Service and plan.
    pub plan: Option<PlanName>,
}

/// An app, as far as a link needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: AppName,
    /// The space that it runs in; `None` on the Common Runtime.
    pub space: Option<SpaceName>,
}

/// A Private or Shield Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Its id, which stays when it is renamed; `None` where an answer leaves it out.
    pub id: Option<SpaceId>,
    /// Its name.
    pub name: SpaceName,
    /// Heroku's own name of its region, such as `virginia`.
    pub region: HerokuRegion,
    /// Whether it is a Shield Space.
    pub shield: bool,
    /// The platform generation that it belongs to.
    pub generation: Generation,
}

/// The endpoint service of an add-on. An add-on has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateLink {
    /// Where it is in its life. `Operational` may come before the accounts are `Active`.
    pub status: PrivateLinkStatus,
    /// The name to give to AWS; absent while provisioning.
    pub service_name: Option<EndpointServiceName>,
    /// Who may connect. No entry is left out, whatever it says.
    pub allowed_accounts: Vec<AllowedAccount>,
    /// Who has connected: one entry per VPC endpoint.
    pub connections: Vec<EndpointConnection>,
}

/// Who may connect to an endpoint service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedAccount {
    /// The principal. Heroku takes the short form and answers with the ARN.
    pub principal: AllowedPrincipal,
    /// Where its admission stands.
    pub status: AllowedAccountStatus,
}

/// A VPC endpoint that is connected to an endpoint service, as Heroku lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointConnection {
    /// The VPC endpoint; `None` where what Heroku shows is no endpoint's id. Such a connection
    /// counts as somebody else's.
    pub endpoint: Option<VpcEndpointId>,
    /// The endpoint's DNS name, where Heroku shows it.
    pub hostname: Option<String>,
    /// Who owns the endpoint, where Heroku shows it.
    pub owner: Option<AwsPrincipal>,
    /// Where the connection is in its life.
    pub status: ConnectionStatus,
}

/// Finds add-ons.
#[async_trait]
pub trait Addons: Debug + Send + Sync {
    /// All add-ons that `addon` may mean: none, one, or several when it is ambiguous.
    ///
    /// The text is a name, a UUID, an attachment or a config variable of one, looked up in `app`
    /// if that is given (an app in the reference itself wins).
    ///
    /// # Errors
    /// As the [contract](super) says; an unknown app is an empty list.
    async fn resolve(&self, app: Option<&AppName>, addon: &AddonRef) -> ProviderResult<Vec<Addon>>;
}

/// Finds all there is, whichever app or team it belongs to.
///
/// What the credentials cannot see is not in these lists, and nothing says that it is missing.
#[async_trait]
pub trait AllAddons: Debug + Send + Sync {
    /// All add-ons of all apps, of data services and others. One that cannot be read is listed
    /// with what is known of it: it may use what is to be deleted.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn all_addons(&self) -> ProviderResult<AddonList>;

    /// All attachments of all apps. Their config variables may be left out.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn all_attachments(&self) -> ProviderResult<Vec<Attachment>>;
}

/// Says where apps and spaces are.
#[async_trait]
pub trait Spaces: Debug + Send + Sync {
    /// An app by name.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn app(&self, name: &AppName) -> ProviderResult<Option<App>>;

    /// A space by name.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn space(&self, name: &SpaceName) -> ProviderResult<Option<Space>>;

    /// The AWS region behind one of Heroku's.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn aws_region(&self, region: &HerokuRegion) -> ProviderResult<Option<AwsRegion>>;
}

/// Manages the endpoint services of add-ons.
#[async_trait]
pub trait PrivateLinks: Debug + Send + Sync {
    /// The endpoint service of an add-on.
    ///
    /// After a deletion it is still answered, as `Deprovisioned`, for some time; only `None` means
    /// that it is gone.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn private_link(&self, addon: &AddonId) -> ProviderResult<Option<PrivateLink>>;

    /// Creates the endpoint service of an add-on. Heroku wants at least one principal.
    ///
    /// # Errors
    /// `Conflict` when there is one already, also one that is going away.
    async fn create_private_link(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()>;

    /// Adds principals; those that are there already stay as they are.
    ///
    /// # Errors
    /// `NotFound` without an endpoint service.
    async fn allow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()>;

    /// Removes principals; those that are not there are no error. Nothing on record says that
    /// Heroku takes back what is no [`AwsPrincipal`], so it cannot be named here.
    ///
    /// # Errors
    /// `NotFound` without an endpoint service.
    async fn disallow(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()>;

    /// Deletes the endpoint service, and with it every connection to it.
    ///
    /// # Errors
    /// As the [contract](super) says; gone, or going, is `Ok`.
    async fn delete_private_link(&self, addon: &AddonId) -> ProviderResult<()>;
}

/// Reads the config variables of apps.
#[async_trait]
pub trait ConfigVars: Debug + Send + Sync {
    /// All config variables of an app. Every value is treated as a secret.
    ///
    /// # Errors
    /// `NotFound` for an unknown app.
    async fn config_vars(&self, app: &AppName) -> ProviderResult<BTreeMap<ConfigVarName, Secret>>;
}
