//! The suites of AWS's traits.

pub(super) mod endpoint_services;
pub(super) mod identity;
pub(super) mod keys;
pub(super) mod network_acls;
pub(super) mod network_interfaces;
pub(super) mod rehearsals;
pub(super) mod route_tables;
pub(super) mod security_groups;
pub(super) mod vpc_endpoints;
pub(super) mod vpc_peerings;
pub(super) mod vpcs;
