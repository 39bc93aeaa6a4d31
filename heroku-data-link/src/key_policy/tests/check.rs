use super::super::check::{GRANTS, USE};
use super::super::{PolicyError, PolicyRequest, Refusal};
use super::*;

fn request<'a>(principal: &'a AwsPrincipal, action: &'a str) -> PolicyRequest<'a> {
    PolicyRequest { principal, action, key: None, grant_is_for_aws_resource: true }
}

#[test]
fn what_the_console_makes_lacks_nothing() {
    let console: KeyPolicy = CONSOLE.parse().unwrap();
    assert_eq!(console.missing(&parties()), []);
    assert_eq!(console.check_lock_out(&parties()), Ok(()));
    let heroku = principal(HEROKU_ROOT);
    assert!(console.allows(&request(&heroku, "kms:createGrant")));
    let own = PolicyRequest { grant_is_for_aws_resource: false, ..request(&heroku, GRANTS[0]) };
    assert!(!console.allows(&own));
    assert!(!console.allows(&request(&heroku, "kms:PutKeyPolicy")));
    assert!(!console.allows(&request(&principal("444455556666"), "kms:Decrypt")));
}

#[test]
fn each_missing_permission_is_named() {
    let all: Vec<&str> = USE.into_iter().chain(GRANTS).collect();
    let without = |gone: &str| {
        let left: Vec<&str> = all.iter().copied().filter(|action| *action != gone).collect();
        of_statements(&[owner_statement(), heroku_may(&left, json!({}))])
    };
    assert_eq!(missing(&without("nothing"), &parties()), [""; 0]);
    for action in &all {
        assert_eq!(missing(&without(action), &parties()), [*action]);
    }
    assert_eq!(missing(&of_statements(&[owner_statement()]), &parties()), all);
    let nothing = of_statements::<Value>(&[]);
    let found = nothing.missing(&parties());
    assert_eq!(found.len(), all.len() + 1);
    let last = found.last().unwrap();
    assert_eq!(
        last.to_string(),
        "arn:aws:iam::111122223333:root lacks kms:PutKeyPolicy: no statement of the key policy \
         grants it; add one"
    );
}

/// What Heroku Data lacks of the use of a key under one statement of its own.
#[test]
fn what_counts_as_granted() {
    let everything = [""; 0];
    let nothing: Vec<&str> = USE.into_iter().chain(GRANTS).collect();
    for (changes, lacks) in [
        (json!({ "Action": "kms:*" }), &everything[..]),
        (json!({ "Action": "*" }), &everything),
        (json!({ "Action": "KMS:*" }), &everything),
        (json!({ "Action": ["kms:?*"] }), &everything),
        (json!({ "Principal": "*" }), &everything),
        (json!({ "Principal": { "AWS": "021876802972" } }), &everything),
        (json!({ "Action": null, "NotAction": "kms:PutKeyPolicy" }), &everything),
        (
            json!({ "Action": null, "NotAction": "kms:GenerateDataKeyPair*" }),
            &["kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"],
        ),
        (json!({ "Action": null, "NotAction": "kms:*" }), &nothing),
        (json!({ "Action": null }), &nothing),
        (json!({ "Resource": null }), &nothing),
        (json!({ "Resource": KEY }), &everything),
        (json!({ "Resource": "arn:aws:kms:*:111122223333:key/*" }), &everything),
        (json!({ "Resource": "arn:aws:kms:us-east-1:111122223333:key/other" }), &nothing),
        (json!({ "Resource": "arn:aws:kms:us-east-1:111122223333:key/${x}" }), &nothing),
        (json!({ "Resource": null, "NotResource": "arn:aws:s3:::bucket" }), &everything),
        (json!({ "Resource": null, "NotResource": "*" }), &nothing),
        (json!({ "Principal": { "AWS": "arn:aws:iam::021876802972:role/data" } }), &nothing),
        (json!({ "Principal": { "AWS": "AROADBQP57FF2AEXAMPLE" } }), &nothing),
        (json!({ "Principal": { "Service": "021876802972" } }), &nothing),
        (json!({ "Principal": null, "NotPrincipal": { "AWS": OWNER_ROOT } }), &nothing),
        (json!({ "Effect": "Deny" }), &nothing),
        (json!({ "Condition": {} }), &everything),
        (json!({ "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } } }), &USE),
        (json!({ "Condition": { "Bool": { "kms:GrantIsForAWSResource": "false" } } }), &nothing),
        (json!({ "Condition": { "Bool": { "kms:GrantIsForAWSResource": "yes" } } }), &nothing),
        (json!({ "Condition": { "Null": { "kms:GrantIsForAWSResource": "false" } } }), &nothing),
        (
            json!({ "Condition": { "BoolIfExists": { "kms:GrantIsForAWSResource": [true] } } }),
            &everything,
        ),
        (
            json!({ "Condition": { "StringEquals": { "kms:CallerAccount": "021876802972" } } }),
            &everything,
        ),
        (json!({ "Condition": { "StringEquals": { "kms:CallerAccount": OWNER } } }), &nothing),
        (json!({ "Condition": { "StringLike": { "aws:PrincipalAccount": ["0*"] } } }), &everything),
        (json!({ "Condition": { "StringLike": { "aws:PrincipalAccount": "${a}" } } }), &nothing),
        (json!({ "Condition": { "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } } }), &nothing),
    ] {
        let mut parties = parties();
        parties.key = Some(KEY.parse().unwrap());
        let actions: Vec<&str> = USE.into_iter().chain(GRANTS).collect();
        let policy = of_statements(&[owner_statement(), heroku_may(&actions, changes.clone())]);
        assert_eq!(missing(&policy, &parties), lacks, "{changes}");
    }
}

#[test]
fn a_key_that_is_not_known_grants_by_no_arn() {
    let named = of_statements(&[
        owner_statement(),
        heroku_may(
            &["kms:*"],
            json!({
                "Resource": KEY
            }),
        ),
    ]);
    assert_eq!(named.missing(&parties()).len(), USE.len() + GRANTS.len());
}

#[test]
fn a_denial_wins() {
    let heroku = principal(HEROKU_ROOT);
    let guard = || super::super::StatementName { number: 1, sid: Some("Guard".to_owned()) };
    let denied = || Err(Refusal::Denied { statement: guard() });
    let perhaps = || Err(Refusal::PerhapsDenied { statement: guard() });
    let in_account = |operator: &str, account: &str| json!({ "Condition": { operator: { "aws:PrincipalAccount": [OWNER, account] } } });
    for (changes, expected) in [
        (json!({}), denied()),
        (json!({ "Action": "*" }), denied()),
        (json!({ "Action": "kms:d*" }), denied()),
        (json!({ "Action": null, "NotAction": "kms:Encrypt" }), denied()),
        (json!({ "Principal": { "AWS": "021876802972" } }), denied()),
        (json!({ "Principal": null, "NotPrincipal": { "AWS": OWNER } }), denied()),
        (in_account("StringNotEquals", "444455556666"), denied()),
        (in_account("StringNotEquals", "021876802972"), Ok(())),
        (in_account("StringNotLikeIfExists", "0218*"), Ok(())),
        (json!({ "Action": "kms:Encrypt" }), Ok(())),
        (json!({ "Action": null, "NotAction": "kms:Decrypt" }), Ok(())),
        (json!({ "Principal": { "AWS": OWNER } }), Ok(())),
        (json!({ "Principal": { "Federated": "x" } }), Ok(())),
        (json!({ "Resource": "*", "Action": null }), Ok(())),
        (json!({ "Condition": { "Bool": { "kms:GrantIsForAWSResource": "false" } } }), Ok(())),
        (json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } }), Ok(())),
        (json!({ "Condition": { "BoolIfExists": { "aws:SecureTransport": "true" } } }), denied()),
        (json!({ "Condition": { "Bool": { "aws:ViaAWSService": "false" } } }), perhaps()),
        (json!({ "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } } }), perhaps()),
        (json!({ "Resource": KEY }), perhaps()),
        (json!({ "Principal": { "AWS": "arn:aws:iam::021876802972:role/data" } }), perhaps()),
        (
            json!({ "Principal": { "AWS": "arn:aws:sts::021876802972:assumed-role/data/x" } }),
            perhaps(),
        ),
        (json!({ "Principal": { "CanonicalUser": "x" } }), perhaps()),
        (json!({ "Principal": null, "NotPrincipal": { "AWS": HEROKU_ROOT } }), perhaps()),
    ] {
        let policy = of_statements(&[
            deny("kms:Decrypt", changes.clone()),
            heroku_may(&["kms:*"], json!({})),
        ]);
        let request = request(&heroku, "kms:Decrypt");
        assert_eq!(policy.decide(&request), expected, "{changes}");
        assert_eq!(policy.allows(&request), expected.is_ok());
    }
    // The usual guard: grants for AWS resources alone.
    let guarded = of_statements(&[
        deny(
            "kms:CreateGrant",
            json!({
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "false" } }
            }),
        ),
        heroku_may(&["kms:*"], json!({})),
    ]);
    let create = request(&heroku, "kms:CreateGrant");
    assert_eq!(guarded.decide(&create), Ok(()));
    let own = PolicyRequest { grant_is_for_aws_resource: false, ..create };
    assert_eq!(guarded.decide(&own), denied());
}

#[test]
fn the_reason_comes_with_a_remedy() {
    let document = |statement| of_statements(&[owner_statement(), statement]);
    let text = |policy: &KeyPolicy| policy.missing(&parties())[0].to_string();
    assert_eq!(
        text(&document(heroku_may(
            &["kms:*"],
            json!({
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } }
            })
        ))),
        "arn:aws:iam::021876802972:root lacks kms:Encrypt: statement 2 grants it under another \
         condition; add a statement without it"
    );
    assert_eq!(
        text(&document(deny("kms:Encrypt", json!({})))),
        "arn:aws:iam::021876802972:root lacks kms:Encrypt: statement \"Guard\" denies it; except \
         its account there by aws:PrincipalAccount"
    );
    let perhaps = of_statements(&[
        owner_statement(),
        heroku_may(&["kms:*"], json!({})),
        deny("kms:Encrypt", json!({ "Condition": { "Bool": { "aws:ViaAWSService": "false" } } })),
    ]);
    assert_eq!(
        text(&perhaps),
        "arn:aws:iam::021876802972:root lacks kms:Encrypt: statement \"Guard\" denies it in some \
         cases, perhaps in this one; except its account there by aws:PrincipalAccount"
    );
    assert_eq!(
        serde_json::to_value(perhaps.missing(&parties())).unwrap(),
        json!([{
            "principal": HEROKU_ROOT,
            "action": "kms:Encrypt",
            "why": { "perhaps-denied": { "statement": { "number": 3, "sid": "Guard" } } },
        }])
    );
}

#[test]
fn a_lock_out_is_found() {
    let admin = json!({ "Effect": "Allow", "Principal": { "AWS": ADMIN }, "Action": "kms:Put*",
                        "Resource": "*" });
    let put = "kms:PutKeyPolicy";
    let not_granted = "no statement grants it; grant kms:* to arn:aws:iam::111122223333:root";
    let denied = "statement \"Guard\" denies it; remove that statement";
    let conditional = heroku_may(
        &[put],
        json!({
            "Principal": { "AWS": OWNER }, "Condition": { "Null": { "aws:MultiFactorAuthAge": false } }
        }),
    );
    let guarded = |changes| vec![owner_statement(), deny(put, changes)];
    let of_admin = Some(ADMIN);
    let cases = [
        (vec![owner_statement()], None, None),
        (vec![], None, Some(not_granted)),
        (vec![heroku_may(&[put], json!({}))], None, Some(not_granted)),
        (vec![heroku_may(&[put], json!({ "Principal": "*" }))], None, None),
        (vec![conditional], None, Some(not_granted)),
        (vec![admin.clone()], None, Some(not_granted)),
        (vec![admin.clone()], of_admin, None),
        (vec![admin.clone()], Some("111122223333:role/Other"), Some(not_granted)),
        (vec![heroku_may(&["kms:*"], json!({}))], Some(HEROKU_ROOT), Some(not_granted)),
        (guarded(json!({})), None, Some(denied)),
        (guarded(json!({})), of_admin, Some(denied)),
        (guarded(json!({ "Principal": { "AWS": OWNER } })), None, Some(denied)),
        (guarded(json!({ "Principal": { "AWS": HEROKU_ROOT } })), None, None),
        (guarded(json!({ "Action": "kms:Encrypt" })), None, None),
        // Somebody is excepted; who, only KMS can tell.
        (guarded(json!({ "Principal": { "AWS": ADMIN } })), None, None),
        (
            guarded(json!({ "Condition": { "ArnNotLike": { "aws:PrincipalArn": ADMIN } } })),
            None,
            None,
        ),
        (vec![admin, deny(put, json!({ "Principal": { "AWS": ADMIN } }))], of_admin, Some(denied)),
    ];
    for (statements, administrator, problem) in cases {
        let mut parties = parties();
        parties.administrator = administrator.map(principal);
        let policy = of_statements(&statements);
        let found = policy.check_lock_out(&parties).map_err(|error| error.to_string());
        let problem = problem.map(|problem| {
            format!("the key policy would lock the key's owner out of kms:PutKeyPolicy: {problem}")
        });
        assert_eq!(found.err(), problem, "{statements:?} {administrator:?}");
        let is_missing = missing(&policy, &parties).contains(&put.to_owned());
        assert_eq!(is_missing, problem.is_some());
        // A policy that locks out never comes out of a merge.
        let merged = policy.merge(&parties);
        assert_eq!(matches!(merged, Err(PolicyError::LockOut { .. })), problem.is_some());
    }
}
