use super::super::check::{GRANTS, USE};
use super::super::{LONGEST_KEY_POLICY, PolicyError};
use super::*;

fn merged(policy: &KeyPolicy) -> Value {
    let merged = policy.merge(&parties()).unwrap();
    assert_eq!(merged.merge(&parties()).unwrap().to_string(), merged.to_string());
    serde_json::from_str(&merged.to_string()).unwrap()
}

/// The statements that a new policy has for Heroku Data.
fn ours() -> [Value; 2] {
    let built = serde_json::to_value(KeyPolicy::for_heroku(&parties())).unwrap();
    [built["Statement"][1].clone(), built["Statement"][2].clone()]
}

#[test]
fn what_grants_everything_comes_back_as_it_is() {
    for text in [CONSOLE.to_owned(), KeyPolicy::for_heroku(&parties()).to_string()] {
        let policy: KeyPolicy = text.parse().unwrap();
        assert_eq!(policy.merge(&parties()).unwrap().to_string(), policy.to_string());
    }
    let open = of_statements(&[owner_statement(), heroku_may(&["*"], json!({}))]);
    assert_eq!(open.merge(&parties()).unwrap().to_string(), open.to_string());
}

#[test]
fn what_is_missing_is_added_after_what_is_there() {
    let [use_key, grants] = ours();
    let owner = owner_statement();
    let only_use = heroku_may(&USE, json!({ "Sid": "Allow use of the key" }));
    let only_grants = heroku_may(&GRANTS, json!({}));
    let half_use = heroku_may(&["kms:Encrypt"], json!({ "Sid": "Allow use of the key" }));
    for (before, after) in [
        (vec![owner.clone()], vec![&use_key, &grants]),
        (vec![owner.clone(), only_use], vec![&grants]),
        (vec![owner.clone(), only_grants], vec![&use_key]),
        (vec![half_use, owner.clone()], vec![&use_key, &grants]),
    ] {
        let all: Vec<&Value> = before.iter().chain(after).collect();
        assert_eq!(merged(&of_statements(&before))["Statement"], json!(all));
    }
    // One statement becomes a list, and everything else stays where and as it was.
    let text = r#"{"Statement":{"Resource":["*"],"Action":"KMS:*","Note":{"b":1,"a":2},"#
        .to_owned()
        + r#""Effect":"Allow","Principal":{"AWS":"111122223333"}},"Id":"mine","Version":"2012"}"#;
    let after = text.parse::<KeyPolicy>().unwrap().merge(&parties()).unwrap().to_string();
    let kept = text.replace("\"Statement\":", "").split_once(",\"Id\"").unwrap().0[1..].to_owned();
    assert_eq!(
        after,
        format!(
            "{{\"Statement\":[{kept},{use_key},{grants}],\"Id\":\"mine\",\"Version\":\"2012\"}}",
            use_key = in_order(0),
            grants = in_order(1)
        )
    );
}

/// A statement of ours with its members in the order in which they are written.
fn in_order(which: usize) -> String {
    let text = KeyPolicy::for_heroku(&parties()).to_string();
    let (_, from) = text.split_once("{\"Sid\":\"HerokuDataUse\"").unwrap();
    let (first, second) = from.split_once(",{\"Sid\":\"HerokuDataGrants\"").unwrap();
    match which {
        0 => format!("{{\"Sid\":\"HerokuDataUse\"{first}"),
        _ => format!("{{\"Sid\":\"HerokuDataGrants\"{}", second.strip_suffix("]}").unwrap()),
    }
}

#[test]
fn a_statement_of_ours_is_mended_in_its_place() {
    let [use_key, grants] = ours();
    let owner = owner_statement();
    let right = json!([use_key, owner, grants]);
    for changes in [
        json!({ "Action": ["kms:Encrypt"] }),
        json!({ "Action": null }),
        json!({ "Resource": "arn:aws:kms:us-east-1:111122223333:key/other" }),
        json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } }),
        json!({ "Principal": { "AWS": ["021876802972"] }, "Action": "kms:Decrypt" }),
    ] {
        let before =
            of_statements(&[with(use_key.clone(), changes), owner.clone(), grants.clone()]);
        assert_eq!(merged(&before)["Statement"], right);
    }
    // Its name stays, too.
    let renamed = with(grants, json!({ "Sid": "HerokuDataGrants7" }));
    let broken = with(renamed.clone(), json!({ "Action": "kms:ListGrants" }));
    let before = of_statements(&[owner.clone(), use_key.clone(), broken]);
    assert_eq!(merged(&before)["Statement"], json!([owner, use_key, renamed]));
}

#[test]
fn a_foreign_statement_with_our_name_stays() {
    let [use_key, grants] = ours();
    for foreign in [
        json!({ "Principal": { "AWS": ADMIN } }),
        json!({ "Principal": { "AWS": [HEROKU_ROOT, ADMIN] }, "Action": "kms:Encrypt" }),
        json!({ "Principal": { "AWS": "444455556666" } }),
        json!({ "Effect": "Deny", "Action": "kms:Sign" }),
        json!({ "Principal": null, "NotPrincipal": { "AWS": HEROKU_ROOT } }),
    ] {
        let foreign = with(use_key.clone(), foreign);
        let before = of_statements(&[owner_statement(), foreign.clone()]);
        let second = with(use_key.clone(), json!({ "Sid": "HerokuDataUse2" }));
        assert_eq!(
            merged(&before)["Statement"],
            json!([owner_statement(), foreign, second, grants])
        );
        let taken = with(foreign.clone(), json!({ "Sid": "HerokuDataUse2" }));
        let before = of_statements(&[owner_statement(), foreign, taken, grants.clone()]);
        assert_eq!(merged(&before)["Statement"][4]["Sid"], "HerokuDataUse3");
    }
    let other = with(use_key, json!({ "Sid": "HerokuDataUseful", "Action": "kms:Encrypt" }));
    let after = merged(&of_statements(&[owner_statement(), other.clone()]));
    assert_eq!(after["Statement"][1], other);
}

#[test]
fn a_denial_stays_and_shows() {
    let guard = deny("kms:Decrypt", json!({}));
    let policy = of_statements(&[owner_statement(), guard.clone()]);
    let after = policy.merge(&parties()).unwrap();
    assert_eq!(missing(&after, &parties()), ["kms:Decrypt"]);
    assert_eq!(merged(&policy)["Statement"][1], guard);
}

#[test]
fn a_result_longer_than_kms_takes_is_refused() {
    let text = json!({ "Id": "x".repeat(LONGEST_KEY_POLICY - 400),
                       "Statement": owner_statement() });
    let error = policy(&text).merge(&parties()).unwrap_err();
    assert!(matches!(error, PolicyError::TooLong { length } if length > LONGEST_KEY_POLICY));
}
