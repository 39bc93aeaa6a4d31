use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;

use super::{Addon, ProviderResult};
use crate::model::{AddonName, AppName, AttachmentName, PlanName, Secret};

/// An add-on to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddon {
    /// The app that is to own it.
    pub app: AppName,
    /// Service and plan.
    pub plan: PlanName,
    /// Its name, unique on all of Heroku: what makes a creation safe to look for again.
    pub name: AddonName,
    /// The name of its first attachment; Heroku chooses one when there is none.
    pub attachment: Option<AttachmentName>,
    /// Options of the service, by name: `encryption-key`, `fork`, `version`.
    pub options: BTreeMap<String, AddonOption>,
    /// Whether to go on where Heroku asks for a confirmation: it would replace an attachment of
    /// that name, or is not networked with the app's space.
    pub confirm: bool,
}

/// The value of an add-on's option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddonOption {
    /// Text that may be printed, such as the ARN of a key.
    Text(String),
    /// Text that may not, such as the URL of a store to fork.
    Secret(Secret),
    /// A switch.
    Flag(bool),
}

/// What the service behind an add-on says of itself; the add-on may be `provisioned` earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Busy: being made, forked, upgraded or maintained. The text is the service's own.
    Waiting(String),
    /// Usable.
    Ready(String),
    /// It will not become usable.
    Failed(String),
}

/// What the service behind an add-on tells, as far as a link needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceInfo {
    /// The customer's key that its data is encrypted with, usually an ARN, as Heroku writes it; the
    /// JSON of it where Heroku writes no text. `None` only where Heroku names no key.
    pub encryption_key: Option<String>,
    /// The version of the service.
    pub version: Option<String>,
    /// A word on its state, such as `available`.
    pub status: Option<String>,
    /// What it follows, as Heroku names it, while it is a follower that nobody can write to.
    pub following: Option<String>,
}

/// Makes add-ons and follows their lives. There is no way to destroy one: it holds data.
#[async_trait]
pub trait AddonLifecycle: Debug + Send + Sync {
    /// Makes an add-on, which then takes minutes to be provisioned. It costs money: never make
    /// two on one app at once, and look for the name after any failure.
    ///
    /// # Errors
    /// `Conflict` when the name is taken by an add-on of the app, or by one that is not shown;
    /// `InvalidRequest` when it is another app's, for what the service refuses, and where Heroku
    /// wants a confirmation; `NotFound` for an unknown app.
    async fn create_addon(&self, addon: &NewAddon) -> ProviderResult<()>;

    /// Whether the service behind an add-on can be used; `None` while the service does not know
    /// it yet.
    ///
    /// # Errors
    /// `InvalidRequest` for an add-on that is of no data service.
    async fn readiness(&self, addon: &Addon) -> ProviderResult<Option<Readiness>>;

    /// What the service tells of an add-on; `None` while it does not know it yet.
    ///
    /// # Errors
    /// `InvalidRequest` for an add-on that is of no data service.
    async fn service_info(&self, addon: &Addon) -> ProviderResult<Option<ServiceInfo>>;

    /// Makes a follower an add-on of its own, which can be written to and gets no more changes.
    /// One that follows nothing stays as it is.
    ///
    /// # Errors
    /// `InvalidRequest` for an add-on of another service than Postgres, and for one that is not
    /// ready.
    async fn unfollow(&self, addon: &Addon) -> ProviderResult<()>;
}
