//! Two accounts, one of which is worked in through a role.

use heroku_data_link::provider::{Identity, Vpcs};
use heroku_data_link_aws::AssumedRole;

use super::Account;

#[tokio::test]
async fn a_role_of_another_account_sees_that_account_alone() {
    let Some(hub) = Account::fresh() else { return };
    let spoke = hub.another();
    let aws = hub.client();
    let role = format!("arn:aws:iam::{}:role/data-link", spoke.id);
    let role = AssumedRole::new(role.parse().unwrap()).external_id("acme-7f3a");
    let there = aws.in_role(&role).unwrap();
    let (own, theirs) = (hub.vpc("10.1.0.0/16"), spoke.vpc("10.2.0.0/16"));
    assert!(there.vpc(&theirs).await.unwrap().is_some());
    assert_eq!(there.vpc(&own).await.unwrap(), None);
    assert!(aws.vpc(&own).await.unwrap().is_some());
    assert_eq!(aws.vpc(&theirs).await.unwrap(), None);
    let caller = there.caller_identity().await.unwrap();
    assert_eq!(caller.account, spoke.id);
    assert!(
        caller.arn.as_str().ends_with(":assumed-role/data-link/heroku-data-link"),
        "{caller:?}"
    );
}
