//! How long it takes to read, check and merge the policy of a key.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::encryption::{KeyPolicy, Parties};

/// What the console writes for an administrator and a user, both roles; Heroku Data is missing.
const CONSOLE: &str = r#"{
    "Version": "2012-10-17",
    "Id": "key-consolepolicy-3",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
            "Action": "kms:*",
            "Resource": "*"
        },
        {
            "Sid": "Allow access for Key Administrators",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:role/Admin" },
            "Action": [
                "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*",
                "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*",
                "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
                "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand"
            ],
            "Resource": "*"
        },
        {
            "Sid": "Allow use of the key",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:role/Service" },
            "Action": [
                "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                "kms:DescribeKey"
            ],
            "Resource": "*"
        },
        {
            "Sid": "Allow attachment of persistent resources",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:role/Service" },
            "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            "Resource": "*",
            "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } }
        }
    ]
}"#;

fn policies(criterion: &mut Criterion) {
    let parties = Parties::new("111122223333".parse().expect("an account"));
    let console: KeyPolicy = CONSOLE.parse().expect("a policy");
    assert!(!console.missing(&parties).is_empty());
    let merged = console.merge(&parties).expect("a merged policy");
    assert!(merged.missing(&parties).is_empty());

    let mut group = criterion.benchmark_group("policy");
    group.bench_function("read", |bencher| {
        bencher.iter(|| black_box(CONSOLE).parse::<KeyPolicy>().is_ok());
    });
    group.bench_function("check-and-merge", |bencher| {
        bencher.iter(|| {
            let missing = black_box(&console).missing(&parties);
            (missing, console.merge(&parties).is_ok())
        });
    });
    group.finish();
}

criterion_group!(benches, policies);
criterion_main!(benches);
