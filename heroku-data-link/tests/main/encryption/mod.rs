//! Data under the customer's own key.

pub(crate) mod support;

mod access;
mod bad_input;
mod canary;
mod crash;
mod establish;
mod golden;
mod identity;
mod inventory;
mod migrate;
mod one_key;
mod unknown;
