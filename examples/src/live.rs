//! The real clouds, as every tool of theirs on this machine would find them.

use std::error::Error;
use std::sync::Arc;

/// Heroku of `HEROKU_HOST`, `HEROKU_DATA_HOST`, `HEROKU_API_KEY` or netrc, and AWS of the
/// environment and the profiles, `AWS_REGION` and `AWS_ENDPOINT_URL` among it.
///
/// # Errors
///
/// When no token or no region is found.
pub async fn clouds()
-> Result<(Arc<heroku_data_link_heroku::Client>, Arc<heroku_data_link_aws::Client>), Box<dyn Error>>
{
    let heroku = heroku_data_link_heroku::Client::from_env()?;
    let aws = heroku_data_link_aws::Client::from_env().await?;
    eprintln!("Heroku at {}, token from {}", heroku.hosts().api(), heroku.token().source());
    eprintln!("AWS in {}", aws.region());
    Ok((Arc::new(heroku), Arc::new(aws)))
}
