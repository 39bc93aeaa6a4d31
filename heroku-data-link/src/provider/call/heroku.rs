//! The mutating calls to Heroku.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Call, Secret, Sent, known, variable};
use crate::model::{
    AddonId, AddonName, AllowedPrincipal, AppName, AttachmentName, AwsPrincipal, ConfigVarName,
    KeyArn, PeeringConnectionId, PlanName, SpaceName,
};
use crate::provider::{
    Addon, AddonOption, Command, ErrorKind, HerokuCloud, NewAddon, NewAttachment, ProviderError,
    ProviderResult, Word, operation as op,
};

/// A mutating call to Heroku.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HerokuCall {
    /// Create the endpoint service of an add-on.
    CreateEndpointService {
        /// The add-on.
        addon: AddonHandle,
        /// Who may connect; at least one.
        principals: BTreeSet<AwsPrincipal>,
    },
    /// Allow principals to connect.
    Allow {
        /// The add-on.
        addon: AddonHandle,
        /// The principals.
        principals: BTreeSet<AwsPrincipal>,
    },
    /// Disallow principals to connect.
    Disallow {
        /// The add-on.
        addon: AddonHandle,
        /// The principals.
        principals: BTreeSet<AwsPrincipal>,
    },
    /// Delete the endpoint service of an add-on.
    DeleteEndpointService {
        /// The add-on.
        addon: AddonHandle,
    },
    /// Accept a peering with a space.
    AcceptPeering {
        /// The space.
        space: SpaceName,
        /// The peering connection; `None` until it was asked for.
        peering: Option<PeeringConnectionId>,
    },
    /// Make an add-on under a key.
    CreateAddon(AddonRequest),
    /// Make an add-on independent of what it follows.
    Unfollow {
        /// The app that owns it.
        app: AppName,
        /// Its name.
        name: AddonName,
        /// The add-on; `None` until it was made.
        addon: Option<Addon>,
    },
    /// Attach an add-on to an app.
    Attach(AttachmentRequest),
}

/// An add-on, as the API and as the official client name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddonHandle {
    /// Its UUID; `None` while it is not known.
    pub id: Option<AddonId>,
    /// Its name, or what the spec calls it.
    pub name: String,
    /// The app that owns it, where it is known.
    pub app: Option<AppName>,
}

/// A data add-on under a key of the customer's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddonRequest {
    /// The app that is to own it.
    pub app: AppName,
    /// Service and plan.
    pub plan: PlanName,
    /// Its name.
    pub name: AddonName,
    /// The name of its first attachment; Heroku chooses one when there is none.
    pub attachment: Option<AttachmentName>,
    /// The service's option that takes the key.
    pub key_option: String,
    /// The key; `None` until it was made.
    pub key: Option<KeyArn>,
    /// What it begins with; `None` while that is not known.
    pub source: Option<AddonSource>,
}

/// What an add-on begins with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddonSource {
    /// Nothing.
    Empty,
    /// A fork from the URL in the app's config variable of this attachment. The URL is read when the
    /// call is sent, and is nowhere else.
    ForkOfUrl(AttachmentName),
    /// A fork of this add-on.
    ForkOf(AddonName),
    /// A follower of this add-on.
    FollowerOf(AddonName),
}

/// An attachment of an add-on's default credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AttachmentRequest {
    /// The app.
    pub app: AppName,
    /// The add-on; `None` while it is not known.
    pub addon: Option<AddonName>,
    /// The attachment's name.
    pub name: AttachmentName,
    /// Whether an attachment of that name is replaced.
    pub replace: bool,
}

impl HerokuCall {
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::CreateEndpointService { .. } => op::CREATE_PRIVATE_LINK,
            Self::Allow { .. } => op::ALLOW_PRINCIPALS,
            Self::Disallow { .. } => op::DISALLOW_PRINCIPALS,
            Self::DeleteEndpointService { .. } => op::DELETE_PRIVATE_LINK,
            Self::AcceptPeering { .. } => op::ACCEPT_PEERING,
            Self::CreateAddon(_) => op::CREATE_ADDON,
            Self::Unfollow { .. } => op::UNFOLLOW,
            Self::Attach(_) => op::CREATE_ATTACHMENT,
        }
    }

    pub(super) async fn send(&self, heroku: &dyn HerokuCloud) -> ProviderResult<Sent> {
        let operation = self.operation();
        let id = |addon: &AddonHandle| known(addon.id.as_ref(), operation, "the add-on").copied();
        match self {
            Self::CreateEndpointService { addon, principals } => {
                heroku.create_private_link(&id(addon)?, principals).await
            }
            Self::Allow { addon, principals } => heroku.allow(&id(addon)?, principals).await,
            Self::Disallow { addon, principals } => heroku.disallow(&id(addon)?, principals).await,
            Self::DeleteEndpointService { addon } => heroku.delete_private_link(&id(addon)?).await,
            Self::AcceptPeering { space, peering } => {
                let peering = known(peering.as_ref(), operation, "the peering connection")?;
                heroku.accept_peering(space, peering).await.map_err(nothing_to_accept)
            }
            Self::CreateAddon(request) => heroku.create_addon(&request.bind(heroku).await?).await,
            Self::Unfollow { addon, .. } => {
                heroku.unfollow(known(addon.as_ref(), operation, "the add-on")?).await
            }
            Self::Attach(request) => {
                let attachment = NewAttachment {
                    addon: known(request.addon.as_ref(), operation, "the add-on")?.clone(),
                    app: request.app.clone(),
                    name: Some(request.name.clone()),
                    namespace: None,
                    replace: request.replace,
                };
                heroku.attach(&attachment).await
            }
        }?;
        Ok(Sent::default())
    }

    /// What its command names by a variable, and nobody may see.
    pub(super) fn secret(&self) -> Option<Secret> {
        match self {
            Self::CreateAddon(request) => request.secret(),
            Self::CreateEndpointService { .. }
            | Self::Allow { .. }
            | Self::Disallow { .. }
            | Self::DeleteEndpointService { .. }
            | Self::AcceptPeering { .. }
            | Self::Unfollow { .. }
            | Self::Attach(_) => None,
        }
    }

    pub(super) fn command(&self) -> Option<Command> {
        Some(match self {
            Self::CreateEndpointService { addon, principals } => {
                addon.privatelink("data:privatelink:create", forms(principals))
            }
            Self::Allow { addon, principals } => {
                addon.privatelink("data:privatelink:access:add", forms(principals))
            }
            Self::Disallow { addon, principals } => {
                addon.privatelink("data:privatelink:access:remove", forms(principals))
            }
            Self::DeleteEndpointService { addon } => {
                addon.privatelink("data:privatelink:destroy", [])
            }
            Self::AcceptPeering { space, peering } => {
                let mut command = Command::new(["heroku", "spaces:peerings:accept"]);
                command.push(Word::known_or(peering.as_ref(), variable::PEERING));
                command.with("--space", space.as_str())
            }
            Self::CreateAddon(request) => request.command()?,
            // The official CLI asks a person unless the app is named a second time.
            Self::Unfollow { app, name, .. } => {
                let words = ["heroku", "pg:unfollow", name.as_str(), "--app", app.as_str()];
                Command::new(words).with("--confirm", app.as_str())
            }
            Self::Attach(AttachmentRequest { app, addon, name, replace }) => {
                let (addon, app) = (addon.as_ref()?.as_str(), app.as_str());
                let words = ["heroku", "addons:attach", addon, "--as", name.as_str(), "--app", app];
                let mut command = Command::new(words);
                if *replace {
                    command.extend(["--confirm", app]);
                }
                command
            }
        })
    }
}

fn forms(principals: &BTreeSet<AwsPrincipal>) -> impl Iterator<Item = String> {
    principals.iter().map(AwsPrincipal::heroku_form)
}

impl fmt::Display for AddonHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl AddonHandle {
    /// `heroku TOPIC ADDON --aws-account-id PRINCIPAL … --app APP`.
    pub(crate) fn privatelink(
        &self,
        topic: &str,
        principals: impl IntoIterator<Item = String>,
    ) -> Command {
        let mut command = Command::new(["heroku", topic, &self.name]);
        for principal in principals {
            command.push("--aws-account-id");
            command.push(principal);
        }
        command.with("--app", Word::known_or(self.app.as_ref(), variable::APP))
    }

    /// The command that revokes principals as Heroku lists them.
    pub(crate) fn revoke(&self, principals: &[AllowedPrincipal]) -> Command {
        let listed = principals.iter().filter_map(|principal| match principal {
            AllowedPrincipal::Known(principal) => Some(principal.heroku_form()),
            AllowedPrincipal::Anyone => Some(principal.to_string()),
            AllowedPrincipal::Unreadable(text) => Some(text.clone()).filter(|it| !it.is_empty()),
        });
        self.privatelink("data:privatelink:access:remove", listed)
    }
}

impl AddonRequest {
    /// The request as it is sent, with the URL to fork from.
    async fn bind(&self, heroku: &dyn HerokuCloud) -> ProviderResult<NewAddon> {
        let key = known(self.key.as_ref(), op::CREATE_ADDON, "the key")?;
        let key = (self.key_option.clone(), AddonOption::Text(key.to_string()));
        let mut options = BTreeMap::from([key]);
        let source = match known(self.source.as_ref(), op::CREATE_ADDON, "what to copy")? {
            AddonSource::Empty => None,
            AddonSource::ForkOfUrl(attachment) => {
                Some(("fork", self.url_of(attachment, heroku).await?))
            }
            AddonSource::ForkOf(addon) => Some(("fork", AddonOption::Text(addon.to_string()))),
            AddonSource::FollowerOf(addon) => {
                Some(("follow", AddonOption::Text(addon.to_string())))
            }
        };
        options.extend(source.map(|(name, value)| (name.to_owned(), value)));
        Ok(NewAddon {
            app: self.app.clone(),
            plan: self.plan.clone(),
            name: self.name.clone(),
            attachment: self.attachment.clone(),
            options,
            confirm: false,
        })
    }

    /// The URL that an attachment gives to the app. Exactly that variable: those of PrivateLink
    /// begin and end like it.
    async fn url_of(
        &self,
        attachment: &AttachmentName,
        heroku: &dyn HerokuCloud,
    ) -> ProviderResult<AddonOption> {
        let mut vars = heroku.config_vars(&self.app).await?;
        let variable = url_variable(attachment);
        let name: Option<ConfigVarName> = variable.parse().ok();
        let url = name.and_then(|name| vars.remove(&name)).ok_or_else(|| {
            let text = format!("app {} has no variable {variable}", self.app);
            ProviderError::new(op::READ_CONFIG_VARS, ErrorKind::NotFound, text)
        })?;
        Ok(AddonOption::Secret(url))
    }

    /// The variable, of the app and of a shell, that has the URL to fork from.
    fn secret(&self) -> Option<Secret> {
        let Some(AddonSource::ForkOfUrl(attachment)) = &self.source else { return None };
        let variable = url_variable(attachment);
        let words = ["heroku", "config:get", &variable, "--app", self.app.as_str()];
        Some(Secret { command: Command::new(words), variable })
    }

    /// `None` while it is not known what it begins with.
    fn command(&self) -> Option<Command> {
        let mut command = Command::new(["heroku", "addons:create", self.plan.as_str()]);
        command.extend(["--name", self.name.as_str(), "--app", self.app.as_str()]);
        if let Some(attachment) = &self.attachment {
            command.extend(["--as", attachment.as_str()]);
        }
        // The official CLI takes options with a hyphen only after two of them.
        command.push("--");
        let key = Word::known_or(self.key.as_ref(), variable::KEY);
        command = command.with(&format!("--{}", self.key_option), key);
        let (flag, source) = match self.source.as_ref()? {
            AddonSource::Empty => return Some(command),
            AddonSource::ForkOfUrl(attachment) => {
                ("--fork", Word::variable(url_variable(attachment)))
            }
            AddonSource::ForkOf(addon) => ("--fork", addon.as_str().into()),
            AddonSource::FollowerOf(addon) => ("--follow", addon.as_str().into()),
        };
        Some(command.with(flag, source))
    }
}

/// The config variable of an attachment.
fn url_variable(attachment: &AttachmentName) -> String {
    format!("{attachment}_URL")
}

/// Heroku may call it an invalid request when there is nothing to accept any more, as an earlier
/// process has accepted it and reads do not show that yet.
fn nothing_to_accept(error: ProviderError) -> ProviderError {
    match error.kind() {
        ErrorKind::InvalidRequest => {
            ProviderError::new(error.operation(), ErrorKind::Conflict, error.message())
                .with_source(error)
        }
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::RateLimited { .. }
        | ErrorKind::Unauthorized
        | ErrorKind::TwoFactorRequired
        | ErrorKind::Forbidden
        | ErrorKind::QuotaExceeded
        | ErrorKind::Transient
        | ErrorKind::Timeout
        | ErrorKind::Protocol => error,
    }
}

impl From<HerokuCall> for Call {
    fn from(request: HerokuCall) -> Self {
        Self::Heroku { request }
    }
}
