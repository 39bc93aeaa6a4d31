//! The suites of Heroku's traits.

pub(super) mod addon_lifecycle;
pub(super) mod addons;
pub(super) mod all_addons;
pub(super) mod attachments;
pub(super) mod config_vars;
pub(super) mod private_links;
pub(super) mod space_peerings;
pub(super) mod spaces;
