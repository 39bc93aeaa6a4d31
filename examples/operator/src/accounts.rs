//! The clouds of an object, from its credentials.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use heroku_data_link::model::Secret;
use heroku_data_link::provider::Clouds;

/// What a Secret with credentials has, by key. Empty where an object names none.
#[derive(Debug, Clone, Default)]
pub struct Credentials(pub BTreeMap<String, Secret>);

impl Credentials {
    /// The value of a key, if there is one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|it| it.expose().trim()).filter(|it| !it.is_empty())
    }
}

/// Both clouds, and who shares Heroku's budget of requests.
#[derive(Debug, Clone)]
pub struct Account {
    /// The clouds, without the sink for Secrets.
    pub clouds: Clouds,
    /// The same for all objects of one Heroku token; not the token.
    pub budget: u64,
}

/// Why there are no clouds for some credentials.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct NoAccount(pub String);

/// Opens clouds.
#[async_trait]
pub trait Accounts: fmt::Debug + Send + Sync {
    /// The clouds for these credentials. Makes no request to them.
    ///
    /// # Errors
    /// When something is missing or malformed.
    async fn open(&self, credentials: &Credentials) -> Result<Account, NoAccount>;
}
