//! The real AWS for [`heroku_data_link`]: every provider trait of AWS's side over the AWS SDK.
//!
//! ```no_run
//! # #[cfg(all(feature = "env", feature = "sts"))]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use heroku_data_link::provider::Identity;
//! use heroku_data_link_aws::Client;
//!
//! // Region, credentials and endpoints as every AWS tool finds them.
//! let aws = Client::from_env().await?;
//! println!("acting for {}", aws.caller_identity().await?.account);
//! # Ok(())
//! # }
//! ```
//!
//! One call is one request, or one page of a list after the other: the SDK's own retries are off,
//! as the [driver](heroku_data_link::reconcile::Driver) is the one retry loop. Every call is
//! bounded in time, and every answer in size.
//!
//! What AWS says is shown through a [filter](heroku_data_link::model::TextFilter): messages, states
//! and descriptions as lines of bounded length, names and tags as they are but for the secrets of the
//! credentials and characters that cannot be seen. A key's policy is data, and passed on unchanged.
//!
//! [`Targets`] makes the clients of several accounts: of profiles, and of roles that are assumed.
//!
//! # Features
//! `ec2` (VPCs, subnets, endpoint services, VPC endpoints, security groups, peerings, route
//! tables, rehearsals), `kms` (keys), `sts` (who is calling, and roles) and `env` (configuration from
//! the environment and profiles, which includes `sts`); all on by default. `aws-sdk-ec2` alone takes minutes and gigabytes to compile:
//! leave `ec2` out where only keys are managed. `secrets-manager` and `parameter-store`, off by default,
//! are [sinks](heroku_data_link::provider::Sink) for copies of a link's connection.
//!
//! ```no_run
//! # #[cfg(all(feature = "env", feature = "parameter-store", feature = "secrets-manager"))]
//! # async fn example(
//! #     heroku: std::sync::Arc<dyn heroku_data_link::provider::HerokuCloud>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use heroku_data_link::provider::Clouds;
//! use heroku_data_link_aws::Client;
//!
//! let aws = Client::from_env().await?;
//! let clouds = Clouds::new(heroku, Arc::new(aws.clone()))
//!     .with_sink("secrets-manager".parse()?, Arc::new(aws.secrets_manager()))
//!     .with_sink("parameter-store".parse()?, Arc::new(aws.parameter_store()));
//! # let _ = clouds;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is an [`AwsCloud`](heroku_data_link::provider::AwsCloud) whatever is left out, so
//! that every workflow takes it. A call that needs a feature which is off sends nothing, and fails
//! with an [`InvalidRequest`](heroku_data_link::provider::ErrorKind::InvalidRequest) that names it.

mod client;
#[cfg(feature = "ec2")]
mod ec2;
mod error;
mod http;
#[cfg(feature = "kms")]
mod kms;
mod limits;
#[cfg(any(test, not(all(feature = "ec2", feature = "kms", feature = "sts"))))]
mod missing;
#[cfg(any(feature = "ec2", feature = "kms"))]
mod pages;
#[cfg(any(
    feature = "ec2",
    feature = "kms",
    feature = "parameter-store",
    feature = "secrets-manager",
    feature = "sts"
))]
mod reading;
#[cfg(any(
    feature = "ec2",
    feature = "kms",
    feature = "parameter-store",
    feature = "secrets-manager"
))]
mod receipts;
#[cfg(feature = "sts")]
mod role;
mod secrets;
#[cfg(any(feature = "parameter-store", feature = "secrets-manager"))]
mod sinks;
#[cfg(feature = "sts")]
mod sts;
#[cfg(feature = "env")]
mod target;
#[cfg(any(feature = "ec2", feature = "sts"))]
mod whole;

pub use aws_credential_types::Credentials;
pub use aws_types::SdkConfig;
pub use client::{BuildError, Builder, Client};
pub use http::{default_timeouts, http_client};
#[cfg(feature = "sts")]
pub use role::AssumedRole;
#[cfg(feature = "parameter-store")]
pub use sinks::ParameterStore;
#[cfg(feature = "secrets-manager")]
pub use sinks::SecretsManager;
#[cfg(feature = "env")]
pub use target::{Target, Targets};
