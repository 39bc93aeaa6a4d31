//! heroku-data-link
pub mod model;
