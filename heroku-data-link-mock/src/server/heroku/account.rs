//! The account behind the token.

use axum::extract::State;
use heroku_data_link::provider::operation;
use serde_json::{Value, json};

use super::named::{id_of, reference};
use super::{Answer, Api, look, ok};
use crate::server::heroku::catalogue::SINCE;

/// Whose token it is.
const EMAIL: &str = "you@example.com";
/// Whose apps and spaces they are.
const TEAM: &str = "acme";

/// How something refers to the account.
pub(super) fn user() -> Value {
    json!({ "id": id_of("account", EMAIL), "email": EMAIL })
}

/// How something refers to the team.
pub(super) fn team() -> Value {
    reference("team", TEAM)
}

/// `GET /account`
pub(super) async fn account(State(shared): Api) -> Answer {
    look(&shared, operation::READ_ACCOUNT, "", |_, _| ()).await?;
    Ok(ok(&json!({
        "id": id_of("account", EMAIL),
        "email": EMAIL,
        "name": "You",
        "allow_tracking": false,
        "beta": false,
        "country_of_residence": null,
        "default_organization": null,
        "default_team": team(),
        "delinquent_at": null,
        "federated": false,
        "identity_provider": null,
        "last_login": SINCE,
        "sms_number": null,
        "suspended_at": null,
        "two_factor_authentication": false,
        "verified": true,
        "created_at": SINCE,
        "updated_at": SINCE,
    })))
}
