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
