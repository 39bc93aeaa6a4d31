//! KMS keys.
//!
//! moto checks neither policies nor states, and does not say what a key is used for unless that was
//! asked for.

use std::time::UNIX_EPOCH;

use heroku_data_link::model::{KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{ErrorKind, Key, Keys, NewKey, Tags};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::Client;

use super::{Account, kind, tag, tags};

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Enable IAM User Permissions",
    "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}]}"#;

fn new_key(tags: Tags) -> NewKey {
    NewKey { policy: POLICY.to_owned(), description: "orders (a test)".to_owned(), tags }
}

fn alias(name: &str) -> KeyAlias {
    name.parse().unwrap()
}

async fn state(aws: &Client, key: &KeyArn) -> KeyState {
    aws.key(key).await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_key_is_described_as_it_was_made() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let own = tags([(LINK_TAG, "orders"), ("Name", "orders & more")]);
    let arn = aws.create_key(&new_key(own.clone())).await.unwrap();
    assert_eq!((arn.account(), arn.region()), (&account.id, &account.region));

    let key = aws.key(&arn).await.unwrap().unwrap();
    assert!(key.created_at.is_some_and(|at| at > UNIX_EPOCH));
    let expected = Key {
        arn: arn.clone(),
        state: KeyState::Enabled,
        // AWS says ENCRYPT_DECRYPT.
        usage: String::new(),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        origin: "AWS_KMS".to_owned(),
        description: "orders (a test)".to_owned(),
        is_aws_managed: false,
        is_multi_region: false,
        created_at: key.created_at,
        deletion_at: None,
    };
    assert_eq!(key, expected);
    assert_eq!(aws.key_tags(&arn).await.unwrap(), own);
    assert_eq!(aws.key_policy(&arn).await.unwrap(), POLICY);
}

#[tokio::test]
async fn what_is_not_there_is_none_or_not_found() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let arn: KeyArn =
        format!("arn:aws:kms:us-east-1:{}:key/01234567-89ab-cdef-0123-456789abcdef", account.id)
            .parse()
            .unwrap();
    assert_eq!(aws.key(&arn).await.unwrap(), None);
    assert_eq!(aws.key_by_alias(&alias("alias/orders")).await.unwrap(), None);
    assert_eq!(aws.keys_tagged(&tag(LINK_TAG, "orders")).await.unwrap(), []);
    assert_eq!(kind(aws.key_tags(&arn).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.key_policy(&arn).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.put_key_policy(&arn, POLICY).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.key_rotation(&arn).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.cancel_key_deletion(&arn).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_key_is_found_by_alias_and_by_tag() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let mut keys = Vec::new();
    for link in ["orders", "carts"] {
        let own = tags([(LINK_TAG, link)]);
        let arn = aws.create_key(&new_key(own)).await.unwrap();
        aws.create_key_alias(&alias(&format!("alias/shop/{link}")), &arn).await.unwrap();
        keys.push(arn);
    }
    let [orders, carts] = &keys[..] else { panic!("two keys were made") };
    let by_alias = aws.key_by_alias(&alias("alias/shop/orders")).await.unwrap();
    assert_eq!(by_alias.map(|key| key.arn).as_ref(), Some(orders));
    let by_tag = aws.keys_tagged(&tag(LINK_TAG, "carts")).await.unwrap();
    assert_eq!(by_tag.iter().map(|key| &key.arn).collect::<Vec<_>>(), [carts]);
    let other_value = tag(LINK_TAG, "baskets");
    assert_eq!(aws.keys_tagged(&other_value).await.unwrap(), []);
}

#[tokio::test]
async fn an_alias_names_one_key() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let first = aws.create_key(&new_key(Tags::new())).await.unwrap();
    let second = aws.create_key(&new_key(Tags::new())).await.unwrap();
    let [orders, carts] = ["alias/orders", "alias/carts"].map(alias);
    for name in [&orders, &carts] {
        aws.create_key_alias(name, &first).await.unwrap();
    }
    let error = aws.create_key_alias(&orders, &second).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    assert!(error.message().starts_with("AlreadyExistsException: "), "{error}");

    for name in [&orders, &carts] {
        assert_eq!(aws.key_by_alias(name).await.unwrap().unwrap().arn, first);
    }
}

#[tokio::test]
async fn a_policy_is_replaced_as_a_whole() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let arn = aws.create_key(&new_key(Tags::new())).await.unwrap();
    let other = POLICY.replace("Enable IAM User Permissions", "Another \u{201c}Sid\u{201d}");
    aws.put_key_policy(&arn, &other).await.unwrap();
    assert_eq!(aws.key_policy(&arn).await.unwrap(), other);
}

/// moto does not say how often a key is rotated, or when next.
#[tokio::test]
async fn rotation_is_switched_on() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let arn = aws.create_key(&new_key(Tags::new())).await.unwrap();
    assert!(!aws.key_rotation(&arn).await.unwrap().enabled);
    aws.enable_key_rotation(&arn, 365).await.unwrap();
    aws.enable_key_rotation(&arn, 90).await.unwrap();
    assert!(aws.key_rotation(&arn).await.unwrap().enabled);
}

#[tokio::test]
async fn a_key_is_disabled_and_enabled() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let arn = aws.create_key(&new_key(Tags::new())).await.unwrap();
    aws.disable_key(&arn).await.unwrap();
    assert_eq!(state(&aws, &arn).await, KeyState::Disabled);
    aws.enable_key(&arn).await.unwrap();
    assert_eq!(state(&aws, &arn).await, KeyState::Enabled);
}

#[tokio::test]
async fn a_deletion_is_scheduled_and_taken_back() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let arn = aws.create_key(&new_key(Tags::new())).await.unwrap();
    let created = aws.key(&arn).await.unwrap().unwrap().created_at.unwrap();
    let at = aws.schedule_key_deletion(&arn, 7).await.unwrap();
    let days = at.duration_since(created).unwrap().as_secs() / (24 * 60 * 60);
    assert!((6..=7).contains(&days), "in {days} days");
    let key = aws.key(&arn).await.unwrap().unwrap();
    assert_eq!((key.state, key.deletion_at), (KeyState::PendingDeletion, Some(at)));
    aws.cancel_key_deletion(&arn).await.unwrap();
    let key = aws.key(&arn).await.unwrap().unwrap();
    assert_eq!((key.state, key.deletion_at), (KeyState::Disabled, None));
}
