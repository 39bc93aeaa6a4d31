//! Prints what `cargo bench -p heroku-data-link-benches` measured last, as ratios against a peer
//! or a limit.
//!
//! `cargo run -p heroku-data-link-benches --bin figures -- [TARGET_DIRECTORY]`

use std::fs;
use std::path::{Path, PathBuf};

use heroku_data_link_benches::Failure;
use serde_json::Value;

/// Group, benchmark, limit in nanoseconds.
const LIMITS: [(&str, &str, f64); 11] = [
    ("policy", "read", 50_000.0),
    ("policy", "check-and-merge", 50_000.0),
    ("life", "heroku-redis", 5_000_000.0),
    ("life", "heroku-kafka", 5_000_000.0),
    ("life", "heroku-postgresql", 5_000_000.0),
    ("life", "peering", 5_000_000.0),
    ("fleet", "1000-links", 2_000_000_000.0),
    ("cidr", "overlap-few", 20_000_000.0),
    ("cidr", "overlap-all", 20_000_000.0),
    ("cidr", "first-free", 20_000_000.0),
    ("cidr", "10000-proposals", 50_000_000.0),
];
/// What the Heroku adapter may add to a bare GET.
const GET_LIMIT_NS: f64 = 150_000.0;

fn main() -> Result<(), Failure> {
    let target = std::env::args().nth(1).map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let criterion = target.join("criterion");

    println!("| parse | ns | of the peer crate |");
    println!("| --- | ---: | ---: |");
    let mut parses: Vec<String> = fs::read_dir(&criterion)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_prefix("parse_").map(ToOwned::to_owned))
        .collect();
    parses.sort();
    for name in parses {
        let ours = mean_ns(&criterion.join(format!("parse_{name}")))?;
        let peer = mean_ns(&criterion.join(format!("peer_{name}")));
        let peer = peer.map_or_else(|_| "-".to_owned(), |peer| format!("{:.2}", ours / peer));
        println!("| {name} | {ours:.0} | {peer} |");
    }

    println!("\n| job | ms | of the limit |");
    println!("| --- | ---: | ---: |");
    for (group, name, limit) in LIMITS {
        let mean = mean_ns(&criterion.join(format!("{group}_{name}")))
            .or_else(|_| mean_ns(&criterion.join(group).join(name)))?;
        println!("| {group} {name} | {:.4} | {:.2} |", mean / 1e6, mean / limit);
    }

    println!("\n| GET over loopback | µs | of the limit |");
    println!("| --- | ---: | ---: |");
    let bare = mean_ns(&criterion.join("get/bare"))?;
    let ours = mean_ns(&criterion.join("get/adapter"))?;
    println!("| bare reqwest | {:.0} | |", bare / 1e3);
    println!("| the adapter | {:.0} | |", ours / 1e3);
    println!("| what it adds | {:.0} | {:.2} |", (ours - bare) / 1e3, (ours - bare) / GET_LIMIT_NS);
    Ok(())
}

/// The mean that criterion estimated last.
fn mean_ns(benchmark: &Path) -> Result<f64, Failure> {
    let path = benchmark.join("new/estimates.json");
    let text = fs::read_to_string(&path).map_err(|error| {
        format!("{}: {error}; run `cargo bench -p heroku-data-link-benches` first", path.display())
    })?;
    let estimates: Value = serde_json::from_str(&text)?;
    Ok(estimates["mean"]["point_estimate"].as_f64().ok_or("criterion's file has no mean")?)
}
