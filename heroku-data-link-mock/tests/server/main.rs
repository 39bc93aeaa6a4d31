//! The world as the clients of both clouds see it: over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ec2_endpoints;
mod ec2_groups;
mod ec2_peerings;
mod ec2_reading;
mod ec2_support;
mod fuzz;
mod heroku;
mod kms;
mod kms_lists;
mod oddities;
mod support;
mod world;
