//! Secrets of Secrets Manager, against moto.
//!
//! moto lists versions that have no label any more, which AWS does not. It ignores the states of keys,
//! tells a key as it was named, and wants a token with each `UpdateSecret`.

use heroku_data_link::provider::{ErrorKind, Sink, StoredCopy};
use heroku_data_link::reconcile::ownership::{KIND_TAG, LINK_TAG};

use super::moto::Somebody;
use super::{Copy, kind, tags_of};

fn copy(text: &str) -> Copy {
    Copy::new("secrets-manager", "prod/cache", text)
}

/// How many versions there are, and what readers get.
fn versions_and_value(of: &Somebody) -> (usize, String) {
    let body = r#"{"SecretId":"prod/cache"}"#;
    let listed = of.secrets_manager("ListSecretVersionIds", body);
    let read = of.secrets_manager(
        "GetSecretValue",
        r#"{"SecretId":"prod/cache","VersionStage":"AWSCURRENT"}"#,
    );
    let (_, value) = read.split_once("\"SecretString\": \"").unwrap();
    (listed.matches("\"VersionId\"").count(), value.split('"').next().unwrap().to_owned())
}

#[tokio::test]
async fn the_whole_life_of_a_secret() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.secrets_manager();
    let (first, second) = (copy("first"), copy("second"));
    let seen = || versions_and_value(&somebody);
    let seen_is = |versions, value: &str| assert_eq!(seen(), (versions, value.to_owned()));

    assert_eq!(sink.stored(&first.at).await.unwrap(), None);
    first.create(&sink).await.unwrap();
    let stored = StoredCopy {
        tags: first.tags.clone(),
        stamp: Some(first.stamp()),
        kms_key: None,
        is_going: false,
    };
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored.clone()));
    seen_is(1, "first");
    let described = somebody.secrets_manager("DescribeSecret", r#"{"SecretId":"prod/cache"}"#);
    assert!(described.contains("The connection of link cache to redis-1"), "{described}");

    // The answer was lost, and it is said again; so is a renewal that has nothing to do.
    first.create(&sink).await.unwrap();
    first.renew(&sink).await.unwrap();
    seen_is(1, "first");

    // Rotated, and said twice.
    second.renew(&sink).await.unwrap();
    second.renew(&sink).await.unwrap();
    seen_is(2, "second");
    assert_eq!(second.stored_stamp(&sink).await, Some(second.stamp()));

    // Somebody changes the value.
    somebody.secrets_manager(
        "PutSecretValue",
        r#"{"SecretId":"prod/cache","SecretString":"by hand","ClientRequestToken":"12345678-0000-4000-8000-000000000000"}"#,
    );
    assert_eq!(second.stored_stamp(&sink).await, None);
    second.renew(&sink).await.unwrap();
    seen_is(3, "second");
    assert_eq!(second.stored_stamp(&sink).await, Some(second.stamp()));

    // Back to a text whose version is still there.
    first.renew(&sink).await.unwrap();
    seen_is(3, "first");
    assert_eq!(first.stored_stamp(&sink).await, Some(first.stamp()));

    // A tag is lost; one of somebody else's stays.
    somebody.secrets_manager(
        "UntagResource",
        &format!(r#"{{"SecretId":"prod/cache","TagKeys":["{KIND_TAG}"]}}"#),
    );
    somebody.secrets_manager(
        "TagResource",
        r#"{"SecretId":"prod/cache","Tags":[{"Key":"team","Value":"data"}]}"#,
    );
    first.renew(&sink).await.unwrap();
    let mut tags = first.tags.clone();
    tags.extend(tags_of([("team", "data")]));
    let stored = StoredCopy { tags, ..stored };
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored.clone()));
    seen_is(3, "first");

    sink.remove(&first.at).await.unwrap();
    assert_eq!(
        sink.stored(&first.at).await.unwrap(),
        Some(StoredCopy { is_going: true, ..stored })
    );
    sink.remove(&first.at).await.unwrap();
    assert_eq!(kind(second.renew(&sink).await), ErrorKind::Conflict);
    sink.remove(&copy("").at).await.unwrap();
    let nothing = Copy::new("secrets-manager", "prod/other", "");
    sink.remove(&nothing.at).await.unwrap();
}

#[tokio::test]
async fn a_foreign_secret_stays_as_it_is() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.secrets_manager();
    for (name, tags) in [
        ("prod/untagged", String::new()),
        ("prod/another-links", format!(r#","Tags":[{{"Key":"{LINK_TAG}","Value":"other"}}]"#)),
    ] {
        let ours = Copy::new("secrets-manager", name, "ours");
        let new = format!(
            r#"{{"Name":"{name}","SecretString":"theirs"{tags},"ClientRequestToken":"12345678-0000-4000-8000-000000000000"}}"#
        );
        somebody.secrets_manager("CreateSecret", &new);
        let before = sink.stored(&ours.at).await.unwrap();
        assert_eq!(kind(ours.create(&sink).await), ErrorKind::Conflict);
        let error = ours.renew(&sink).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains(&format!("secrets-manager {name} is not the link's own")));
        assert_eq!(sink.stored(&ours.at).await.unwrap(), before);
        let read =
            somebody.secrets_manager("GetSecretValue", &format!(r#"{{"SecretId":"{name}"}}"#));
        assert!(read.contains("theirs"), "{read}");
    }
}

#[tokio::test]
async fn a_secret_is_kept_under_the_key_of_the_spec() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.secrets_manager();
    let (one, other) = (somebody.key().await, somebody.key().await);
    let first = copy("first").under(&one);
    first.create(&sink).await.unwrap();
    let key = async || sink.stored(&first.at).await.unwrap().unwrap().kms_key;
    assert_eq!(key().await.as_ref(), Some(&one));

    // The key alone, and together with a rotation.
    first.under(&other).renew(&sink).await.unwrap();
    assert_eq!(key().await.as_ref(), Some(&other));
    assert_eq!(versions_and_value(&somebody), (1, "first".to_owned()));
    copy("second").under(&one).renew(&sink).await.unwrap();
    assert_eq!(key().await.as_ref(), Some(&one));
    assert_eq!(versions_and_value(&somebody), (2, "second".to_owned()));
    // A spec without a key leaves the key.
    copy("third").renew(&sink).await.unwrap();
    assert_eq!(key().await.as_ref(), Some(&one));

    // As AWS's console names a key, and as others may.
    let by_hand = |key: &str| {
        let token = "12345678-0000-4000-8000-000000000000";
        let body = format!(
            r#"{{"SecretId":"prod/cache","KmsKeyId":"{key}","ClientRequestToken":"{token}"}}"#
        );
        somebody.secrets_manager("UpdateSecret", &body);
    };
    by_hand(other.id().as_str());
    assert_eq!(key().await.as_ref(), Some(&other));
    by_hand("alias/data");
    assert_eq!(key().await, None);
}

#[tokio::test]
async fn what_is_gone_is_made_anew() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.secrets_manager();
    copy("first").renew(&sink).await.unwrap();
    assert_eq!(versions_and_value(&somebody), (1, "first".to_owned()));
}
