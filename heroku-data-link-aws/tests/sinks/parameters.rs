//! Parameters of the Parameter Store, against moto.
//!
//! moto keeps the former key where a value is written without one; AWS takes the account's own. It
//! ignores how long a value is, policies, and the states of keys.

use heroku_data_link::provider::{ErrorKind, Sink, StoredCopy};
use heroku_data_link::reconcile::ownership::{KIND_TAG, LINK_TAG};

use super::moto::Somebody;
use super::{Copy, kind, tags_of};

const NAME: &str = "/prod/cache";

fn copy(text: &str) -> Copy {
    Copy::new("parameter-store", NAME, text)
}

/// Which version there is, and what readers get.
fn version_and_value(of: &Somebody) -> (u32, String) {
    let read = of.ssm("GetParameter", &format!(r#"{{"Name":"{NAME}","WithDecryption":true}}"#));
    assert!(read.contains(r#""Type": "SecureString""#), "{read}");
    let (_, value) = read.split_once("\"Value\": \"").unwrap();
    let (_, version) = read.split_once("\"Version\": ").unwrap();
    let version = version.split([',', '}']).next().unwrap();
    (version.parse().unwrap(), value.split('"').next().unwrap().to_owned())
}

/// What is said of the parameter.
fn described(of: &Somebody) -> String {
    let filter = format!(r#"{{"ParameterFilters":[{{"Key":"Name","Values":["{NAME}"]}}]}}"#);
    of.ssm("DescribeParameters", &filter)
}

#[tokio::test]
async fn the_whole_life_of_a_parameter() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.parameter_store();
    let (first, second) = (copy("first"), copy("second"));
    let seen_is = |version, value: &str| {
        assert_eq!(version_and_value(&somebody), (version, value.to_owned()));
    };
    let stored = |copy: &Copy| {
        let mut tags = copy.tags.clone();
        tags.extend(tags_of([("heroku-data-link:stamp", copy.stamp().to_string().as_str())]));
        StoredCopy { tags, stamp: Some(copy.stamp()), kms_key: None, is_going: false }
    };

    assert_eq!(sink.stored(&first.at).await.unwrap(), None);
    first.create(&sink).await.unwrap();
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored(&first)));
    seen_is(1, "first");
    let said = described(&somebody);
    assert!(said.contains("The connection of link cache to redis-1"), "{said}");
    assert!(said.contains(r#""Tier": "Standard""#), "{said}");

    // The answer was lost, and it is said again: look first.
    assert_eq!(kind(first.create(&sink).await), ErrorKind::Conflict);
    first.renew(&sink).await.unwrap();
    seen_is(1, "first");

    // Rotated, and said twice.
    second.renew(&sink).await.unwrap();
    second.renew(&sink).await.unwrap();
    seen_is(2, "second");
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored(&second)));

    // Somebody changes the value, which the tags do not tell; and then the stamp, too.
    let by_hand = format!(r#"{{"Name":"{NAME}","Value":"by hand","Overwrite":true}}"#);
    somebody.ssm("PutParameter", &by_hand);
    assert_eq!(second.stored_stamp(&sink).await, Some(second.stamp()));
    let untag = |key: &str| {
        let body =
            format!(r#"{{"ResourceType":"Parameter","ResourceId":"{NAME}","TagKeys":["{key}"]}}"#);
        somebody.ssm("RemoveTagsFromResource", &body);
    };
    untag("heroku-data-link:stamp");
    assert_eq!(second.stored_stamp(&sink).await, None);
    second.renew(&sink).await.unwrap();
    seen_is(4, "second");

    // Back to an older text.
    first.renew(&sink).await.unwrap();
    seen_is(5, "first");
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored(&first)));

    // A tag is lost.
    untag(KIND_TAG);
    first.renew(&sink).await.unwrap();
    assert_eq!(sink.stored(&first.at).await.unwrap(), Some(stored(&first)));
    seen_is(5, "first");

    sink.remove(&first.at).await.unwrap();
    assert_eq!(sink.stored(&first.at).await.unwrap(), None);
    sink.remove(&first.at).await.unwrap();
}

#[tokio::test]
async fn a_foreign_parameter_stays_as_it_is() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.parameter_store();
    for (name, tags) in [
        ("/prod/untagged", String::new()),
        ("/prod/another", format!(r#","Tags":[{{"Key":"{LINK_TAG}","Value":"other"}}]"#)),
    ] {
        let ours = Copy::new("parameter-store", name, "ours");
        let new = format!(r#"{{"Name":"{name}","Value":"theirs","Type":"String"{tags}}}"#);
        somebody.ssm("PutParameter", &new);
        let before = sink.stored(&ours.at).await.unwrap();
        assert_eq!(kind(ours.create(&sink).await), ErrorKind::Conflict);
        let error = ours.renew(&sink).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains(&format!("parameter-store {name} is not the link's own")));
        assert_eq!(sink.stored(&ours.at).await.unwrap(), before);
        let read = somebody.ssm("GetParameter", &format!(r#"{{"Name":"{name}"}}"#));
        assert!(read.contains("theirs"), "{read}");
    }
}

#[tokio::test]
async fn a_parameter_is_kept_under_the_key_of_the_spec() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.parameter_store();
    let (one, other) = (somebody.key().await, somebody.key().await);
    let first = copy("first").under(&one);
    first.create(&sink).await.unwrap();
    let key = async || sink.stored(&first.at).await.unwrap().unwrap().kms_key;
    assert_eq!(key().await.as_ref(), Some(&one));
    assert!(described(&somebody).contains(one.as_str()));

    first.under(&other).renew(&sink).await.unwrap();
    assert_eq!(key().await.as_ref(), Some(&other));
    assert!(described(&somebody).contains(other.as_str()));
    assert_eq!(version_and_value(&somebody), (2, "first".to_owned()));
    // It is written again only when its text is another one, and then under the account's own key.
    copy("first").renew(&sink).await.unwrap();
    assert_eq!(key().await.as_ref(), Some(&other));
    copy("second").renew(&sink).await.unwrap();
    assert_eq!(key().await, None);
    assert_eq!(version_and_value(&somebody), (3, "second".to_owned()));
}

#[tokio::test]
async fn a_longer_text_needs_the_advanced_tier() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.parameter_store();
    assert_eq!(sink.longest(), Some(4096));
    copy("first").create(&sink).await.unwrap();
    let advanced = sink.advanced();
    assert_eq!(advanced.longest(), Some(8192));
    copy(&"x".repeat(5000)).renew(&advanced).await.unwrap();
    assert!(described(&somebody).contains(r#""Tier": "Advanced""#));
}

#[tokio::test]
async fn what_is_gone_is_made_anew_with_its_tags() {
    let Some(somebody) = Somebody::new() else { return };
    let sink = somebody.aws.parameter_store();
    copy("first").renew(&sink).await.unwrap();
    assert_eq!(copy("first").stored_stamp(&sink).await, Some(copy("first").stamp()));
    assert_eq!(version_and_value(&somebody), (1, "first".to_owned()));
}
