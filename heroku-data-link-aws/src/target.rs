//! Clients of several accounts: which profile, which role and which region each of them means.

use std::env;

use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region;
use heroku_data_link::model::AwsRegion;

use crate::client::{BuildError, Client};
use crate::http;
use crate::role::AssumedRole;

/// An account, and as whom and where to work in it. The default is what every AWS tool would use on
/// this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The region; else `AWS_REGION`, else the profile's.
    pub region: Option<AwsRegion>,
    /// A profile of `~/.aws/config` or `~/.aws/credentials`, whose credentials are used, and no others:
    /// not those of `AWS_ACCESS_KEY_ID` either.
    pub profile: Option<String>,
    /// A role that these credentials assume.
    pub role: Option<AssumedRole>,
}

/// Makes the clients of several accounts, over one pool of connections.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use heroku_data_link_aws::{AssumedRole, Target, Targets};
///
/// let targets = Targets::new();
/// // `[profile orders]` of ~/.aws/config, in its own region.
/// let profile = Target { profile: Some("orders".to_owned()), ..Target::default() };
/// let orders = targets.client(&profile).await?;
///
/// // A role of another account, with the credentials of the environment.
/// let role = AssumedRole::new("arn:aws:iam::123456789012:role/data-link".parse()?)
///     .external_id("acme-7f3a");
/// let region = Some("eu-west-1".parse()?);
/// let acme = targets.client(&Target { region, role: Some(role), profile: None }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Targets {
    http: SharedHttpClient,
}

impl Default for Targets {
    fn default() -> Self {
        Self::new()
    }
}

impl Targets {
    /// Reads the system's certificates.
    pub fn new() -> Self {
        Self { http: http::http_client() }
    }

    /// A client of this target. Makes no request: credentials are looked for, and a role is assumed,
    /// when the first call is made.
    ///
    /// # Errors
    ///
    /// When there is no region, when there is no such profile, or when the role is none that can be
    /// assumed.
    pub async fn client(&self, target: &Target) -> Result<Client, BuildError> {
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).http_client(self.http.clone());
        if let Some(region) = &target.region {
            loader = loader.region(Region::new(region.to_string()));
        }
        let config = match &target.profile {
            None => loader.load().await,
            Some(name) => {
                must_exist(name).await?;
                let config = loader.profile_name(name).no_credentials().load().await;
                let credentials = NamedProfile::new(name, &config, self.http.clone());
                let credentials = SharedCredentialsProvider::new(credentials);
                config.into_builder().credentials_provider(credentials).build()
            }
        };
        let client = Client::from_sdk_config(&config)?;
        match &target.role {
            Some(role) => client.in_role(role),
            None => Ok(client),
        }
    }
}

/// A profile that does not exist is passed over by the SDK, which goes on to other credentials.
async fn must_exist(name: &str) -> Result<(), BuildError> {
    // The type's name is in a crate that is the SDK's own.
    #[allow(clippy::default_trait_access)]
    let usual = Default::default();
    let read = profile::load(&Fs::default(), &Env::default(), &usual, None).await;
    match read {
        Ok(profiles) if profiles.get_profile(name).is_some() => Ok(()),
        Ok(_) => Err(BuildError::NoProfile { profile: name.to_owned(), files: files() }),
        Err(error) => Err(BuildError::Profiles { files: files(), error }),
    }
}

/// Where profiles are read from.
fn files() -> String {
    let file = |variable, usual: &str| env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let config = file("AWS_CONFIG_FILE", "~/.aws/config");
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    format!("{config} and {credentials}")
}

/// The credentials of one profile alone. The SDK's usual chain looks into the environment first, and
/// on other machines than the caller's own after it, so a target could become another account.
#[derive(Debug)]
struct NamedProfile {
    name: String,
    inner: ProfileFileCredentialsProvider,
}

impl NamedProfile {
    fn new(name: &str, config: &SdkConfig, http: SharedHttpClient) -> Self {
        let own = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_region(config.region().cloned())
            .with_http_client(http);
        let inner =
            ProfileFileCredentialsProvider::builder().configure(&own).profile_name(name).build();
        Self { name: name.to_owned(), inner }
    }

    async fn credentials(&self) -> provider::Result {
        self.inner.provide_credentials().await.map_err(|error| {
            CredentialsError::provider_error(NoCredentials { profile: self.name.clone(), error })
        })
    }
}

impl ProvideCredentials for NamedProfile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the profile {profile:?} gives no credentials")]
struct NoCredentials {
    profile: String,
    #[source]
    error: CredentialsError,
}
