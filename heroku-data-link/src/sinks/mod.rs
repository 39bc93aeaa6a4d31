//! Sinks that need nothing but this crate. Those of AWS are in `heroku-data-link-aws`.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use heroku_data_link::provider::Clouds;
//! use heroku_data_link::sinks::EnvFile;
//! # fn example(clouds: Clouds) -> Result<(), Box<dyn std::error::Error>> {
//! // A spec's `{ "to": "file", "name": "cache.env" }` is /etc/shop/cache.env then.
//! let clouds = clouds.with_sink("file".parse()?, Arc::new(EnvFile::in_folder("/etc/shop")));
//! # Ok(())
//! # }
//! ```

mod env_file;

pub use env_file::EnvFile;
