//! KMS keys: the states that they are in, and what each allows.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{
    ErrorKind, Keys, NewKey, ProviderResult, Rotation, Tag, operation,
};
use heroku_data_link_mock::{AwsFace, KeySpec, World};

use crate::fixture::{ACCOUNT, kind, secs};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn owner_only() -> String {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{root}"}},"Action":"kms:*","Resource":"*"}}]}}"#
    )
}

pub(crate) fn new_key(link: &str) -> NewKey {
    NewKey {
        policy: owner_only(),
        description: "data".to_owned(),
        tags: BTreeMap::from([("heroku-data-link:link".to_owned(), link.to_owned())]),
    }
}

fn team() -> BTreeMap<String, String> {
    BTreeMap::from([("team".to_owned(), "data".to_owned())])
}

fn alias(text: &str) -> KeyAlias {
    text.parse().unwrap()
}

async fn state(world: &World, key: &KeyArn) -> KeyState {
    world.aws().key(key).await.unwrap().unwrap().state
}

#[tokio::test]
async fn every_key_is_another_one() {
    let world = World::new();
    let aws = world.aws();
    let first = aws.create_key(&new_key("a")).await.unwrap();
    let second = aws.create_key(&new_key("a")).await.unwrap();
    assert_ne!(first, second, "there is no token");
    let key = aws.key(&first).await.unwrap().unwrap();
    assert_eq!((key.arn, key.state), (first.clone(), KeyState::Enabled));
    assert_eq!((key.usage.as_str(), key.spec.as_str()), ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"));
    assert_eq!((key.origin.as_str(), key.is_aws_managed), ("AWS_KMS", false));
    assert_eq!((key.created_at, key.deletion_at), (Some(world.now()), None));

    let tag = |value: &str| Tag { key: "heroku-data-link:link".into(), value: value.into() };
    assert_eq!(aws.keys_tagged(&tag("a")).await.unwrap().len(), 2);
    assert_eq!(aws.keys_tagged(&tag("b")).await.unwrap(), []);
    assert_eq!(aws.key_tags(&first).await.unwrap(), new_key("a").tags);
    assert_eq!(aws.key_policy(&first).await.unwrap(), owner_only());
}

#[tokio::test]
async fn keys_are_of_one_account_and_region() {
    let world = World::new();
    let far = world.add_key(&KeySpec::new().in_region("eu-west-1").with_alias("alias/a")).unwrap();
    let foreign = world.add_key(&KeySpec::new().in_account("111122223333")).unwrap();
    let aws = world.aws();
    assert_eq!(kind(aws.key(&far).await), ErrorKind::InvalidRequest);
    assert_eq!(kind(aws.enable_key(&far).await), ErrorKind::InvalidRequest);
    assert_eq!(kind(aws.key(&foreign).await), ErrorKind::Forbidden);
    assert_eq!(kind(aws.put_key_policy(&foreign, &owner_only()).await), ErrorKind::Forbidden);
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap(), None);
    let there = world.aws_in(ACCOUNT.parse().unwrap(), "eu-west-1".parse().unwrap());
    assert_eq!(there.key_by_alias(&alias("alias/a")).await.unwrap().unwrap().arn, far);
    assert_eq!(Keys::region(there.as_ref()).as_str(), "eu-west-1");

    let missing = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd").parse().unwrap();
    assert_eq!(aws.key(&missing).await.unwrap(), None);
    assert_eq!(kind(aws.key_tags(&missing).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.key_policy(&missing).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.key_rotation(&missing).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.cancel_key_deletion(&missing).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.create_key_alias(&alias("alias/b"), &missing).await), ErrorKind::NotFound);
}

type Call = fn(&AwsFace, &KeyArn) -> ProviderResult<()>;

fn now<T>(call: impl Future<Output = ProviderResult<T>>) -> ProviderResult<()> {
    futures_util::FutureExt::now_or_never(call).unwrap().map(drop)
}

#[tokio::test]
async fn a_key_allows_in_each_state_what_kms_allows() {
    use ErrorKind::Conflict;
    let calls: [(&str, Call, [Option<ErrorKind>; 3]); 9] = [
        ("disable", |aws, key| now(aws.disable_key(key)), [None, None, Some(Conflict)]),
        ("enable", |aws, key| now(aws.enable_key(key)), [None, None, Some(Conflict)]),
        (
            "rotate",
            |aws, key| now(aws.enable_key_rotation(key, 365)),
            [None, Some(Conflict), Some(Conflict)],
        ),
        ("tag", |aws, key| now(aws.tag_key(key, &team())), [None, None, Some(Conflict)]),
        ("put", |aws, key| now(aws.put_key_policy(key, &owner_only())), [None, None, None]),
        ("read", |aws, key| now(aws.key_rotation(key)), [None, None, None]),
        (
            "alias",
            |aws, key| now(aws.create_key_alias(&alias("alias/x"), key)),
            [None, None, Some(Conflict)],
        ),
        ("delete", |aws, key| now(aws.schedule_key_deletion(key, 7)), [None, None, None]),
        ("cancel", |aws, key| now(aws.cancel_key_deletion(key)), [None, None, None]),
    ];
    for (name, call, expected) in calls {
        for (at, expected) in
            [KeyState::Enabled, KeyState::Disabled, KeyState::PendingDeletion].iter().zip(expected)
        {
            let world = World::new();
            let key = world.add_key(&KeySpec::new().in_state(at.clone())).unwrap();
            let answer = call(&world.aws(), &key);
            assert_eq!(answer.err().map(|error| error.kind().clone()), expected, "{name}, {at}");
        }
    }
}

#[tokio::test]
async fn a_deletion_that_is_cancelled_leaves_the_key_disabled() {
    let world = World::new();
    let aws = world.aws();
    let key = aws.create_key(&new_key("a")).await.unwrap();
    aws.create_key_alias(&alias("alias/a"), &key).await.unwrap();
    for days in [0, 6, 31] {
        let refused = aws.schedule_key_deletion(&key, days).await;
        assert_eq!(kind(refused), ErrorKind::InvalidRequest, "{days}");
    }
    aws.cancel_key_deletion(&key).await.unwrap();
    assert_eq!(state(&world, &key).await, KeyState::Enabled, "there was nothing to cancel");

    let date = aws.schedule_key_deletion(&key, 7).await.unwrap();
    assert_eq!(date, world.now() + 7 * DAY);
    world.advance(DAY);
    assert_eq!(aws.schedule_key_deletion(&key, 30).await.unwrap(), date, "it keeps its date");
    let pending = aws.key(&key).await.unwrap().unwrap();
    assert_eq!((pending.state, pending.deletion_at), (KeyState::PendingDeletion, Some(date)));

    aws.cancel_key_deletion(&key).await.unwrap();
    let back = aws.key(&key).await.unwrap().unwrap();
    assert_eq!((back.state, back.deletion_at), (KeyState::Disabled, None));
    world.advance(30 * DAY);
    assert_eq!(state(&world, &key).await, KeyState::Disabled);

    aws.schedule_key_deletion(&key, 7).await.unwrap();
    world.advance(7 * DAY);
    assert_eq!(aws.key(&key).await.unwrap(), None);
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap(), None, "it went with the key");
    let next = aws.create_key(&new_key("a")).await.unwrap();
    aws.create_key_alias(&alias("alias/a"), &next).await.unwrap();
}

#[tokio::test]
async fn an_alias_names_one_key() {
    let world = World::new();
    let aws = world.aws();
    let [one, other] = ["a", "b"].map(|_| world.add_key(&KeySpec::new()).unwrap());
    aws.create_key_alias(&alias("alias/a"), &one).await.unwrap();
    for key in [&one, &other] {
        assert_eq!(kind(aws.create_key_alias(&alias("alias/a"), key).await), ErrorKind::Conflict);
    }
    aws.create_key_alias(&alias("alias/b"), &one).await.unwrap();
    assert_eq!(aws.key_by_alias(&alias("alias/b")).await.unwrap().unwrap().arn, one);

    world.set_key_alias(&alias("alias/a"), None);
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap(), None);
    aws.create_key_alias(&alias("alias/a"), &other).await.unwrap();
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap().unwrap().arn, other);
}

#[tokio::test]
async fn keys_are_rotated_in_90_to_2560_days() {
    let world = World::new();
    let aws = world.aws();
    let key = aws.create_key(&new_key("a")).await.unwrap();
    let off = Rotation { enabled: false, period_days: None, next: None };
    assert_eq!(aws.key_rotation(&key).await.unwrap(), off);
    for days in [0, 89, 2561] {
        assert_eq!(kind(aws.enable_key_rotation(&key, days).await), ErrorKind::InvalidRequest);
    }
    let start = world.now();
    aws.enable_key_rotation(&key, 90).await.unwrap();
    let rotation = |period_days, next: SystemTime| Rotation {
        enabled: true,
        period_days: Some(period_days),
        next: Some(next),
    };
    assert_eq!(aws.key_rotation(&key).await.unwrap(), rotation(90, start + 90 * DAY));
    world.advance(100 * DAY);
    aws.enable_key_rotation(&key, 90).await.unwrap();
    assert_eq!(aws.key_rotation(&key).await.unwrap(), rotation(90, start + 180 * DAY));
    aws.enable_key_rotation(&key, 2560).await.unwrap();
    let next = world.now() + 2560 * DAY;
    assert_eq!(aws.key_rotation(&key).await.unwrap(), rotation(2560, next));
    aws.schedule_key_deletion(&key, 30).await.unwrap();
    assert!(!aws.key_rotation(&key).await.unwrap().enabled);
    aws.cancel_key_deletion(&key).await.unwrap();
    aws.enable_key(&key).await.unwrap();
    world.set_key_rotation(&key, None).unwrap();
    assert_eq!(aws.key_rotation(&key).await.unwrap(), off);

    for spec in [KeySpec::new().asymmetric(), KeySpec::new().of_imported_material()] {
        let key = world.add_key(&spec).unwrap();
        assert_eq!(kind(aws.key_rotation(&key).await), ErrorKind::InvalidRequest);
        assert_eq!(kind(aws.enable_key_rotation(&key, 365).await), ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn nobody_changes_a_key_that_aws_manages() {
    let world = World::new();
    let aws = world.aws();
    let key = world.add_key(&KeySpec::new().aws_managed().rotated_every(365)).unwrap();
    let seen = aws.key(&key).await.unwrap().unwrap();
    assert!(seen.is_aws_managed && !seen.is_multi_region);
    assert!(aws.key_rotation(&key).await.unwrap().enabled);
    assert_eq!(kind(aws.put_key_policy(&key, &owner_only()).await), ErrorKind::Forbidden);
    assert_eq!(kind(aws.disable_key(&key).await), ErrorKind::Forbidden);
    assert_eq!(kind(aws.schedule_key_deletion(&key, 7).await), ErrorKind::Forbidden);
    assert_eq!(kind(aws.create_key_alias(&alias("alias/a"), &key).await), ErrorKind::Forbidden);

    let pair = world.add_key(&KeySpec::new().asymmetric().multi_region()).unwrap();
    let seen = aws.key(&pair).await.unwrap().unwrap();
    assert_eq!((seen.spec.as_str(), seen.usage.as_str()), ("RSA_2048", "SIGN_VERIFY"));
    assert!(seen.is_multi_region);
}

#[tokio::test]
async fn a_key_is_not_seen_by_reads_that_lag() {
    let world = World::new();
    let aws = world.aws();
    world.set_read_lag(secs(30));
    let key = aws.create_key(&new_key("a")).await.unwrap();
    aws.create_key_alias(&alias("alias/a"), &key).await.unwrap();
    world.advance(secs(29));
    assert_eq!(aws.key(&key).await.unwrap(), None);
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap(), None);
    world.advance(secs(1));
    assert_eq!(aws.key_by_alias(&alias("alias/a")).await.unwrap().unwrap().arn, key);
    aws.disable_key(&key).await.unwrap();
    assert_eq!(state(&world, &key).await, KeyState::Enabled);
    world.advance(secs(30));
    assert_eq!(state(&world, &key).await, KeyState::Disabled);
}

#[tokio::test]
async fn a_key_that_nobody_can_find_is_an_orphan() {
    let world = World::new();
    let aws = world.aws();
    world.add_key(&KeySpec::new()).unwrap();
    world.add_key(&KeySpec::new().tagged("heroku-data-link:link", "old")).unwrap();
    assert_eq!(world.orphans(), [""; 0], "what was there is somebody's");
    let first = aws.create_key(&new_key("a")).await.unwrap();
    assert_eq!(world.orphans(), [format!("key {first} of link a: it has no alias")]);
    aws.create_key_alias(&alias("alias/a"), &first).await.unwrap();
    assert_eq!(world.orphans(), [""; 0]);

    let second = aws.create_key(&new_key("a")).await.unwrap();
    aws.create_key_alias(&alias("alias/b"), &second).await.unwrap();
    let twins = format!("link a has several keys of {ACCOUNT} in us-east-1: {first}, {second}");
    assert_eq!(world.orphans(), [twins]);
    aws.schedule_key_deletion(&second, 7).await.unwrap();
    assert_eq!(world.orphans(), [""; 0], "it is on its way out");

    let foreign = NewKey { tags: BTreeMap::new(), ..new_key("a") };
    let foreign = aws.create_key(&foreign).await.unwrap();
    assert_eq!(world.orphans(), [format!("key {foreign}: it belongs to no link")]);
}

#[tokio::test]
async fn calls_of_kms_take_the_rights_of_all_that_they_do() {
    let world = World::new();
    let aws = world.aws();
    let key = aws.create_key(&new_key("a")).await.unwrap();
    let tag = Tag { key: "k".to_owned(), value: "v".to_owned() };
    aws.keys_tagged(&tag).await.unwrap();
    aws.key(&key).await.unwrap();
    let permissions: Vec<_> = world.journal().into_iter().map(|call| call.permissions).collect();
    assert_eq!(
        permissions,
        [
            vec![operation::CREATE_KEY, operation::PUT_KEY_POLICY, operation::TAG_KEY],
            vec![operation::LIST_KEYS, operation::LIST_RESOURCE_TAGS, operation::DESCRIBE_KEY],
            vec![operation::DESCRIBE_KEY],
        ]
    );
}
