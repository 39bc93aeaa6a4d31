//! Data under the customer's own key.

mod support;

mod access;
mod bad_input;
mod canary;
mod crash;
mod establish;
mod golden;
mod inventory;
mod migrate;
mod one_key;
mod unknown;
