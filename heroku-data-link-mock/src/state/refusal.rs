use std::fmt::Display;

use heroku_data_link::provider::{ErrorKind, ProviderError};

/// What a state answers to a call.
pub(crate) type Reply<T> = Result<T, Refusal>;

/// A call that a cloud refuses, before it knows under which name it was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: ErrorKind,
    message: String,
}

/// How a call ends that removes what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Well: what a provider's user is told.
    Fine,
    /// As the cloud's own API ends it.
    Refused,
}

impl Absent {
    pub(crate) fn reply(self, refusal: impl FnOnce() -> Refusal) -> Reply<()> {
        match self {
            Self::Fine => Ok(()),
            Self::Refused => Err(refusal()),
        }
    }
}

impl Refusal {
    pub(crate) fn not_found(message: impl Display) -> Self {
        Self { kind: ErrorKind::NotFound, message: message.to_string() }
    }

    pub(crate) fn conflict(message: impl Display) -> Self {
        Self { kind: ErrorKind::Conflict, message: message.to_string() }
    }

    pub(crate) fn invalid(message: impl Display) -> Self {
        Self { kind: ErrorKind::InvalidRequest, message: message.to_string() }
    }

    pub(crate) fn transient(message: impl Display) -> Self {
        Self { kind: ErrorKind::Transient, message: message.to_string() }
    }

    pub(crate) fn forbidden(message: impl Display) -> Self {
        Self { kind: ErrorKind::Forbidden, message: message.to_string() }
    }

    pub(crate) fn quota(message: impl Display) -> Self {
        Self { kind: ErrorKind::QuotaExceeded, message: message.to_string() }
    }

    pub(crate) fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    pub(crate) fn of(self, operation: &'static str) -> ProviderError {
        ProviderError::new(operation, self.kind, self.message)
    }
}
