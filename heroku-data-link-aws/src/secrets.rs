//! What must not be shown, although AWS may repeat it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use heroku_data_link::model::{Secret, TextFilter};

/// How many credentials are remembered: the answer to a call may come when newer ones are in use
/// already.
const REMEMBERED: usize = 4;

/// The secrets of the credentials that were used last, and so the filter for whatever AWS says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    last: VecDeque<Vec<Secret>>,
    filter: TextFilter,
}

impl Secrets {
    /// A text for people, as it may be shown.
    #[cfg(any(test, feature = "ec2", feature = "kms", feature = "sts"))]
    pub(crate) fn show(&self, text: &str) -> String {
        self.lock().filter.show(text)
    }

    /// A text for people, as it may be shown, with up to so many characters.
    pub(crate) fn show_up_to(&self, text: &str, longest: usize) -> String {
        self.lock().filter.show_up_to(text, longest)
    }

    /// A text that is compared as well.
    #[cfg_attr(not(any(feature = "ec2", feature = "kms")), allow(dead_code))]
    pub(crate) fn name(&self, text: &str) -> String {
        self.lock().filter.name(text)
    }

    /// The access key's id is no secret: it stands in every request's signature.
    fn remember(&self, credentials: &Credentials) {
        let secrets: Vec<_> = [Some(credentials.secret_access_key()), credentials.session_token()]
            .into_iter()
            .flatten()
            .map(Secret::new)
            .collect();
        let mut known = self.lock();
        if known.last.contains(&secrets) {
            return;
        }
        known.last.push_back(secrets);
        if known.last.len() > REMEMBERED {
            known.last.pop_front();
        }
        known.filter = known.last.iter().flatten().cloned().fold(TextFilter::new(), hiding);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hiding(filter: TextFilter, secret: Secret) -> TextFilter {
    filter.hiding(secret)
}

/// Provides what another one does, and remembers its secrets.
#[derive(Debug)]
pub(crate) struct Remembering {
    inner: SharedCredentialsProvider,
    secrets: Secrets,
}

impl Remembering {
    pub(crate) fn new(inner: SharedCredentialsProvider, secrets: Secrets) -> Self {
        Self { inner, secrets }
    }
}

impl ProvideCredentials for Remembering {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.inner.provide_credentials().await?;
            self.secrets.remember(&credentials);
            Ok(credentials)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        let credentials = self.inner.fallback_on_interrupt()?;
        self.secrets.remember(&credentials);
        Some(credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(number: usize) -> Credentials {
        let token = Some(format!("token-{number}"));
        Credentials::new(format!("AKID{number}"), format!("secret-{number}"), token, None, "test")
    }

    #[test]
    fn the_secrets_of_the_last_credentials_are_masked() {
        let secrets = Secrets::default();
        for number in 0..6 {
            secrets.remember(&credentials(number));
            // In use for long, and asked for again.
            secrets.remember(&credentials(number));
        }
        let text = "AKID5 secret-5 token-5 token-2 token-0";
        assert_eq!(secrets.show(text), "AKID5 *** *** *** token-0");
        assert_eq!(secrets.name("a  token-5"), "a  ***");
        assert!(!format!("{secrets:?}").contains("secret-"), "{secrets:?}");
    }
}
