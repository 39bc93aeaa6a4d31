//! The names of calls that no link makes, and hence the core has no name for: for the journal, and
//! for faults.

/// Platform API: read the releases of an app.
pub(super) const READ_RELEASES: &str = "heroku:releases/read";
/// Platform API: set and unset config variables of an app.
pub(super) const CHANGE_CONFIG_VARS: &str = "heroku:config-vars/update";
/// Platform API: read an add-on.
pub(super) const READ_ADDON: &str = "heroku:addons/read";
/// Platform API: read the add-ons of an app.
pub(super) const READ_ADDONS: &str = "heroku:addons/list";
/// Platform API: destroy an add-on.
pub(super) const DESTROY_ADDON: &str = "heroku:addons/delete";
/// Platform API: resolve an attachment.
pub(super) const RESOLVE_ATTACHMENT: &str = "heroku:attachments/resolve";
/// Platform API: detach an add-on.
pub(super) const DELETE_ATTACHMENT: &str = "heroku:attachments/delete";
/// Platform API: delete a peering.
pub(super) const DELETE_PEERING: &str = "heroku:peerings/delete";
/// Platform API: read add-on services and plans.
pub(super) const READ_PLANS: &str = "heroku:plans/read";
/// Platform API: read the addresses that a space calls from.
pub(super) const READ_NAT: &str = "heroku:nat/read";

/// All of them.
pub(in crate::server) const ALL: &[&str] = &[
    READ_RELEASES,
    CHANGE_CONFIG_VARS,
    READ_ADDON,
    READ_ADDONS,
    DESTROY_ADDON,
    RESOLVE_ATTACHMENT,
    DELETE_ATTACHMENT,
    DELETE_PEERING,
    READ_PLANS,
    READ_NAT,
];
