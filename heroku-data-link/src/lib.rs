#![doc = include_str!("../README.md")]

pub mod addressing;
pub mod encryption;
pub mod model;
pub mod peering;
pub mod privatelink;
pub mod provider;
pub mod reach;
pub mod reconcile;
