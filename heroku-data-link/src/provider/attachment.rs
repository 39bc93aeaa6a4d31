use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;

use super::ProviderResult;
use crate::model::{AddonId, AddonName, AppName, AttachmentName, ConfigVarName};

/// The tie between an add-on and an app, which gives the app config variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, such as `REDIS`: unique in the app.
    pub name: AttachmentName,
    /// The add-on's id.
    pub addon: AddonId,
    /// The add-on's name.
    pub addon_name: AddonName,
    /// The app that it is attached to.
    pub app: AppName,
    /// What of the add-on is attached; `None` for the default credential.
    pub namespace: Option<String>,
    /// The config variables that the app has by it.
    pub config_vars: BTreeSet<ConfigVarName>,
}

/// An attachment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// The add-on.
    pub addon: AddonName,
    /// The app.
    pub app: AppName,
    /// Its name; Heroku chooses one when there is none.
    pub name: Option<AttachmentName>,
    /// What of the add-on to attach; `None` for the default credential.
    pub namespace: Option<String>,
    /// Whether an attachment of that name is replaced. Its add-on is then left without it, which
    /// may be its last: give it another one first.
    pub replace: bool,
}

/// Manages the attachments of apps.
#[async_trait]
pub trait Attachments: Debug + Send + Sync {
    /// All attachments of an app.
    ///
    /// # Errors
    /// As the [contract](super) says; an unknown app is an empty list.
    async fn attachments(&self, app: &AppName) -> ProviderResult<Vec<Attachment>>;

    /// Attaches an add-on to an app, which restarts the app; in the place of another add-on it
    /// restarts it twice.
    ///
    /// # Errors
    /// `Conflict` when the name is taken and is not to be replaced; `NotFound` for an unknown
    /// add-on or app.
    async fn attach(&self, attachment: &NewAttachment) -> ProviderResult<()>;
}
