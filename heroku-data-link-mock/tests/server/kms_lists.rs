//! KMS over HTTP: aliases, tags, and lists in pages.

use std::num::NonZeroUsize;
use std::time::Duration;

use heroku_data_link_mock::{ServeOptions, World};
use serde_json::{Value, json};

use crate::kms::{code, new_key, ok};
use crate::support::Served;

/// 2026-01-01T00:00:00Z, where every world begins.
const START: f64 = 1_767_225_600.0;

/// A server with so many results on a page.
async fn in_pages_of(size: usize) -> Served {
    let page_size = NonZeroUsize::new(size).unwrap();
    let world = World::new();
    let options = ServeOptions { page_size, ..ServeOptions::default() };
    Served { server: world.serve_with(options).await.unwrap(), world }
}

/// All pages of a list.
async fn pages(served: &Served, action: &str, mut body: Value, member: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    for _ in 0..9 {
        let page = ok(served, action, body.clone()).await;
        pages.push(page[member].clone());
        if page["Truncated"] == false {
            assert_eq!(page["NextMarker"], Value::Null);
            return pages;
        }
        body["Marker"] = page["NextMarker"].clone();
    }
    panic!("no end: {pages:?}");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let served = in_pages_of(2).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(new_key(&served).await);
        let alias = json!({ "AliasName": format!("alias/{number}"), "TargetKeyId": ids[number] });
        ok(&served, "CreateAlias", alias).await;
    }
    let keys = pages(&served, "ListKeys", json!({}), "Keys").await;
    let listed: Vec<_> = keys.iter().flat_map(|page| page.as_array().unwrap()).collect();
    assert_eq!((keys.len(), listed.len()), (3, 5));
    for (key, id) in listed.into_iter().zip(&ids) {
        let arn = format!("arn:aws:kms:us-east-1:123456789101:key/{id}");
        assert_eq!(*key, json!({ "KeyId": id, "KeyArn": arn }));
    }
    assert_eq!(pages(&served, "ListKeys", json!({ "Limit": 1 }), "Keys").await.len(), 5);
    assert_eq!(pages(&served, "ListAliases", json!({ "Limit": 100 }), "Aliases").await.len(), 3);

    let tags: Vec<_> =
        (0..4).map(|it| json!({ "TagKey": it.to_string(), "TagValue": "" })).collect();
    ok(&served, "TagResource", json!({ "KeyId": ids[0], "Tags": tags })).await;
    let of_key = json!({ "KeyId": ids[0] });
    let tagged = pages(&served, "ListResourceTags", of_key, "Tags").await;
    assert_eq!(tagged, [json!(tags[..2]), json!(tags[2..])]);

    let page = ok(&served, "ListAliases", json!({})).await;
    let marker = json!({ "Marker": page["NextMarker"] });
    assert_eq!(code(&served, "ListKeys", marker).await, "InvalidMarkerException");
    for (action, limit) in [("ListAliases", 101), ("ListAliases", 0), ("ListKeys", -1)] {
        let body = json!({ "Limit": limit });
        assert_eq!(code(&served, action, body).await, "ValidationException", "{action} {limit}");
    }
}

#[tokio::test]
async fn an_alias_tells_when_it_came_to_name_its_key() {
    let served = Served::new(World::new()).await;
    let (one, other) = (new_key(&served).await, new_key(&served).await);
    let named = |id: &str| json!({ "AliasName": "alias/a", "TargetKeyId": id });
    ok(&served, "CreateAlias", named(&one)).await;
    served.world.advance(Duration::from_secs(60));
    assert_eq!(code(&served, "CreateAlias", named(&other)).await, "AlreadyExistsException");
    assert_eq!(ok(&served, "UpdateAlias", named(&other)).await, Value::Null);
    let listed = ok(&served, "ListAliases", json!({})).await;
    let entry = json!({
        "AliasName": "alias/a",
        "AliasArn": "arn:aws:kms:us-east-1:123456789101:alias/a",
        "TargetKeyId": other,
        "CreationDate": START,
        "LastUpdatedDate": START + 60.0,
    });
    assert_eq!(listed, json!({ "Aliases": [entry], "Truncated": false }));
    let of_one = ok(&served, "ListAliases", json!({ "KeyId": one })).await;
    assert_eq!(of_one["Aliases"], json!([]));
    let unknown = json!({ "KeyId": "1234abcd" });
    assert_eq!(code(&served, "ListAliases", unknown).await, "NotFoundException");

    let alias = || json!({ "AliasName": "alias/a" });
    assert_eq!(ok(&served, "DeleteAlias", alias()).await, Value::Null);
    assert_eq!(code(&served, "DeleteAlias", alias()).await, "NotFoundException");
    assert_eq!(code(&served, "UpdateAlias", named(&one)).await, "NotFoundException");
    let malformed = [
        ("a", "ValidationException"),
        ("alias/", "InvalidAliasNameException"),
        ("alias/a b", "InvalidAliasNameException"),
        ("alias/aws/a", "InvalidAliasNameException"),
    ];
    for (name, expected) in malformed {
        let body = json!({ "AliasName": name, "TargetKeyId": one });
        assert_eq!(code(&served, "CreateAlias", body).await, expected, "{name}");
    }
    let nobody = json!({ "AliasName": "alias/b", "TargetKeyId": "1234abcd" });
    assert_eq!(code(&served, "CreateAlias", nobody).await, "NotFoundException");
}

#[tokio::test]
async fn tags_are_added_replaced_and_taken_away() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    let tag = |key: &str, value: &str| json!({ "TagKey": key, "TagValue": value });
    let tags =
        async |list: Value| ok(&served, "TagResource", json!({ "KeyId": id, "Tags": list })).await;
    assert_eq!(tags(json!([tag("a", "1"), tag("b", "2")])).await, Value::Null);
    tags(json!([tag("b", "3")])).await;
    let untag = json!({ "KeyId": id, "TagKeys": ["a", "unknown"] });
    assert_eq!(ok(&served, "UntagResource", untag).await, Value::Null);
    let listed = ok(&served, "ListResourceTags", json!({ "KeyId": id })).await;
    assert_eq!(listed["Tags"], json!([tag("b", "3")]));

    let many: Vec<_> = (0..50).map(|number| tag(&number.to_string(), "")).collect();
    let refused = [
        (json!(many), "LimitExceededException"),
        (json!([tag("c", ""), tag("c", "")]), "TagException"),
        (json!([tag("", "")]), "TagException"),
        (json!([tag("c", &"v".repeat(257))]), "TagException"),
    ];
    for (list, expected) in refused {
        let body = json!({ "KeyId": id, "Tags": list });
        assert_eq!(code(&served, "TagResource", body).await, expected);
    }
}
