use std::time::Duration;

use heroku_data_link::model::{DataService, PrivateLinkStatus};
use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{ErrorKind, operation};
use heroku_data_link::reconcile::{Driver, Memory, MemoryStore};
use heroku_data_link_mock::{
    Direction, Disturbance, Fault, Scenario, TextStore, Timings, World, repeats_are_harmless,
    survives_every_crash,
};

fn scenario(prepare: fn(&World)) -> Scenario<PrivateLinkWorkflow> {
    scenario_of(HerokuTeardown::Delete, prepare)
}

fn scenario_of(teardown: HerokuTeardown, prepare: fn(&World)) -> Scenario<PrivateLinkWorkflow> {
    let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
    prepare(&world);
    Scenario::new(world, move |world| {
        let mut spec =
            PrivateLinkSpec::new("cache".parse().unwrap(), site.addon.clone(), site.vpc.clone());
        spec.heroku_teardown = teardown;
        let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
        Driver::new(workflow, world.clock())
    })
}

#[tokio::test]
async fn a_private_link_survives_every_crash() {
    let report = survives_every_crash(|| scenario(|_| {})).await;
    let report = report.unwrap_or_else(|finding| panic!("{finding}"));
    let mutations = report.mutations_establish + report.mutations_teardown;
    assert!(report.mutations_establish > 3 && report.mutations_teardown > 2, "{report}");
    assert!(report.cases >= 8 * mutations, "{report}");
}

#[tokio::test]
async fn repeats_of_a_private_link_are_harmless() {
    let report = repeats_are_harmless(|| scenario(|_| {})).await;
    let report = report.unwrap_or_else(|finding| panic!("{finding}"));
    assert_eq!(report.cases, 8);
}

#[tokio::test]
async fn a_driver_for_each_pass_survives_every_crash_too() {
    let make = || scenario(|_| {}).with_a_driver_for_each_pass();
    let report = survives_every_crash(make).await;
    let report = report.unwrap_or_else(|finding| panic!("{finding}"));
    assert!(report.mutations_establish > 3 && report.mutations_teardown > 2, "{report}");
}

#[tokio::test]
async fn a_wait_without_end_is_found_though_each_pass_has_a_driver_of_its_own() {
    let make = || {
        scenario(|world| world.next_private_link_sticks_at(&PrivateLinkStatus::Provisioning))
            .with_a_driver_for_each_pass()
    };
    let finding = repeats_are_harmless(make).await.unwrap_err();
    assert!(finding.problem.contains("gave up after"), "{finding}");
}

#[tokio::test]
async fn a_store_keeps_text_until_it_is_full() {
    let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
    let spec = PrivateLinkSpec::new("cache".parse().unwrap(), site.addon, site.vpc);
    let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
    let store = TextStore::new();
    // Of a link on which nobody has worked before.
    let memory = store.memory(&workflow).unwrap();
    assert_eq!((store.text(), &memory), (None, &Memory::begin(&workflow)));
    store.save(&memory).await.unwrap();
    assert_eq!(store.text(), Some(memory.to_json()));
    assert_eq!(store.memory(&workflow).unwrap(), memory);
    store.put("{");
    store.set_full(true);
    assert!(store.save(&memory).await.is_err());
    assert_eq!(store.text().as_deref(), Some("{"));
    assert!(store.memory(&workflow).is_err());
    store.set_full(false);
    store.save(&memory).await.unwrap();
}

fn peering_scenario() -> Scenario<PeeringWorkflow> {
    let (world, site) = World::of_the_peering_procedure();
    Scenario::new(world, move |world| {
        let spec = PeeringSpec::new("jp".parse().unwrap(), site.space.clone(), site.vpc.clone());
        let aws = world.aws_in(site.account.clone(), site.region.clone());
        Driver::new(PeeringWorkflow::new(spec, world.heroku(), aws), world.clock())
    })
}

#[tokio::test]
async fn a_peering_survives_every_crash() {
    let report = survives_every_crash(peering_scenario).await;
    let report = report.unwrap_or_else(|finding| panic!("{finding}"));
    let mutations = report.mutations_establish + report.mutations_teardown;
    assert!(report.mutations_establish > 2 && report.mutations_teardown > 1, "{report}");
    assert!(report.cases >= 8 * mutations, "{report}");
}

#[tokio::test]
async fn repeats_of_a_peering_are_harmless() {
    let report = repeats_are_harmless(peering_scenario).await;
    let report = report.unwrap_or_else(|finding| panic!("{finding}"));
    assert_eq!(report.cases, 8);
}

#[tokio::test]
async fn what_the_harness_finds_says_where() {
    let broken = || {
        scenario(|world| {
            let fault = Fault::on(operation::CREATE_VPC_ENDPOINT).before(ErrorKind::Forbidden);
            world.fault(fault.saying("no"));
        })
    };
    let finding = survives_every_crash(broken).await.unwrap_err();
    assert_eq!(finding.case.direction, Direction::Establish);
    assert_eq!(finding.case.disturbance, Disturbance::None);
    let text = finding.to_string();
    assert!(text.starts_with("establish, undisturbed, reads 0 s behind: the run failed"), "{text}");
    assert!(text.ends_with("ec2:CreateVpcEndpoint: forbidden: no"), "{text}");
}

#[tokio::test]
async fn the_harness_finds_what_only_luck_would_hide() {
    // An EC2 that forgets its client tokens: an answer that is lost makes a second endpoint.
    let forgetful = || {
        scenario(|world| {
            world.set_timings(Timings { token_memory: Duration::ZERO, ..Timings::default() });
        })
    };
    let finding = survives_every_crash(forgetful).await.unwrap_err();
    assert!(finding.case.operation.is_some_and(|name| name.starts_with("ec2:")), "{finding}");
    assert!(finding.problem.starts_with("the output is "), "{finding}");
    let finding = repeats_are_harmless(forgetful).await.unwrap_err();
    assert!(matches!(finding.case.disturbance, Disturbance::Doubled { .. }), "{finding}");
}

#[tokio::test]
async fn a_teardown_may_leave_things_behind_if_it_says_so() {
    let keeping = || scenario_of(HerokuTeardown::Keep, |_| {});
    let finding = survives_every_crash(keeping).await.unwrap_err();
    assert_eq!(finding.case.direction, Direction::Teardown);
    assert!(finding.problem.contains("too much: private link of"), "{finding}");
    let report = survives_every_crash(|| keeping().leaves_things_behind()).await.unwrap();
    assert!(report.mutations_teardown > 1, "{report}");
    repeats_are_harmless(|| keeping().leaves_things_behind()).await.unwrap();
}
