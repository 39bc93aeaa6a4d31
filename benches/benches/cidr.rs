//! How long it takes to compare 10,000 blocks with 10,000 others, and to find free ones.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;
use std::net::Ipv4Addr;

use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::addressing::{CidrPlan, CidrReport, NewVpc, Reserved, Role, VpcCidrs};
use heroku_data_link::model::Cidr;

/// On each side.
const BLOCKS: u32 = 10_000;
/// Makes an order that is not that of the addresses; has no factor in common with `BLOCKS`.
const STRIDE: u32 = 7_919;

/// A /24 in 10.0.0.0/8.
fn block(at: u32) -> Cidr {
    Cidr::new(Ipv4Addr::from((10 << 24) + (at << 8)), 24).expect("a network")
}

/// A plan with a VPC and a reserved block for each number, in no order.
fn plan(vpc: impl Fn(u32) -> Cidr, reserved: impl Fn(u32) -> Cidr) -> CidrPlan {
    let mut plan = CidrPlan::new();
    for at in (0..BLOCKS).map(|at| at * STRIDE % BLOCKS) {
        plan.vpcs.push(VpcCidrs::new(format!("vpc-{at}"), [vpc(at)]));
        plan.reserved.push(Reserved::new(reserved(at), "bench"));
    }
    plan
}

fn overlaps(criterion: &mut Criterion) {
    // One in a hundred conflicts; every conflict is visited.
    let few = plan(|at| block(2 * at), |at| block(2 * at + u32::from(at % 100 != 0)));
    criterion.bench_function("cidr/overlap-few", |bencher| {
        bencher.iter(|| assert_eq!(black_box(&few).conflicts().fold(0, |sum, _| sum + 1), 100));
    });
    // Every block conflicts with every other; all are counted, and the first are listed.
    let all = plan(|_| block(0), |_| block(0));
    let pairs = (BLOCKS * (BLOCKS - 1) / 2 + BLOCKS * BLOCKS) as usize;
    criterion.bench_function("cidr/overlap-all", |bencher| {
        bencher.iter(|| {
            let report = black_box(&all).report().expect("a report");
            assert_eq!(report.conflicts.len(), CidrReport::LISTED);
            assert_eq!(report.conflict_count, pairs);
        });
    });
}

fn free(criterion: &mut Criterion) {
    let full = plan(|at| block(2 * at), |at| block(2 * at + 1));
    criterion.bench_function("cidr/first-free", |bencher| {
        bencher.iter(|| {
            let found = black_box(&full).first_free(Role::VpcCidr, 24).expect("a size");
            assert_eq!(found, Some(block(2 * BLOCKS)));
        });
    });
    let mut wanted = plan(|at| block(4 * at), |at| block(4 * at + 1));
    wanted.new_vpcs = (0..BLOCKS).map(|at| NewVpc::new(format!("new-{at}"), 24)).collect();
    criterion.bench_function("cidr/10000-proposals", |bencher| {
        bencher.iter(|| {
            let report = black_box(&wanted).report().expect("a report");
            assert!(report.is_clean());
        });
    });
}

criterion_group!(benches, overlaps, free);
criterion_main!(benches);
