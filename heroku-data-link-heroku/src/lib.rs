#![doc = include_str!("../README.md")]

mod credentials;
mod hosts;

pub use credentials::{Environment, NoToken, Platform, Source, Token};
pub use hosts::{Hosts, InvalidHost};
