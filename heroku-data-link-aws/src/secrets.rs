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
    /// What a call carried, no part of which is shown.
    carried: Option<Secret>,
}

impl Secrets {
    /// A text for people, as it may be shown.
    #[cfg(any(
        test,
        feature = "ec2",
        feature = "kms",
        feature = "parameter-store",
        feature = "secrets-manager",
        feature = "sts"
    ))]
    pub(crate) fn show(&self, text: &str) -> String {
        self.show_up_to(text, TextFilter::LONGEST)
    }

    /// A text for people, as it may be shown, with up to so many characters.
    pub(crate) fn show_up_to(&self, text: &str, longest: usize) -> String {
        let known = self.lock();
        match &known.carried {
            Some(carried) => known.filter.show_up_to(&without_parts(text, carried), longest),
            None => known.filter.show_up_to(text, longest),
        }
    }

    /// The same for what is said of a call that carried this text.
    #[cfg(any(test, feature = "parameter-store", feature = "secrets-manager"))]
    pub(crate) fn without(&self, carried: &Secret) -> Self {
        let known = self.lock();
        Self(Arc::new(Mutex::new(Known {
            last: known.last.clone(),
            filter: known.filter.clone().hiding(carried.clone()),
            carried: Some(carried.clone()),
        })))
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

/// How many characters of a word show that it was a part of a text: fewer than a password of Heroku's or
/// a line of a key has, more than the names that AWS puts into its messages share with one.
const PART: usize = 12;
/// How much of a message is compared with a text, in bytes.
const LONGEST: usize = 16 * 1024;

/// A message without the words that share a part with a text: whoever repeats it may have quoted,
/// escaped or cut it.
fn without_parts(message: &str, text: &Secret) -> String {
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_".contains(&byte);
    // No message that is shown is as long.
    let message = message.get(..message.floor_char_boundary(LONGEST)).unwrap_or(message);
    // All of it first: what is shorter than a part is known there alone.
    let message = message.replace(text.expose(), "***");
    let mut shown = String::new();
    let mut rest = message.as_str();
    while let Some(first) = rest.chars().next() {
        let word = rest.bytes().take_while(|byte| of_word(*byte)).count();
        let (taken, after) = rest.split_at(if word == 0 { first.len_utf8() } else { word });
        let mut parts = taken.as_bytes().windows(PART);
        let is_part =
            parts.any(|part| memchr::memmem::find(text.expose().as_bytes(), part).is_some());
        shown.push_str(if is_part { "***" } else { taken });
        rest = after;
    }
    shown
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

    #[test]
    fn no_part_of_what_a_call_carried_is_shown() {
        let carried = Secret::new(
            "{\"CACHE_PASSWORD\":\"p0123456789abcdef\",\"KEY\":\"-\\nMIIEpAIBAAKCAQEA\\n\"}",
        );
        let secrets = Secrets::default();
        secrets.remember(&credentials(1));
        let without = secrets.without(&carried);
        for (said, shown) in [
            ("'p0123456789abcdef' is too long", "'***' is too long"),
            ("p0123456789abc is cut", "*** is cut"),
            ("{\\\"a\\\":\\\"p0123456789abcdef\\\"}", "{\\\"a\\\":\\\"***\\\"}"),
            ("-\nMIIEpAIBAAKCAQEA\n-", "- *** -"),
            (carried.expose(), "***"),
            ("secret-1 of prod/cache", "*** of prod/cache"),
            ("é p01234 AKID1", "é p01234 AKID1"),
        ] {
            assert_eq!(without.show(said), shown, "{said}");
        }
        assert_eq!(secrets.show("p0123456789abcdef"), "p0123456789abcdef");
        // A value that is shorter than a part.
        assert_eq!(secrets.without(&Secret::new("hunter2")).show("hunter2, said"), "***, said");
    }
}
