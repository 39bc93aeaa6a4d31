//! The sinks that specs of the examples can deliver to.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use heroku_data_link::bundle::FILE;
#[cfg(feature = "sinks")]
use heroku_data_link::bundle::{PARAMETER_STORE, SECRETS_MANAGER};
use heroku_data_link::provider::Clouds;
use heroku_data_link::sinks::EnvFile;

/// With dotenv files below a folder: `deliver = [{ to = "file", name = "cache.env" }]`.
///
/// # Errors
///
/// Never: the sink's name is one.
pub fn with_files(clouds: Clouds, folder: &Path) -> Result<Clouds, Box<dyn Error>> {
    Ok(clouds.with_sink(FILE.parse()?, Arc::new(EnvFile::in_folder(folder))))
}

/// With Secrets Manager and the Parameter Store of the client's account and region.
///
/// # Errors
///
/// Never: the sinks' names are some.
#[cfg(feature = "sinks")]
pub fn with_those_of_aws(
    clouds: Clouds,
    aws: &heroku_data_link_aws::Client,
) -> Result<Clouds, Box<dyn Error>> {
    Ok(clouds
        .with_sink(SECRETS_MANAGER.parse()?, Arc::new(aws.secrets_manager()))
        .with_sink(PARAMETER_STORE.parse()?, Arc::new(aws.parameter_store())))
}

/// As they are: `--features sinks` offers those of AWS.
///
/// # Errors
///
/// Never.
#[cfg(all(feature = "live", not(feature = "sinks")))]
pub fn with_those_of_aws(
    clouds: Clouds,
    _: &heroku_data_link_aws::Client,
) -> Result<Clouds, Box<dyn Error>> {
    Ok(clouds)
}
