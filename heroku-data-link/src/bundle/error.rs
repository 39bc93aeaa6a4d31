//! Why there is no bundle.

use crate::model::{AttachmentName, ConfigVarName, InvalidValue, VariableName, VpcEndpointId};

/// Why there is no [`Bundle`](super::Bundle). Names variables, and never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The app has no variable of the endpoint yet.
    #[error("the app has no config variable for {endpoint}{}", of_attachment(.attachment.as_ref()))]
    NoConnection {
        /// The endpoint.
        endpoint: VpcEndpointId,
        /// The attachment that was asked for, if one was.
        attachment: Option<AttachmentName>,
    },
    /// The app does not have these variables yet.
    #[error("the app does not have {} yet", .0.join(", "))]
    Missing(Vec<String>),
    /// The value is no connection URL that this version knows.
    #[error("the value of {0} is no connection URL that this version knows")]
    Unreadable(ConfigVarName),
    /// An attachment has URLs for the endpoint, and none of the service itself.
    #[error("attachment {attachment} has no variable that ends in _URL for the service itself")]
    NoDirectUrl {
        /// The attachment.
        attachment: String,
    },
    /// Several attachments of the app lead to the endpoint with different credentials.
    #[error(
        "the app's attachments {} lead to the endpoint with different credentials",
        .0.join(", ")
    )]
    SeveralAttachments(Vec<String>),
    /// The value is what is printed in the place of a secret, and not the secret.
    #[error("the value of {0} has *** in it, which is printed in the place of a secret")]
    Masked(VariableName),
    /// There is no value of this name.
    #[error("there is no value {name}; there are {}", .known.join(", "))]
    UnknownValue {
        /// The name that was asked for.
        name: VariableName,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A prefix is so long that a name becomes too long.
    #[error(transparent)]
    Name(InvalidValue),
}

impl BundleError {
    /// Whether it can be otherwise at a later look, though nobody has changed anything.
    pub(crate) fn is_for_now(&self) -> bool {
        match self {
            Self::NoConnection { attachment: None, .. } | Self::Missing(_) => true,
            Self::NoConnection { attachment: Some(_), .. }
            | Self::Unreadable(_)
            | Self::NoDirectUrl { .. }
            | Self::SeveralAttachments(_)
            | Self::Masked(_)
            | Self::UnknownValue { .. }
            | Self::Name(_) => false,
        }
    }
}

fn of_attachment(attachment: Option<&AttachmentName>) -> String {
    attachment.map_or_else(String::new, |name| format!(" of the attachment {name}"))
}
