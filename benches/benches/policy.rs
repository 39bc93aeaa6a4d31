//! How long it takes to read, check and merge the policy of a key.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::key_policy::{KeyPolicy, Parties};
use heroku_data_link::model::HEROKU_DATA_ACCOUNT;

/// What the console writes for an administrator, a user and Heroku Data.
const CONSOLE: &str = include_str!("../../heroku-data-link/src/key_policy/tests/console.json");

fn policies(criterion: &mut Criterion) {
    let parties = Parties::new("111122223333".parse().expect("an account"));
    // For another account, so that there is something to merge.
    let text = CONSOLE.replace(HEROKU_DATA_ACCOUNT, "444455556666");
    let console: KeyPolicy = text.parse().expect("a policy");
    assert!(!console.missing(&parties).is_empty());
    let merged = console.merge(&parties).expect("a merged policy");
    assert!(merged.missing(&parties).is_empty());

    let mut group = criterion.benchmark_group("policy");
    group.bench_function("read", |bencher| {
        bencher.iter(|| black_box(&text).parse::<KeyPolicy>().is_ok());
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
