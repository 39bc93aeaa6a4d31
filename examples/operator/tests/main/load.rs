//! Many objects in one operator: memory, and requests an hour in steady state.
//! `HEROKU_DATA_LINK_OBJECTS=1000` is the size that the README tells of.

use std::collections::BTreeSet;
use std::time::Duration;

use heroku_data_link::reconcile::Clock;
use heroku_data_link_mock::World;
use heroku_data_link_operator::{Context, PrivateLink};
use serde_json::json;

use crate::bench::{Bench, is};

const HOUR: Duration = Duration::from_secs(3600);

/// Passes in the order in which they are due, until a moment.
async fn work(
    bench: &Bench,
    context: &Context<PrivateLink>,
    due: &mut BTreeSet<(Duration, String)>,
    until: impl Fn(Duration) -> bool,
) {
    while let Some((at, name)) = due.pop_first() {
        let clock = bench.world.clock();
        bench.world.advance(at.saturating_sub(clock.uptime()));
        let pause = bench.pass(context, &name).await.unwrap_or(Duration::from_secs(1));
        due.insert((clock.uptime() + pause, name));
        if until(clock.uptime()) {
            return;
        }
    }
}

/// What this process has in memory, in KiB.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}

#[tokio::test]
async fn many_objects_keep_within_the_budget_of_one_token() {
    let objects = std::env::var("HEROKU_DATA_LINK_OBJECTS").ok();
    let objects: u16 = objects.map_or(40, |it| it.parse().unwrap());
    let bench = Bench::new::<PrivateLink>(World::new(), "123456789101");
    let context = bench.context::<PrivateLink>();
    let mut due = BTreeSet::new();
    for number in 0..objects {
        let (site, name) = (bench.world.add_link_site(number), format!("cache-{number}"));
        let spec = json!({
            "link": name, "addon": site.addon, "vpc": site.vpc,
            "connection-secret": { "name": name },
        });
        assert_eq!(bench.create::<PrivateLink>(&name, &spec).0, 201);
        due.insert((Duration::from_millis(u64::from(number) * 200), name));
    }
    let all_ready = || {
        (0..objects)
            .all(|it| is::<PrivateLink>(bench.object(&format!("cache-{it}")).as_ref(), "Ready"))
    };
    let begun = bench.world.clock().uptime();
    work(&bench, &context, &mut due, |now| now > begun + HOUR && all_ready()).await;
    let (establishing, took) = (bench.api.sent().len(), bench.world.clock().uptime());

    // What one operator keeps: another one reads everything once, and keeps the watch's copies.
    let before = resident();
    let second = bench.context::<PrivateLink>();
    let mut shown = Vec::new();
    for number in 0..objects {
        shown.push(bench.object::<PrivateLink>(&format!("cache-{number}")));
        bench.pass(&second, &format!("cache-{number}")).await;
    }
    let kept = resident().zip(before).map(|(after, before)| after.saturating_sub(before));
    drop((second, shown));

    // Once round, so that nobody is in step any more; then three hours.
    let now = bench.world.clock().uptime();
    work(&bench, &context, &mut due, |at| at > now + HOUR * 2).await;
    let (sent, calls, mutations) =
        (bench.api.sent().len(), bench.world.journal().len(), bench.world.mutations());
    let now = bench.world.clock().uptime();
    work(&bench, &context, &mut due, |at| at > now + HOUR * 3).await;
    assert_eq!(bench.world.mutations(), mutations);
    let journal = bench.world.journal();
    let (aws, heroku): (Vec<_>, Vec<_>) =
        journal[calls..].iter().partition(|it| !it.permissions.is_empty());
    let of_api = bench.api.sent().split_off(sent);
    assert!(of_api.iter().all(|it| it.method == http::Method::GET));
    println!(
        "{objects} objects: made in {took:?} with {establishing} requests to the API server; an hour \
         in steady state: {} to the API server, {} to AWS, {} to Heroku; {kept:?} KiB kept",
        of_api.len() / 3,
        aws.len() / 3,
        heroku.len() / 3,
    );
    assert!(heroku.len() / 3 <= 2250, "{}", heroku.len() / 3);
    assert!(of_api.len() / 3 <= usize::from(objects) * 7);
}
