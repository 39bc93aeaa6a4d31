#![doc = include_str!("../README.md")]

mod addons;
mod attachments;
mod budget;
mod client;
mod credentials;
mod decode;
mod error;
mod filter;
mod hosts;
mod pages;
mod peerings;
mod private_links;
mod request_id;
mod spaces;
mod tls;
mod transport;
mod wire;

pub use client::{BuildError, Builder, Client};
pub use credentials::{Environment, NoToken, Platform, Source, Token};
pub use hosts::{Hosts, InvalidHost};
