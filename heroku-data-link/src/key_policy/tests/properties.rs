use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::check::{GRANTS, USE};
use super::super::matching::fits;
use super::super::{PolicyError, Refusal};
use super::*;

/// One of these, or some of these as a list.
fn one_or_more(choices: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        select(choices).prop_map(Value::from),
        subsequence(choices, 0..=choices.len().min(4)).prop_map(|list| json!(list)),
    ]
}

fn principals() -> impl Strategy<Value = Value> {
    const AWS: &[&str] = &[
        "*",
        OWNER,
        OWNER_ROOT,
        HEROKU_ROOT,
        "021876802972",
        ADMIN,
        "arn:aws:iam::021876802972:role/data",
        "arn:aws:sts::021876802972:assumed-role/data/x",
        "AIDACKCEVSQ6C2EXAMPLE",
    ];
    prop_oneof![
        1 => Just(json!("*")),
        5 => one_or_more(AWS).prop_map(|aws| json!({ "AWS": aws })),
        1 => one_or_more(AWS).prop_map(|aws| json!({ "Service": "s3.amazonaws.com", "AWS": aws })),
    ]
}

fn conditions() -> impl Strategy<Value = Value> {
    let operator = select(&["Bool", "BoolIfExists", "StringEquals", "StringNotEquals", "Null"][..]);
    let key = select(&["kms:GrantIsForAWSResource", "kms:CallerAccount", "aws:PrincipalOrgID"][..]);
    let value = one_or_more(&["true", "false", OWNER, "021876802972"]);
    prop_oneof![
        3 => Just(Value::Null),
        2 => (operator, key, value).prop_map(|(operator, key, value)| {
            json!({ operator: { key: value } })
        }),
    ]
}

fn statements() -> impl Strategy<Value = Value> {
    const ACTIONS: &[&str] = &[
        "kms:*",
        "*",
        "kms:Encrypt",
        "KMS:decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
        "kms:CreateGrant",
        "kms:*Grant*",
        "kms:PutKeyPolicy",
    ];
    const RESOURCES: &[&str] = &["*", KEY, "arn:aws:kms:*:*:key/*"];
    const SIDS: &[&str] = &["HerokuDataUse", "HerokuDataGrants", "HerokuDataUse2", "Allow use"];
    (
        prop::option::of(select(SIDS)),
        prop::bool::weighted(0.8),
        (principals(), prop::bool::weighted(0.1)),
        (one_or_more(ACTIONS), prop::bool::weighted(0.1)),
        (one_or_more(RESOURCES), prop::bool::weighted(0.1)),
        conditions(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(sid, allows, principal, action, resource, condition, has_note)| {
            let member =
                |name: &str, negated| format!("{}{name}", if negated { "Not" } else { "" });
            let mut statement = json!({
                "Effect": if allows { "Allow" } else { "Deny" },
                member("Principal", principal.1): principal.0,
                member("Action", action.1): action.0,
                member("Resource", resource.1): resource.0,
            });
            changed(
                &mut statement,
                json!({
                    "Sid": sid,
                    "Condition": condition,
                    "Note": has_note.then_some(json!({ "b": [1, 2.5], "a": null })),
                }),
            );
            statement
        })
}

fn documents() -> impl Strategy<Value = Value> {
    let version = prop::option::of(select(&["2012-10-17", "2008-10-17"][..]));
    (version, any::<bool>(), prop::collection::vec(statements(), 0..5)).prop_map(
        |(version, owner, mut statements)| {
            if owner {
                statements.push(owner_statement());
            }
            let mut document = json!({ "Statement": statements });
            changed(&mut document, json!({ "Version": version }));
            document
        },
    )
}

/// The same meaning, written otherwise.
fn respelled(document: &Value) -> Value {
    fn text(name: &str, value: &str) -> Value {
        match (name, value) {
            ("AWS", OWNER_ROOT) => json!([OWNER, OWNER_ROOT]),
            ("AWS", "021876802972") => HEROKU_ROOT.into(),
            ("Action" | "NotAction", action) => action.to_uppercase().into(),
            (_, other) => json!([other]),
        }
    }
    fn list(name: &str, value: &Value) -> Value {
        match value {
            Value::Array(all) => {
                let all: Vec<Value> = all.iter().rev().map(|it| list(name, it)).collect();
                let flat = all.into_iter().flat_map(|it| match it {
                    Value::Array(all) => all,
                    other => vec![other],
                });
                flat.collect()
            }
            Value::String(value) => text(name, value),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), list(name, value))).collect()
            }
            other => other.clone(),
        }
    }
    let mut document = document.clone();
    document["Id"] = "another".into();
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.reverse();
    for statement in statements.iter_mut() {
        for (name, value) in statement.as_object_mut().unwrap() {
            match name.as_str() {
                "Principal" | "NotPrincipal" if value == "*" => *value = json!({ "AWS": "*" }),
                "Effect" | "Note" => {}
                "Sid" => *value = "another".into(),
                name => *value = list(name, value),
            }
        }
    }
    statements.extend(statements.first().cloned());
    document
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(text in any::<String>(), document in documents()) {
        prop_assert!(text.parse::<KeyPolicy>().is_err());
        let whole = document.to_string();
        let part: String = whole.chars().take(text.len() * 3).collect();
        prop_assert!(part.len() == whole.len() || part.parse::<KeyPolicy>().is_err());
    }

    #[test]
    fn it_prints_what_it_read(document in documents()) {
        let read = policy(&document);
        prop_assert_eq!(read.to_string(), document.to_string());
        let again: KeyPolicy = format!("{read:#}").parse().unwrap();
        prop_assert_eq!(&again, &read);
        prop_assert_eq!(again.to_string(), read.to_string());
    }

    #[test]
    fn order_and_spelling_change_nothing(document in documents()) {
        let (one, other) = (policy(&document), policy(&respelled(&document)));
        prop_assert_eq!(&one, &other);
        let mut parties = parties();
        parties.key = Some(KEY.parse().unwrap());
        prop_assert_eq!(missing(&one, &parties), missing(&other, &parties));
    }

    #[test]
    fn a_merge_gives_what_is_missing_and_takes_nothing(document in documents()) {
        let before = policy(&document);
        let after = match before.merge(&parties()) {
            Ok(after) => after,
            Err(PolicyError::LockOut { .. }) => {
                prop_assert!(before.check_lock_out(&parties()).is_err());
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        for it in after.missing(&parties()) {
            prop_assert!(
                matches!(it.why, Refusal::Denied { .. } | Refusal::PerhapsDenied { .. }),
                "{} in {}", it, after
            );
        }
        prop_assert_eq!(after.merge(&parties()).unwrap().to_string(), after.to_string());
        if before.missing(&parties()).is_empty() {
            prop_assert_eq!(before.to_string(), after.to_string());
        }
        // Each statement of others stands where it stood.
        let after: Value = serde_json::from_str(&after.to_string()).unwrap();
        for (at, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
            let is_of_heroku = [json!(HEROKU_ROOT), json!([HEROKU_ROOT]), json!("021876802972"),
                json!(["021876802972"]), json!([HEROKU_ROOT, "021876802972"])]
                .contains(&statement["Principal"]["AWS"])
                && statement["Principal"].as_object().unwrap().len() == 1;
            let sid = statement["Sid"].as_str().unwrap_or_default();
            let is_ours = is_of_heroku && sid.starts_with("HerokuData");
            if !(is_ours && statement["Effect"] == "Allow") {
                prop_assert_eq!(&after["Statement"][at], statement);
            }
        }
        let sids = |document: &Value| -> usize {
            let all: Vec<_> = document["Statement"].as_array().unwrap().iter()
                .filter_map(|it| it["Sid"].as_str()).collect();
            all.len() - all.iter().collect::<std::collections::BTreeSet<_>>().len()
        };
        prop_assert_eq!(sids(&document), sids(&after), "a Sid was given twice");
    }

    #[test]
    fn a_grant_of_one_more_never_takes_another_away(
        document in documents(),
        action in select([&USE[..], &GRANTS[..]].concat()),
    ) {
        let before = policy(&document);
        let mut more = document;
        more["Statement"].as_array_mut().unwrap().push(heroku_may(&[action], json!({})));
        let lacks_before = missing(&before, &parties());
        let lacks_after = missing(&policy(&more), &parties());
        prop_assert!(lacks_after.iter().all(|it| lacks_before.contains(it)));
    }

    #[test]
    fn patterns_fit_as_the_slow_way_says(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
        fn slow(pattern: &[u8], text: &[u8]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, rest) => rest.is_none(),
                (Some((b'*', rest)), None) => slow(rest, text),
                (Some((b'*', rest)), Some((_, later))) => slow(rest, text) || slow(pattern, later),
                (Some((b'?', rest)), Some((_, later))) => slow(rest, later),
                (Some((one, rest)), Some((other, later))) => one == other && slow(rest, later),
                (Some(_), None) => false,
            }
        }
        prop_assert_eq!(fits(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
    }
}
