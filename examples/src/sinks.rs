//! The sinks that specs of the examples can deliver to.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use heroku_data_link::bundle::FILE;
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
