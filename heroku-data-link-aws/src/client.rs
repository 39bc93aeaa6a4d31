use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
#[cfg(feature = "sts")]
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use heroku_data_link::model::{AwsRegion, InvalidValue};
use heroku_data_link::provider::AwsCloud;

use crate::http;
#[cfg(any(
    feature = "ec2",
    feature = "kms",
    feature = "parameter-store",
    feature = "secrets-manager",
    feature = "sts"
))]
use crate::reading::Reading;
#[cfg(any(
    feature = "ec2",
    feature = "kms",
    feature = "parameter-store",
    feature = "secrets-manager"
))]
use crate::receipts::Receipts;
use crate::secrets::{Remembering, Secrets};
#[cfg(feature = "parameter-store")]
use crate::sinks::ParameterStore;
#[cfg(feature = "secrets-manager")]
use crate::sinks::SecretsManager;
#[cfg(feature = "env")]
use crate::target::{Target, Targets};
#[cfg(any(feature = "ec2", feature = "sts"))]
use crate::whole::WholeXml;

/// The real AWS, as one account sees it in one region.
///
/// Implements every provider trait of AWS's side; a call that needs a Cargo feature which is off
/// fails. A clone is cheap, and shares connections and credentials.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    region: AwsRegion,
    config: SdkConfig,
    #[cfg_attr(
        not(any(
            feature = "ec2",
            feature = "kms",
            feature = "parameter-store",
            feature = "secrets-manager",
            feature = "sts"
        )),
        allow(dead_code)
    )]
    secrets: Secrets,
    #[cfg(feature = "ec2")]
    ec2: aws_sdk_ec2::Client,
    #[cfg(feature = "kms")]
    kms: aws_sdk_kms::Client,
    #[cfg(feature = "parameter-store")]
    ssm: aws_sdk_ssm::Client,
    #[cfg(feature = "secrets-manager")]
    secretsmanager: aws_sdk_secretsmanager::Client,
    #[cfg(feature = "sts")]
    sts: aws_sdk_sts::Client,
}

/// Every workflow takes a client, whichever features are on.
const _: fn(&Client) -> &dyn AwsCloud = |client| client;

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nothing says which region is meant.
    #[error(
        "no AWS region is configured: set AWS_REGION, or `region` in the profile of ~/.aws/config"
    )]
    NoRegion,
    /// What says so is no region.
    #[error("the configured AWS region is wrong")]
    Region(#[from] InvalidValue),
    /// There is no such profile.
    #[cfg(feature = "env")]
    #[error("there is no profile {profile:?} in {files}")]
    NoProfile {
        /// The profile that was asked for.
        profile: String,
        /// Where it was looked for.
        files: String,
    },
    /// The files with the profiles cannot be read.
    #[cfg(feature = "env")]
    #[error("the profiles of {files} cannot be read")]
    Profiles {
        /// Where profiles were looked for.
        files: String,
        /// What is the matter with them.
        #[source]
        error: aws_config::profile::ProfileFileLoadError,
    },
    /// A role that cannot be assumed as it is described.
    #[cfg(feature = "sts")]
    #[error("{role} cannot be assumed: {rule}")]
    Role {
        /// Its ARN.
        role: String,
        /// What is wrong.
        rule: &'static str,
    },
    /// A deleted secret cannot be restored for so many days.
    #[cfg(feature = "secrets-manager")]
    #[error("a deleted secret can be restored for 7 to 30 days, not for {days}")]
    RecoveryDays {
        /// The days that were asked for.
        days: u8,
    },
}

impl Client {
    /// How to make a client with these credentials, without a look at the environment.
    pub fn builder(region: AwsRegion, credentials: impl ProvideCredentials + 'static) -> Builder {
        Builder {
            config: SdkConfig::builder()
                .region(Region::new(region.to_string()))
                .credentials_provider(SharedCredentialsProvider::new(credentials)),
            region,
        }
    }

    /// A client as every AWS tool would be on this machine: region, credentials (environment,
    /// profiles, `aws login`, SSO, process, container and instance roles) and endpoints (`AWS_ENDPOINT_URL`
    /// and its kin).
    ///
    /// Credentials are looked for when the first call is made. [`Targets`] makes the clients of several
    /// accounts.
    ///
    /// # Errors
    ///
    /// When there is no region.
    #[cfg(feature = "env")]
    pub async fn from_env() -> Result<Self, BuildError> {
        Targets::new().client(&Target::default()).await
    }

    /// A client with the region, credentials and endpoints of a configuration of the AWS SDK.
    ///
    /// Its HTTP client and timeouts are kept where it has some. Its retries are switched off, its
    /// answers are bounded, and it sends no session token in clear text to another machine.
    ///
    /// # Errors
    ///
    /// When it names no region.
    pub fn from_sdk_config(config: &SdkConfig) -> Result<Self, BuildError> {
        let region = config.region().ok_or(BuildError::NoRegion)?.as_ref().parse()?;
        Ok(Self::new(region, config))
    }

    fn new(region: AwsRegion, config: &SdkConfig) -> Self {
        let timeouts =
            config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let timeouts = timeouts.take_unset_from(http::default_timeouts().to_builder()).build();
        let http =
            config.http_client().unwrap_or_else(|| http::own_client(timeouts.connect_timeout()));
        let secrets = Secrets::default();
        let credentials = config.credentials_provider().map(|provider| {
            SharedCredentialsProvider::new(Remembering::new(provider, secrets.clone()))
        });
        let mut builder = config
            .to_builder()
            .http_client(http::guarded(http))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .behavior_version(config.behavior_version().unwrap_or_else(BehaviorVersion::latest));
        if config.sleep_impl().is_none() {
            builder.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
        }
        builder.set_credentials_provider(credentials);
        Self::with(region, builder.build(), secrets)
    }

    /// A client of a configuration that is complete.
    fn with(region: AwsRegion, config: SdkConfig, secrets: Secrets) -> Self {
        Self {
            inner: Arc::new(Inner {
                region,
                #[cfg(feature = "ec2")]
                ec2: aws_sdk_ec2::Client::from_conf(
                    aws_sdk_ec2::config::Builder::from(&config)
                        .interceptor(WholeXml)
                        .interceptor(Receipts(secrets.clone()))
                        .build(),
                ),
                #[cfg(feature = "kms")]
                kms: aws_sdk_kms::Client::from_conf(
                    aws_sdk_kms::config::Builder::from(&config)
                        .interceptor(Receipts(secrets.clone()))
                        .build(),
                ),
                #[cfg(feature = "parameter-store")]
                ssm: aws_sdk_ssm::Client::from_conf(
                    aws_sdk_ssm::config::Builder::from(&config)
                        .interceptor(Receipts(secrets.clone()))
                        .build(),
                ),
                #[cfg(feature = "secrets-manager")]
                secretsmanager: aws_sdk_secretsmanager::Client::from_conf(
                    aws_sdk_secretsmanager::config::Builder::from(&config)
                        .interceptor(Receipts(secrets.clone()))
                        .build(),
                ),
                #[cfg(feature = "sts")]
                sts: aws_sdk_sts::Client::from_conf(
                    aws_sdk_sts::config::Builder::from(&config).interceptor(WholeXml).build(),
                ),
                config,
                secrets,
            }),
        }
    }

    /// The same account in another region, over the same connections.
    #[must_use]
    pub fn in_region(&self, region: AwsRegion) -> Self {
        let aws = Region::new(region.to_string());
        let config = self.inner.config.to_builder().region(aws).build();
        Self::with(region, config, self.inner.secrets.clone())
    }

    /// The same region over the same connections, with other credentials and a cache of their own.
    #[cfg(feature = "sts")]
    pub(crate) fn with_credentials(
        &self,
        provider: &SharedCredentialsProvider,
        cache: SharedIdentityCache,
    ) -> Self {
        let secrets = Secrets::default();
        let provider = Remembering::new(provider.clone(), secrets.clone());
        let config = self
            .inner
            .config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .identity_cache(cache)
            .build();
        Self::with(self.inner.region.clone(), config, secrets)
    }

    /// The region that this client speaks to.
    pub fn region(&self) -> &AwsRegion {
        &self.inner.region
    }

    /// Secrets Manager of this account and region, as a sink for copies of connections.
    #[cfg(feature = "secrets-manager")]
    pub fn secrets_manager(&self) -> SecretsManager {
        SecretsManager::new(self.clone())
    }

    /// The Parameter Store of this account and region, as a sink for copies of connections.
    #[cfg(feature = "parameter-store")]
    pub fn parameter_store(&self) -> ParameterStore {
        ParameterStore::new(self.clone())
    }

    /// How the answers to an operation are read.
    #[cfg(any(
        feature = "ec2",
        feature = "kms",
        feature = "parameter-store",
        feature = "secrets-manager",
        feature = "sts"
    ))]
    pub(crate) fn reading(&self, operation: &'static str) -> Reading {
        Reading::new(operation, self.inner.secrets.clone())
    }

    #[cfg(feature = "ec2")]
    pub(crate) fn ec2(&self) -> &aws_sdk_ec2::Client {
        &self.inner.ec2
    }

    #[cfg(feature = "kms")]
    pub(crate) fn kms(&self) -> &aws_sdk_kms::Client {
        &self.inner.kms
    }

    #[cfg(feature = "parameter-store")]
    pub(crate) fn ssm(&self) -> &aws_sdk_ssm::Client {
        &self.inner.ssm
    }

    #[cfg(feature = "secrets-manager")]
    pub(crate) fn secretsmanager(&self) -> &aws_sdk_secretsmanager::Client {
        &self.inner.secretsmanager
    }

    #[cfg(feature = "sts")]
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.inner.sts
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.inner.region)
            .field("endpoint_url", &self.inner.config.endpoint_url())
            .finish_non_exhaustive()
    }
}

/// How a [`Client`] is made without a look at the environment.
pub struct Builder {
    config: aws_types::sdk_config::Builder,
    region: AwsRegion,
}

impl Builder {
    /// Asks this endpoint in the place of each service's own, such as an emulator's.
    #[must_use]
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.config = self.config.endpoint_url(url);
        self
    }

    /// How long connecting, and how long one call from its start to the end of its answer, may
    /// take: [`default_timeouts`](crate::default_timeouts) unless set.
    #[must_use]
    pub fn timeouts(mut self, connect: Duration, call: Duration) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(connect).operation_timeout(call).build();
        self.config = self.config.timeout_config(timeouts);
        self
    }

    /// The client. Makes no request.
    pub fn build(self) -> Client {
        Client::new(self.region, &self.config.build())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("region", &self.region).finish_non_exhaustive()
    }
}
