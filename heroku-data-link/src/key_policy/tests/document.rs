use super::super::{LONGEST_KEY_POLICY, PolicyError};
use super::*;

#[test]
fn a_new_policy_is_as_the_console_would_write_it() {
    let built = KeyPolicy::for_heroku(&parties());
    assert_eq!(
        serde_json::from_str::<Value>(&built.to_string()).unwrap(),
        json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "KeyOwner", "Effect": "Allow", "Principal": { "AWS": OWNER_ROOT },
              "Action": "kms:*", "Resource": "*" },
            { "Sid": "HerokuDataUse", "Effect": "Allow", "Principal": { "AWS": HEROKU_ROOT },
              "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                         "kms:DescribeKey"],
              "Resource": "*" },
            { "Sid": "HerokuDataGrants", "Effect": "Allow", "Principal": { "AWS": HEROKU_ROOT },
              "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
              "Resource": "*",
              "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } } },
        ]})
    );
    assert_eq!(built.missing(&parties()), []);
    // What it is said to mean is what its text means.
    let read: KeyPolicy = built.to_string().parse().unwrap();
    assert_eq!(read, built);
    assert_eq!(read.to_string(), built.to_string());
}

#[test]
fn partition_and_account_of_heroku_can_be_others() {
    let key = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd".parse().unwrap();
    let mut parties = Parties::of_key(&key);
    parties.heroku = "444455556666".parse().unwrap();
    let text = KeyPolicy::for_heroku(&parties).to_string();
    assert!(text.contains("\"arn:aws-us-gov:iam::111122223333:root\""), "{text}");
    assert!(text.contains("\"arn:aws-us-gov:iam::444455556666:root\""), "{text}");
    assert!(!text.contains("021876802972"), "{text}");
    assert_eq!(text.parse::<KeyPolicy>().unwrap().missing(&parties), []);
}

#[test]
fn it_prints_as_it_was_read_but_for_white_space() {
    let text = concat!(
        r#"{"Statement":{"Resource":"*","Action":["kms:b","KMS:a"],"Principal":{"Service":"#,
        r#""s3.amazonaws.com","AWS":["AIDACKCEVSQ6C2EXAMPLE","*"]},"Effect":"Allow","Note":"#,
        r#"{"z":1.5,"a":[null,-7,true]}},"Version":"2008-10-17","Id":"x"}"#,
    );
    let read: KeyPolicy = text.parse().unwrap();
    assert_eq!(read.to_string(), text);
    assert_eq!(format!("{read:?}"), format!("KeyPolicy({text})"));
    let pretty = format!("{read:#}");
    assert!(pretty.starts_with("{\n  \"Statement\": {\n    \"Resource\": \"*\","), "{pretty}");
    assert_eq!(pretty.parse::<KeyPolicy>().unwrap().to_string(), text);
    let spaced = text.replace(':', " :\n ").replace("kms :\n ", "kms:").replace("KMS :\n ", "KMS:");
    assert_eq!(spaced.parse::<KeyPolicy>().unwrap().to_string(), text);
}

#[test]
fn spellings_of_one_meaning_are_equal() {
    let base = heroku_may(&["kms:Encrypt", "kms:Decrypt"], json!({}));
    let with = |changes| heroku_may(&["kms:Encrypt", "kms:Decrypt"], changes);
    let condition = |block| with(json!({ "Condition": block }));
    let bool_true = condition(json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } }));
    for (a, b) in [
        (&base, with(json!({ "Action": ["kms:Decrypt", "kms:Encrypt"] }))),
        (&base, with(json!({ "Action": ["KMS:decrypt", "kms:ENCRYPT", "kms:Encrypt"] }))),
        (&base, with(json!({ "Principal": { "AWS": [HEROKU_ROOT] } }))),
        (&base, with(json!({ "Principal": { "AWS": "021876802972" } }))),
        (&base, with(json!({ "Principal": { "AWS": ["021876802972", HEROKU_ROOT] } }))),
        (&base, with(json!({ "Resource": ["*"] }))),
        (&base, with(json!({ "Sid": "a name" }))),
        (&base, condition(json!({}))),
        (&bool_true, condition(json!({ "Bool": { "kms:GrantIsForAWSResource": ["true"] } }))),
        (&bool_true, condition(json!({ "Bool": { "KMS:grantIsForAwsResource": true } }))),
        (&with(json!({ "Principal": "*" })), with(json!({ "Principal": { "AWS": "*" } }))),
        (&with(json!({ "Note": { "a": 1, "b": 2 } })), with(json!({ "Note": { "b": 2, "a": 1 } }))),
    ] {
        assert_eq!(of_statements(&[a]), of_statements(&[&b]));
    }
    let [a, b] = [owner_statement(), base.clone()];
    let both = of_statements(&[a.clone(), b.clone()]);
    assert_eq!(both, of_statements(&[b.clone(), a.clone(), b]));
    let single = |document: Value| policy(&document);
    assert_eq!(
        single(json!({ "Version": "2012-10-17", "Id": "x", "Statement": a })),
        of_statements(&[&a])
    );
    assert_eq!(
        single(json!({ "Statement": a })),
        single(json!({ "Version": "2008-10-17", "Statement": [a] }))
    );
}

#[test]
fn other_meanings_are_not_equal() {
    let base = heroku_may(&["kms:Encrypt", "kms:Decrypt"], json!({}));
    let with = |changes| of_statements(&[heroku_may(&["kms:Encrypt", "kms:Decrypt"], changes)]);
    let base_policy = of_statements(&[&base]);
    for other in [
        with(json!({ "Action": "kms:Encrypt" })),
        with(json!({ "Action": null, "NotAction": ["kms:Encrypt", "kms:Decrypt"] })),
        with(json!({ "Action": null })),
        with(json!({ "Effect": "Deny" })),
        with(json!({ "Principal": { "AWS": OWNER_ROOT } })),
        with(json!({ "Principal": { "Service": HEROKU_ROOT } })),
        with(json!({ "Principal": null, "NotPrincipal": { "AWS": HEROKU_ROOT } })),
        with(json!({ "Resource": KEY })),
        with(json!({ "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } } })),
        with(json!({ "Note": "x" })),
        of_statements::<Value>(&[]),
        of_statements(&[base.clone(), owner_statement()]),
        // Policy variables are plain text in the older version.
        policy(&json!({ "Statement": base })),
        policy(&json!({ "Version": "2012-10-17", "Statement": base, "More": 1 })),
    ] {
        assert_ne!(other, base_policy);
    }
}

#[test]
fn what_is_no_policy_is_refused_with_statement_and_rule() {
    let good = owner_statement();
    for (statement, message) in [
        (json!("x"), "statement 2 of the key policy must be an object"),
        (json!({}), "statement 2 of the key policy must have \"Allow\" or \"Deny\" as \"Effect\""),
        (
            heroku_may(&[], json!({ "Sid": "Use", "Effect": "allow" })),
            "statement \"Use\" of the key policy must have \"Allow\" or \"Deny\" as \"Effect\"",
        ),
        (
            heroku_may(&[], json!({ "Sid": "Use", "Principal": null })),
            "statement \"Use\" of the key policy must have \"Principal\" or \"NotPrincipal\"",
        ),
        (
            heroku_may(&[], json!({ "NotPrincipal": "*" })),
            "statement 2 of the key policy must not have both \"Principal\" and \"NotPrincipal\"",
        ),
        (
            heroku_may(&[], json!({ "NotAction": "kms:*" })),
            "statement 2 of the key policy must not have both \"Action\" and \"NotAction\"",
        ),
        (
            heroku_may(&[], json!({ "Principal": "021876802972" })),
            "statement 2 of the key policy must have \"*\" or an object as \"Principal\"",
        ),
        (
            heroku_may(&[], json!({ "Principal": { "AWS": [[]] } })),
            "statement 2 of the key policy must have a text or a list of texts as \
             \"Principal.AWS\"",
        ),
        (
            heroku_may(&[], json!({ "Action": { "x": 1 } })),
            "statement 2 of the key policy must have a text or a list of texts as \"Action\"",
        ),
        (
            heroku_may(&[], json!({ "Sid": 1 })),
            "statement 2 of the key policy must have a text as \"Sid\"",
        ),
        (
            heroku_may(&[], json!({ "Condition": [] })),
            "statement 2 of the key policy must have an object as \"Condition\"",
        ),
        (
            heroku_may(&[], json!({ "Condition": { "Bool": { "a:B": "x", "A:b": "x" } } })),
            "statement 2 of the key policy must not have \"a:B\" twice in \"Condition.Bool\"",
        ),
        (
            heroku_may(&[], json!({ "condition": {} })),
            "statement 2 of the key policy must spell \"condition\" as \"Condition\"",
        ),
    ] {
        let document = json!({ "Statement": [good, statement] });
        let error = document.to_string().parse::<KeyPolicy>().unwrap_err();
        assert_eq!(error.to_string(), message, "{document}");
    }
    for (text, message) in [
        ("", "the key policy is not JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "the key policy must be an object"),
        ("{}", "the key policy must have \"Statement\""),
        ("{\"statement\": []}", "the key policy must spell \"statement\" as \"Statement\""),
        (
            "{\"Version\": 2012, \"Statement\": []}",
            "the key policy must have a text as \"Version\"",
        ),
        (
            "{\"Statement\": [], \"Statement\": []}",
            "the key policy is not JSON: \"Statement\" is written twice at line 1 column 29",
        ),
    ] {
        assert_eq!(text.parse::<KeyPolicy>().unwrap_err().to_string(), message, "{text}");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(deep.parse::<KeyPolicy>(), Err(PolicyError::Json { .. })));
}

#[test]
fn longer_than_kms_takes_is_refused() {
    let of_length = |length: usize| {
        let rest = json!({ "Id": "", "Statement": [] }).to_string().len();
        json!({ "Id": "x".repeat(length - rest), "Statement": [] }).to_string()
    };
    let longest = of_length(LONGEST_KEY_POLICY);
    assert_eq!(longest.parse::<KeyPolicy>().unwrap().to_string().len(), LONGEST_KEY_POLICY);
    let indented = longest.replace(',', ",\n        ");
    assert_eq!(indented.parse::<KeyPolicy>().unwrap().to_string(), longest);
    let length = LONGEST_KEY_POLICY + 1;
    let error = of_length(length).parse::<KeyPolicy>().unwrap_err();
    assert_eq!(error, PolicyError::TooLong { length });
    assert_eq!(
        error.to_string(),
        "the key policy is 32769 bytes long, and KMS takes no more than 32768: remove statements \
         that are not needed any more"
    );
}

#[test]
fn ids_of_deleted_users_and_roles_are_found() {
    let user = "AIDACKCEVSQ6C2EXAMPLE";
    let found = of_statements(&[
        owner_statement(),
        deny("kms:*", json!({ "Principal": { "AWS": [user, ADMIN, "aidax"], "Service": "AROA" } })),
        json!({ "Effect": "Deny", "NotPrincipal": { "AWS": "AROADBQP57FF2AEXAMPLE" } }),
    ])
    .deleted_principals();
    let found: Vec<_> = found.iter().map(|(name, id)| (name.to_string(), id.as_str())).collect();
    assert_eq!(found, [("\"Guard\"".to_owned(), user), ("3".to_owned(), "AROADBQP57FF2AEXAMPLE")]);
}

#[test]
fn a_policy_is_measured_before_it_is_parsed() {
    // No JSON, and nobody finds out.
    for text in ["{".repeat(LONGEST_KEY_POLICY + 1), " ".repeat(1024 * 1024), "x".repeat(1 << 24)] {
        let length = text.len();
        assert!(length > LONGEST_KEY_POLICY);
        assert!(matches!(text.parse::<KeyPolicy>(), Err(PolicyError::TooLong { .. })));
    }
    // White space between tokens does not count, and that in texts does.
    let owner = owner_statement().to_string();
    let spaced = format!("{{{} \"Statement\": {owner} }}", " ".repeat(LONGEST_KEY_POLICY));
    spaced.parse::<KeyPolicy>().unwrap();
    let id = " ".repeat(LONGEST_KEY_POLICY);
    let long = format!("{{\"Id\":\"\\\"{id}\",\"Statement\":{owner}}}");
    assert!(matches!(long.parse::<KeyPolicy>(), Err(PolicyError::TooLong { .. })));
}

#[test]
fn the_longest_and_the_deepest_policies_are_read() {
    let owner = owner_statement().to_string();
    let many: Vec<String> = (1000..4600).map(|at| format!("\"{at}\":1")).collect();
    let wide = format!("{{{},\"Statement\":{owner}}}", many.join(","));
    assert!(wide.len() > LONGEST_KEY_POLICY - 1024, "{}", wide.len());
    wide.parse::<KeyPolicy>().unwrap();
    let nested = |depth: usize| {
        format!("{{\"N\":{}{},\"Statement\":{owner}}}", "[".repeat(depth), "]".repeat(depth))
    };
    nested(100).parse::<KeyPolicy>().unwrap();
    assert!(matches!(nested(10_000).parse::<KeyPolicy>(), Err(PolicyError::Json { .. })));
}

#[test]
fn a_statement_without_action_or_resource_is_incomplete() {
    let half = with(owner_statement(), json!({ "Sid": "Half", "Action": null }));
    let other = with(owner_statement(), json!({ "Resource": null }));
    let negated = with(owner_statement(), json!({ "Action": null, "NotAction": "kms:Sign" }));
    let policy = of_statements(&[owner_statement(), half, other, negated]);
    let names: Vec<_> = policy.incomplete_statements().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["\"Half\"", "3"]);
}
