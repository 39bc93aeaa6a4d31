//! From optional texts to checked values.

use std::error::Error as StdError;
use std::str::FromStr;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use heroku_data_link::model::InvalidValue;
#[cfg(any(feature = "parameter-store", feature = "secrets-manager"))]
use heroku_data_link::model::Secret;
use heroku_data_link::provider::{ErrorKind, ProviderError, ProviderResult};

use crate::error::Failure;
use crate::secrets::Secrets;

/// How the answers to one operation are read. Whatever they say passes through here, and so through
/// the filter that masks secrets, escapes what cannot be seen and bounds the rest.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    operation: &'static str,
    secrets: Secrets,
}

// Each feature needs some of these.
#[cfg_attr(not(all(feature = "ec2", feature = "kms")), allow(dead_code))]
impl Reading {
    pub(crate) fn new(operation: &'static str, secrets: Secrets) -> Self {
        Self { operation, secrets }
    }

    /// The same for a call that carried this text, of which nothing is repeated.
    #[cfg(any(feature = "parameter-store", feature = "secrets-manager"))]
    pub(crate) fn without(&self, text: &Secret) -> Self {
        Self { secrets: self.secrets.without(text), ..self.clone() }
    }

    /// The failure behind an error of the SDK.
    pub(crate) fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        Failure::of_sdk(self.operation, &self.secrets, error)
    }

    /// A failure that AWS reports inside a success, or one of ours in AWS's words.
    pub(crate) fn failure_of_code(
        &self,
        code: &str,
        message: &str,
        request_id: Option<&str>,
    ) -> Failure {
        Failure::of_code(self.operation, &self.secrets, code, message, request_id)
    }

    /// An answer that makes no sense.
    pub(crate) fn protocol(&self, message: &str) -> ProviderError {
        let message = self.secrets.show(message);
        ProviderError::new(self.operation, ErrorKind::Protocol, message)
    }

    /// A request that is refused before it is sent.
    pub(crate) fn refusal(&self, message: &str) -> ProviderError {
        let message = self.secrets.show(message);
        ProviderError::new(self.operation, ErrorKind::InvalidRequest, message)
    }

    /// A field that every answer has.
    pub(crate) fn needed<T>(&self, field: &str, value: Option<&str>) -> ProviderResult<T>
    where
        T: FromStr<Err = InvalidValue>,
    {
        let text = value.ok_or_else(|| self.protocol(&format!("the answer has no {field}")))?;
        text.parse().map_err(|_| {
            // The error of the text itself would cut a secret before it is known as one.
            let shown = self.secrets.show_up_to(text, LONGEST_VALUE);
            match shown.parse::<T>() {
                Err(error) => self.protocol(&format!("{field} in the answer: {error}")),
                Ok(_) => self.protocol(&format!("{field} in the answer cannot be read")),
            }
        })
    }

    /// The values of a list of ids.
    pub(crate) fn each<C, T>(&self, field: &str, ids: &[String]) -> ProviderResult<C>
    where
        C: FromIterator<T>,
        T: FromStr<Err = InvalidValue>,
    {
        ids.iter().map(|id| self.needed(field, Some(id))).collect()
    }

    /// The `return` of an answer, which some calls have and which is true as a rule.
    pub(crate) fn done(&self, answer: Option<bool>) -> ProviderResult<()> {
        match answer {
            Some(false) => Err(self.protocol("AWS says that it did not do it")),
            Some(true) | None => Ok(()),
        }
    }

    /// A text for people; empty where there is none.
    pub(crate) fn text(&self, text: Option<&str>) -> String {
        self.secrets.show(text.unwrap_or_default())
    }

    /// A text that is compared as well; empty where there is none.
    pub(crate) fn name(&self, text: Option<&str>) -> String {
        self.secrets.name(text.unwrap_or_default())
    }
}

/// The longest value that a message repeats, in characters: enough for any id, ARN or name.
const LONGEST_VALUE: usize = 80;
