#![doc = include_str!("../README.md")]

pub mod addressing;
pub mod bundle;
pub mod discover;
pub mod encryption;
pub mod fleet;
mod home;
pub mod key_access;
pub mod key_policy;
pub mod link;
pub mod model;
pub mod peering;
pub mod privatelink;
pub mod provider;
pub mod reach;
pub mod reconcile;
mod shell;
pub mod sinks;
