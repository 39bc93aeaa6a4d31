use heroku_data_link::provider::{Identity, operation};

use crate::contract::Start;
use crate::contract::expect::ok;
use crate::contract::failures::{self, Cloud, probe};

/// As whom the credentials let the client in.
pub async fn the_caller_is_of_the_account_of_the_credentials(start: &Start, client: &dyn Identity) {
    let identity = ok(client.caller_identity().await);
    assert_eq!(identity.account, start.account);
    assert_eq!(identity.arn.account(), Some(start.account.as_str()));
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Identity) {
    let probes = [probe(operation::GET_CALLER_IDENTITY, || client.caller_identity())];
    failures::check(start, Cloud::Aws, &probes).await;
}
