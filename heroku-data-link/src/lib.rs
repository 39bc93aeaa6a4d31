#![doc = include_str!("../README.md")]

pub mod encryption;
pub mod model;
pub mod privatelink;
pub mod provider;
pub mod reconcile;
