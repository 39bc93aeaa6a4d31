//! How long it takes to plan, and to live a link's life on the simulated world.
#![allow(missing_docs, clippy::expect_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::model::DataService;
use heroku_data_link::reconcile::{Driver, Fresh, Goal, Workflow};
use heroku_data_link_benches::{
    block_on, delivering_link, establish_fleet, life_of_a_link, life_of_a_peering, link, peering,
};
use heroku_data_link_mock::World;

fn plans(criterion: &mut Criterion) {
    let (world, workflow) = link(DataService::KeyValueStore).expect("a link");
    plans_of(criterion, "plan", &world, workflow);
    let (world, workflow) = delivering_link(DataService::Kafka).expect("a link");
    plans_of(criterion, "plan-delivering", &world, workflow);
    let (world, workflow) = link(DataService::Kafka).expect("a link");
    plans_of(criterion, "plan-kafka", &world, workflow);
    let (world, workflow) = peering().expect("a peering");
    plans_of(criterion, "plan-peering", &world, workflow);
}

fn plans_of<W: Workflow>(criterion: &mut Criterion, group: &str, world: &World, workflow: W) {
    let driver = Driver::new(workflow, world.clock());
    let workflow = driver.workflow();
    let observe = |goal| {
        let memory = driver.memory();
        block_on(async { Ok(workflow.observe(goal, &memory, Fresh::nothing()).await?) })
            .expect("an observation")
    };
    let fresh = observe(Goal::Established);
    criterion.bench_function(&format!("{group}/fresh"), |bencher| {
        bencher.iter(|| workflow.plan(Goal::Established, &fresh));
    });
    block_on(async { Ok(driver.establish().await?) }).expect("an established link");
    let seen = observe(Goal::Established);
    criterion.bench_function(&format!("{group}/established"), |bencher| {
        bencher.iter(|| workflow.plan(Goal::Established, &seen));
    });
    let seen = observe(Goal::TornDown);
    criterion.bench_function(&format!("{group}/teardown"), |bencher| {
        bencher.iter(|| workflow.plan(Goal::TornDown, &seen));
    });
}

fn lives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("life");
    group.sample_size(20);
    for service in DataService::ALL {
        group.bench_function(service.slug(), |bencher| {
            bencher.iter(|| block_on(life_of_a_link(service)).expect("a life"));
        });
    }
    group.bench_function("peering", |bencher| {
        bencher.iter(|| block_on(life_of_a_peering()).expect("a life"));
    });
    group.finish();
    let mut group = criterion.benchmark_group("fleet");
    group.sample_size(10);
    group.bench_function("1000-links", |bencher| {
        bencher.iter(|| block_on(establish_fleet(1000)).expect("a fleet"));
    });
    group.finish();
}

criterion_group!(benches, plans, lives);
criterion_main!(benches);
