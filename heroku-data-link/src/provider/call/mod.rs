//! Every mutating call to a cloud, as a value.
//!
//! A [`Call`] holds its whole request. It is data: it can be compared, stored as JSON, shown as a
//! command of an official client, logged, and sent through the provider traits. What is described
//! here is described nowhere else.
//!
//! Three things are bound late, when a call is sent, and the request says so: the client token of a
//! new endpoint ([`EndpointRequest::token`]), the URL of a store that is forked
//! ([`AddonSource::ForkOfUrl`]), and ids that a former call returns, which are `None` until then.

mod ec2;
mod heroku;
mod kms;
mod sink;

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

pub(crate) use ec2::age_of_token;
pub use ec2::{Ec2Call, Ec2Resource, EndpointRequest, PeeringRequest, RouteRequest};
pub use heroku::{AddonHandle, AddonRequest, AddonSource, AttachmentRequest, HerokuCall};
pub use kms::KmsCall;
pub use sink::SinkCall;

use super::receipt::with_request_id;
use super::{Clouds, Command, ErrorKind, ProviderError, ProviderResult};
use crate::model::AwsRegion;

/// One mutating call, with its whole request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Call {
    /// To EC2.
    Ec2 {
        /// The region that it is sent to.
        region: AwsRegion,
        /// What is asked for.
        request: Ec2Call,
    },
    /// To KMS.
    Kms {
        /// The region that it is sent to.
        region: AwsRegion,
        /// What is asked for.
        request: KmsCall,
    },
    /// To Heroku.
    Heroku {
        /// What is asked for.
        request: HerokuCall,
    },
    /// To a [sink](super::Sink).
    Sink {
        /// What is asked for.
        request: SinkCall,
    },
}

impl From<SinkCall> for Call {
    fn from(request: SinkCall) -> Self {
        Self::Sink { request }
    }
}

/// How a call that is repeated does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Caution {
    /// The cloud knows what is meant by its own id or name: a repetition changes nothing, or is
    /// refused.
    NaturalKey,
    /// A client token that holds for an hour makes repetitions one call. In the first minute of a
    /// token, what was made with the former one may not be visible yet.
    TokenOfTheHour,
    /// Nothing tells two such calls apart from one. It may be sent only when what it makes was never
    /// asked for, or has been seen to be missing for a minute.
    SeenMissing,
}

/// What came of a call that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Sent {
    /// The id or ARN of what was made, where the cloud tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// The id by which the cloud's logs know the request, where the client
    /// [noted](super::note_request_id) it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The shell variables of commands, for what is not known yet.
pub(crate) mod variable {
    pub(crate) const APP: &str = "APP";
    pub(crate) const SERVICE: &str = "SERVICE_NAME";
    pub(crate) const SUBNETS: &str = "SUBNET_IDS";
    pub(crate) const GROUP: &str = "GROUP_ID";
    pub(crate) const ENDPOINT: &str = "ENDPOINT_ID";
    pub(crate) const PEER: &str = "ACCOUNT";
    pub(crate) const PEER_REGION: &str = "REGION";
    pub(crate) const PEER_VPC: &str = "VPC_ID";
    pub(crate) const PEERING: &str = "PEERING_ID";
    pub(crate) const KEY: &str = "KEY_ARN";
    pub(crate) const POLICY: &str = "POLICY";
}

/// What the answer to a call tells.
#[derive(Debug)]
pub(crate) struct Returned {
    /// The variable that stands for it.
    pub(crate) variable: &'static str,
    /// Where it is in the answer, for `--query`.
    pub(crate) query: &'static str,
}

/// A document of a request.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    /// The variable that stands for it.
    pub(crate) variable: &'static str,
    /// The document.
    pub(crate) text: &'a str,
}

/// A secret of a request.
#[derive(Debug)]
pub(crate) struct Secret {
    /// The variable that stands for it.
    pub(crate) variable: String,
    /// What prints it.
    pub(crate) command: Command,
}

impl Sent {
    fn made(id: impl fmt::Display) -> Self {
        Self { made: Some(id.to_string()), request_id: None }
    }
}

impl Call {
    /// The call's name, one of [`operation`](super::operation). That of an AWS call is the IAM
    /// action that permits it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Ec2 { request, .. } => request.operation(),
            Self::Kms { request, .. } => request.operation(),
            Self::Heroku { request } => request.operation(),
            Self::Sink { request } => request.operation(),
        }
    }

    /// The same, for the official client; `None` where that cannot be written down yet. What is not
    /// known stands there as a shell variable, such as `$GROUP_ID`.
    pub fn command(&self) -> Option<Command> {
        match self {
            Self::Ec2 { region, request } => Some(request.command(region)),
            Self::Kms { region, request } => Some(request.command(region)),
            Self::Heroku { request } => request.command(),
            // It would show the secret.
            Self::Sink { .. } => None,
        }
    }

    /// What its answer tells that later commands name by a variable.
    pub(crate) fn returned(&self) -> Option<Returned> {
        match self {
            Self::Ec2 { request, .. } => request.returned(),
            Self::Kms { request, .. } => request.returned(),
            Self::Heroku { .. } | Self::Sink { .. } => None,
        }
    }

    /// The document that its command names by a variable.
    pub(crate) fn document(&self) -> Option<Document<'_>> {
        match self {
            Self::Kms { request, .. } => request.document(),
            Self::Ec2 { .. } | Self::Heroku { .. } | Self::Sink { .. } => None,
        }
    }

    /// The secret that its command names by a variable.
    pub(crate) fn secret(&self) -> Option<Secret> {
        match self {
            Self::Heroku { request } => request.secret(),
            Self::Ec2 { .. } | Self::Kms { .. } | Self::Sink { .. } => None,
        }
    }

    /// How a repetition does no harm.
    pub fn caution(&self) -> Caution {
        match self {
            Self::Ec2 { request: Ec2Call::CreateEndpoint(_), .. } => Caution::TokenOfTheHour,
            // A key costs money for a week at least. Its alias says that it is the only one, and an
            // add-on whose key cannot be used yet is given up.
            Self::Kms { request: KmsCall::CreateKey(_) | KmsCall::CreateAlias { .. }, .. }
            | Self::Heroku { request: HerokuCall::CreateAddon(_) } => Caution::SeenMissing,
            Self::Ec2 { .. } | Self::Kms { .. } | Self::Heroku { .. } | Self::Sink { .. } => {
                Caution::NaturalKey
            }
        }
    }

    /// Sends it, once. `now` is the time at which what it is based on was looked at.
    ///
    /// # Errors
    /// As the provider trait says whose method it calls; `InvalidRequest` for a call of another
    /// region than that of `clouds`, and for one of which something is not known yet.
    pub async fn send(&self, clouds: &Clouds, now: SystemTime) -> ProviderResult<Sent> {
        let answer = async {
            match self {
                Self::Ec2 { region, request } => {
                    self.check_region(region, clouds.vpc_region())?;
                    request.send(&*clouds.aws, now).await
                }
                Self::Kms { region, request } => {
                    self.check_region(region, clouds.key_region())?;
                    request.send(&*clouds.aws).await
                }
                Self::Heroku { request } => request.send(&*clouds.heroku).await,
                Self::Sink { request } => request.send(clouds).await,
            }
        };
        let (sent, request_id) = with_request_id(answer).await;
        Ok(Sent { request_id, ..sent? })
    }

    fn check_region(&self, meant: &AwsRegion, there: &AwsRegion) -> ProviderResult<()> {
        if meant == there {
            return Ok(());
        }
        let text = format!("the call is for {meant}, and the credentials are for {there}");
        Err(ProviderError::new(self.operation(), ErrorKind::InvalidRequest, text))
    }
}

/// The command of the official client; the operation's name where there is none yet.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.command() {
            Some(command) => command.fmt(f),
            None => f.write_str(self.operation()),
        }
    }
}

/// A part of a request that a former call returns, once it has.
fn known<'a, T>(part: Option<&'a T>, operation: &'static str, what: &str) -> ProviderResult<&'a T> {
    part.ok_or_else(|| {
        let text = format!("{what} is not known yet");
        ProviderError::new(operation, ErrorKind::InvalidRequest, text)
    })
}

/// A value in the shorthand syntax of the AWS CLI, which takes no `=` at the start of one.
fn shorthand(value: &str) -> Cow<'_, str> {
    if value.starts_with('=') { format!("'{value}'").into() } else { value.into() }
}
