//! Links whose kind is not known when they are worked, and plans as data.

use std::sync::{Arc, Mutex};

use heroku_data_link::link::{Health, Link, LinkOutput, LinkSpec, Options};
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{Clouds, ErrorKind, GroupQuery, Retry, SecurityGroups};
use heroku_data_link::reconcile::{Event, Goal, Observer, Pass, Plan, Verified};
use heroku_data_link_mock::{Fault, World};
use serde_json::json;

use crate::{encryption, peering, support};

fn clouds(world: &World) -> Clouds {
    Clouds::new(world.heroku(), world.aws())
}

/// A world and a link of each kind.
fn every_kind() -> Vec<(World, Clouds, LinkSpec)> {
    let (world, _, spec) = support::procedure(DataService::Kafka);
    let private_link = (world.clone(), clouds(&world), spec.into());
    let (world, site, spec) = peering::procedure();
    let both = Clouds::new(world.heroku(), peering::aws(&world, &site));
    let peering = (world, both, spec.into());
    let (world, _, spec) = encryption::support::procedure(DataService::KeyValueStore);
    let encryption = (world.clone(), clouds(&world), spec.into());
    let (world, _, spec) = encryption::support::encrypted(DataService::Postgres);
    let access = (world.clone(), clouds(&world), spec.into());
    vec![private_link, peering, encryption, access]
}

fn open(world: &World, clouds: &Clouds, spec: &LinkSpec) -> Box<dyn Link> {
    spec.clone().open(clouds, world.clock(), Options::default()).unwrap()
}

#[tokio::test]
async fn every_kind_of_link_is_worked_alike() {
    for (world, clouds, spec) in every_kind() {
        // As a configuration file has it.
        let text = serde_json::to_string_pretty(&spec).unwrap();
        let read: LinkSpec = serde_json::from_str(&text).unwrap();
        assert_eq!(read, spec);
        let link = open(&world, &clouds, &read);
        assert_eq!((link.id(), link.kind()), (spec.link(), spec.kind()));
        assert_eq!(link.plan(Goal::Established).await.unwrap().link, *spec.link());
        let established = link.establish().await.unwrap();
        assert_eq!(established.kind(), spec.kind());
        let output = serde_json::to_value(&established).unwrap();
        assert_eq!(output["kind"], spec.kind().as_str());
        assert!(matches!(link.reconcile_once().await.unwrap(), Pass::Done(_)));
        let Verified::InSync(seen) = link.verify().await.unwrap() else { panic!("{text}") };
        assert_eq!(seen, established);
        assert_eq!(link.health().await.health, Health::Ready);
        link.preflight().await.unwrap();
        // The memory is this link's, and no other's.
        let memory = link.memory();
        let options = || Options { memory: Some(memory.clone()), ..Options::default() };
        spec.clone().open(&clouds, world.clock(), options()).unwrap();
        for (_, clouds, other) in every_kind() {
            if other.kind() != spec.kind() {
                other.open(&clouds, world.clock(), options()).unwrap_err();
            }
        }
    }
}

#[test]
fn what_a_newer_version_added_to_a_spec_is_named() {
    for (_, _, spec) in every_kind() {
        let mut newer = serde_json::to_value(&spec).unwrap();
        newer["from-the-future"] = json!(1);
        let error = serde_json::from_value::<LinkSpec>(newer).unwrap_err().to_string();
        assert!(error.contains("from-the-future"), "{error}");
    }
    let error = serde_json::from_value::<LinkSpec>(json!({ "kind": "vpn", "link": "a" }));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("vpn") && error.contains("privatelink"), "{error}");
}

#[tokio::test]
async fn health_follows_a_links_life() {
    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    let spec = LinkSpec::from(spec);
    let link = open(&world, &clouds(&world), &spec);
    assert_eq!(link.health().await.health, Health::Absent);
    link.reconcile_once().await.unwrap();
    let report = link.health().await;
    assert_eq!((report.health, report.may_pass), (Health::Progressing, true), "{report}");
    let LinkOutput::PrivateLink(output) = link.establish().await.unwrap() else { panic!() };
    assert!(link.health().await.is_ready());
    let rule = world.aws();
    let group = output.security_groups.first().unwrap();
    let groups = GroupQuery::Ids([group.clone()].into());
    let ingress = rule.security_groups(&groups).await.unwrap()[0].ingress.clone();
    rule.revoke_ingress(group, ingress.first().unwrap()).await.unwrap();
    let report = link.health().await;
    assert_eq!(report.health, Health::Drifted, "{report}");
    assert!(report.to_string().contains("allow tcp 6379"), "{report}");
    world.fault(Fault::on_any_call().times(10).before(ErrorKind::Unauthorized));
    let report = link.health().await;
    assert_eq!((report.health, report.may_pass), (Health::Unknown, false), "{report}");
    world.clear_faults();
    let LinkSpec::PrivateLink(mut broken) = spec else { panic!() };
    broken.addon = "no-such-addon".parse().unwrap();
    let report = open(&world, &clouds(&world), &broken.into()).health().await;
    assert_eq!((report.health, report.may_pass), (Health::Blocked, false), "{report}");
}

#[tokio::test]
async fn one_failed_read_does_not_end_a_plan() {
    for kind in [ErrorKind::Transient, ErrorKind::Timeout] {
        let (world, _, spec) = support::procedure(DataService::KeyValueStore);
        let link = support::driver(&world, &spec);
        let fault = || Fault::on_any_call().times(1).before(kind.clone());
        world.fault(fault());
        link.plan(Goal::Established).await.unwrap();
        world.fault(fault());
        link.verify().await.unwrap();
        // Within bounds.
        world.fault(Fault::on_any_call().times(1000).before(kind.clone()));
        let error = link.plan(Goal::Established).await.unwrap_err();
        assert_ne!(error.retry(), Retry::Never);
        assert!(world.calls() < 100, "{}", world.calls());
    }
}

#[tokio::test]
async fn a_plan_is_read_again_as_it_was_written() {
    for (world, clouds, spec) in every_kind() {
        let link = open(&world, &clouds, &spec);
        let mut plans = vec![link.plan(Goal::Established).await.unwrap()];
        link.reconcile_once().await.unwrap();
        plans.push(link.plan(Goal::Established).await.unwrap());
        link.establish().await.unwrap();
        plans.push(link.plan(Goal::Established).await.unwrap());
        plans.push(link.plan(Goal::TornDown).await.unwrap());
        for plan in plans {
            let text = serde_json::to_string(&plan).unwrap();
            let read: Plan = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            assert_eq!(read.to_string(), plan.to_string());
            let calls = |plan: &Plan| {
                plan.steps.iter().filter_map(|step| step.call.clone()).collect::<Vec<_>>()
            };
            assert_eq!(calls(&read), calls(&plan));
            assert_eq!(read.iam_policy(), plan.iam_policy());
        }
    }
}

#[tokio::test]
async fn events_say_which_link_they_are_of_and_read_as_lines() {
    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let observer: Arc<dyn Observer> = Arc::new(move |event: &Event| {
        let json = serde_json::to_string(event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap().link(), event.link());
        heard.lock().unwrap().push(event.to_string());
    });
    let options = Options { observer: Some(observer), ..Options::default() };
    let link = LinkSpec::from(spec).open(&clouds(&world), world.clock(), options).unwrap();
    link.establish().await.unwrap();
    let lines = lines.lock().unwrap();
    assert!(lines.iter().all(|line| line.starts_with("demo: ") && !line.contains('\n')));
    for part in ["steps are done", ": applied", "waiting for", "demo: established"] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:?}");
    }
}
