//! Fleets: what documents are refused, and many links worked at once.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use heroku_data_link::fleet::{
    Fleet, FleetDriver, FleetError, FleetSettings, LinkState, OpenError, importable,
};
use heroku_data_link::link::Options;
use heroku_data_link::model::{LinkId, TargetName, VpcId};
use heroku_data_link::provider::{Clouds, EndpointQuery, IngressSource, VpcEndpoints, operation};
use heroku_data_link::reconcile::{Memory, MemoryStore, ownership};
use heroku_data_link_mock::World;
use serde_json::{Value, json};

use crate::support::allow;

const VPC: &str = "vpc-0a1b2c3d4e5f60718";

/// A document with two accounts of the procedures' world and these links.
fn document(links: &Value) -> Value {
    json!({
        "targets": {
            "main": { "account": "123456789101", "region": "us-east-1" },
            "office": { "account": "435886841536", "region": "us-east-1" },
        },
        "defaults": {
            "target": "main",
            "tags": { "team": "data" },
            "privatelink": { "heroku-teardown": "delete", "vpc": VPC },
        },
        "links": links,
    })
}

/// Every kind of link that makes something, in two accounts.
fn everything() -> Value {
    document(&json!([
        { "kind": "privatelink", "link": "cache", "addon": "vaulted" },
        { "kind": "privatelink", "link": "events", "addon": "kafka-sushi-12345" },
        { "kind": "privatelink", "link": "db", "addon": "postgresql-cubed-12345",
          "tags": { "team": "billing" } },
        { "kind": "peering", "link": "intranet", "target": "office",
          "space": "enablement-jp", "vpc": "vpc-0cb1a66017eed9372" },
        { "kind": "encryption", "link": "vault", "app": "your-app-name",
          "plan": "heroku-redis:private-7", "addon": "vaulted" },
    ]))
}

fn fleet(document: Value) -> Fleet {
    Fleet::from_value(document).unwrap()
}

fn clouds(world: &World, fleet: &Fleet) -> BTreeMap<TargetName, Clouds> {
    let one = |(name, target): (&TargetName, &heroku_data_link::fleet::Target)| {
        let aws = world.aws_in(target.account.clone().unwrap(), target.region.clone());
        (name.clone(), Clouds::new(world.heroku(), aws))
    };
    fleet.targets().iter().map(one).collect()
}

async fn open(world: &World, document: Value) -> FleetDriver {
    let fleet = fleet(document);
    let clouds = clouds(world, &fleet);
    let settings = FleetSettings::default();
    fleet.open(&clouds, world.clock(), settings, |_| Ok(Options::default())).await.unwrap()
}

fn refused(document: Value) -> FleetError {
    Fleet::from_value(document).unwrap_err()
}

#[test]
fn a_document_is_refused_with_every_problem_and_its_place() {
    let error = refused(document(&json!([
        { "kind": "privatlink", "link": "a", "addon": "x" },
        { "kind": "peering", "link": "b", "space": "s", "vpc": "subnet-1" },
        { "kind": "peering", "link": "c", "space": "s", "vpc": "vpc-1", "target": "mian" },
        { "link": "d" },
        7,
        { "kind": "peering", "link": "e", "space": "s", "vpc": "vpc-1", "colour": "red" },
    ])));
    let said: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
    for (said, expected) in said.iter().zip([
        ["link 1 of the document (a)", "\"privatlink\" is not a kind of link"],
        ["link 2 of the document (b)", "\"subnet-1\" is not a VPC id"],
        ["link 3 of the document (c)", "there is no target mian; there are: main, office"],
        ["link 4 of the document (d)", "it has no `kind`"],
        ["link 5 of the document", "it must be a table of fields"],
        ["link 6 of the document (e)", "unknown field `colour`"],
    ]) {
        assert!(expected.iter().all(|part| said.contains(part)), "{said}\n{expected:?}");
    }
    assert_eq!(said.len(), 6, "{said:#?}");
}

#[test]
fn a_document_that_may_be_cut_off_is_no_empty_fleet() {
    for (text, expected) in [
        ("", "EOF"),
        ("null", "the document is empty"),
        ("{}", "the document is empty"),
        (r#"{ "targets": {} }"#, "a fleet without links says `links = []`"),
        (r#"{ "links": [], "prune": true }"#, "unknown field `prune`"),
        (r#"{ "targets": { "a": { "region": "moon" } }, "links": [] }"#, "\"moon\""),
        (r#"{ "targets": { "a b": { "region": "us-east-1" } }, "links": [] }"#, "target a b"),
        (r#"{ "targets": { "a": {} }, "links": [] }"#, "missing field `region`"),
    ] {
        let error = Fleet::from_json(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let none = r#"{ "targets": { "a": { "region": "us-east-1" } }, "links": [] }"#;
    assert!(Fleet::from_json(none).unwrap().links().is_empty());
}

#[test]
fn a_password_in_a_document_is_not_repeated() {
    let url = "redis://h:hunter2@host:6379";
    for link in [
        json!({ "kind": url, "link": "a" }),
        json!({ "kind": "privatelink", "link": "a", "addon": url, "vpc": "vpc-1" }),
        json!({ "kind": "privatelink", "link": url, "addon": "a", "vpc": "vpc-1" }),
        json!({ "kind": "privatelink", "link": "a", "addon": "a", "vpc": "vpc-1", url: 1 }),
        json!({ "kind": "peering", "link": "a", "space": "a", "vpc": "vpc-1", "target": url }),
    ] {
        let error = refused(document(&json!([link])));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let mut whole = document(&json!([]));
    whole[url] = json!(1);
    assert!(!refused(whole).to_string().contains("hunter2"));
    let mut target = document(&json!([]));
    target["targets"][url] = json!({ "region": url });
    assert!(!refused(target).to_string().contains("hunter2"));
}

#[test]
fn links_that_cannot_both_be_there_are_refused_with_both_places() {
    let private = |link: &str, vpc: &str| {
        json!({ "kind": "privatelink", "link": link, "addon": "a",
                                                  "vpc": vpc })
    };
    let peering = |link: &str, target: &str| {
        json!({ "kind": "peering", "link": link, "space": "s",
                                                     "vpc": "vpc-1", "target": target })
    };
    let encryption = |link: &str| {
        json!({ "kind": "encryption", "link": link, "app": "app",
                                          "plan": "heroku-redis:private-7", "addon": "a" })
    };
    let key = "arn:aws:kms:us-east-1:123456789101:key/00000000-0000-4000-9000-000000000001";
    let access = |link: &str| json!({ "kind": "key-access", "link": link, "key": key });
    let mut exclusive = private("x", "vpc-2");
    exclusive["exclusive-principals"] = json!(true);
    for (links, expected) in [
        (json!([private("x", "vpc-1"), peering("x", "main")]), "it has the id x as link 1"),
        (json!([private("x", "vpc-1"), private("y", "vpc-1")]), "it connects vpc-1 with a as"),
        (json!([peering("x", "main"), peering("y", "office")]), "it peers vpc-1 with the space s"),
        (json!([encryption("x"), encryption("y")]), "it makes the add-on a as link 1"),
        (json!([access("x"), access("y")]), "it decides about the use of arn:aws:kms"),
        (
            json!([exclusive, private("y", "vpc-1")]),
            "exclusive-principals disallow those of link 2",
        ),
    ] {
        let error = refused(document(&links));
        assert_eq!(error.problems.len(), 1, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    // Two regions of one account are no two accounts.
    let mut regions = document(&json!([
        peering("x", "main"),
        { "kind": "peering", "link": "x", "space": "t", "vpc": "vpc-3", "target": "europe" },
    ]));
    regions["targets"]["europe"] = json!({ "account": "123456789101", "region": "eu-west-1" });
    let error = refused(regions).to_string();
    assert!(error.contains("link 2") && error.contains("it has the id x as link 1"), "{error}");
    // One id in two accounts marks different things.
    fleet(document(&json!([
        private("x", "vpc-1"),
        { "kind": "peering", "link": "x", "space": "s", "vpc": "vpc-3", "target": "office" },
    ])));
}

#[test]
fn what_a_link_says_itself_wins_over_the_defaults() {
    let fleet = fleet(everything());
    let spec = |number: usize| serde_json::to_value(&fleet.links()[number].spec).unwrap();
    assert_eq!(spec(1)["tags"], json!({ "team": "data" }));
    assert_eq!(spec(2)["tags"], json!({ "team": "billing" }));
    assert_eq!((&spec(1)["vpc"], &spec(1)["heroku-teardown"]), (&json!(VPC), &json!("delete")));
    assert_eq!(spec(4)["tags"], json!({ "team": "data" }));
    let targets: Vec<_> = fleet.links().iter().map(|link| link.target.as_str()).collect();
    assert_eq!(targets, ["main", "main", "main", "office", "main"]);
}

#[tokio::test]
async fn a_fleet_is_planned_converged_mended_and_torn_down() {
    let world = World::of_all_procedures();
    let before = world.fingerprint();
    let fleet = open(&world, everything()).await;
    let plan = fleet.plan().await;
    assert!(!plan.is_in_sync());
    assert_eq!(plan.links[0].after.as_ref().unwrap().as_str(), "vault");
    assert!(plan.links[0].plan.is_none() && plan.links[0].failure.is_empty());
    // Three PrivateLinks, a peering and an encryption.
    assert_eq!(plan.heroku_requests, 3 * 22 + 15 + 14);
    assert_eq!(world.fingerprint(), before, "a plan changes nothing");

    let report = fleet.establish(pending()).await;
    assert!(report.is_complete(), "{report}");
    let plan = fleet.plan().await;
    assert!(plan.is_in_sync() && plan.heroku_requests == 0);
    assert!(fleet.health().await.is_ready());

    // Somebody deletes an endpoint.
    let tag = ownership::tag_of(&"events".parse().unwrap());
    let endpoints = world.aws().endpoints(&EndpointQuery::Tagged(tag)).await.unwrap();
    world.delete_endpoint(&endpoints[0].id).unwrap();
    let drifted = fleet.plan().await;
    let out: Vec<_> = drifted.links.iter().filter(|link| !link.is_in_sync()).collect();
    assert_eq!(out.iter().map(|link| link.link.as_str()).collect::<Vec<_>>(), ["events"]);
    assert!(!fleet.health().await.is_ready());
    assert!(fleet.establish(pending()).await.is_complete());
    assert!(fleet.plan().await.is_in_sync());

    let gone = fleet.teardown(pending()).await;
    assert!(gone.is_complete(), "{gone}");
    let kept = ["add-on vaulted ", "app your-app-name ", "key "];
    let after = world.fingerprint();
    for line in after.lines().filter(|line| !before.contains(line)) {
        assert!(kept.iter().any(|kept| line.starts_with(kept)), "left: {line}");
    }
}

#[tokio::test]
async fn a_link_that_is_blocked_holds_up_only_what_comes_after_it() {
    let world = World::of_all_procedures();
    world.forbid(operation::CREATE_KEY);
    let mut document = everything();
    document["links"][1]["addon"] = json!("kafka-typo-1");
    let fleet = open(&world, document).await;
    let report = fleet.establish(pending()).await;
    let state = |number: usize| &report.links[number].state;
    assert!(matches!(state(0), LinkState::Held { after } if after.as_str() == "vault"), "{report}");
    let LinkState::Blocked { reasons } = state(1) else { panic!("{report}") };
    assert!(reasons[0].contains("kafka-typo-1"), "{report}");
    assert!(matches!(state(2), LinkState::Established { .. }), "{report}");
    assert!(matches!(state(3), LinkState::Established { .. }), "{report}");
    let LinkState::Failed { reasons } = state(4) else { panic!("{report}") };
    assert!(reasons.iter().any(|reason| reason.contains("kms:CreateKey")), "{report}");
    assert!(!report.is_complete());
    assert!(report.to_string().contains("2 of 5 links are done"), "{report}");
}

#[tokio::test]
async fn clouds_of_another_account_or_region_are_refused_before_anything_else() {
    let world = World::of_all_procedures();
    let given = fleet(everything());
    let calls = world.calls();
    let settings = FleetSettings::default();
    let mut wrong = clouds(&world, &given);
    let office: TargetName = "office".parse().unwrap();
    wrong.insert(office.clone(), Clouds::new(world.heroku(), world.aws()));
    let open = |clouds: BTreeMap<TargetName, Clouds>| {
        let (fleet, clock) = (given.clone(), world.clock());
        async move { fleet.open(&clouds, clock, settings, |_| Ok(Options::default())).await }
    };
    let error = open(wrong.clone()).await.unwrap_err();
    assert!(matches!(&error, OpenError::OtherAccount { target, .. } if *target == office));
    for part in ["office", "123456789101", "435886841536"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let elsewhere = world.aws_in("435886841536".parse().unwrap(), "eu-west-1".parse().unwrap());
    wrong.insert(office.clone(), Clouds::new(world.heroku(), elsewhere));
    let error = open(wrong.clone()).await.unwrap_err();
    assert!(matches!(&error, OpenError::OtherRegion { target, .. } if *target == office));
    wrong.remove(&office);
    assert!(matches!(open(wrong).await.unwrap_err(), OpenError::NoClouds { .. }));
    assert!(world.calls() - calls <= 6, "who is calling, and nothing else");
}

/// Two targets that turn out to be one account, as their profiles lead there.
#[tokio::test]
async fn targets_of_one_account_share_its_ids() {
    let world = World::of_all_procedures();
    let document = json!({
        "targets": { "a": { "region": "us-east-1" }, "b": { "region": "us-east-1" } },
        "links": [
            { "kind": "privatelink", "link": "x", "addon": "kafka-sushi-12345", "vpc": VPC,
              "target": "a" },
            { "kind": "privatelink", "link": "x", "addon": "postgresql-cubed-12345", "vpc": VPC,
              "target": "b" },
        ],
    });
    let fleet = fleet(document);
    let both = Clouds::new(world.heroku(), world.aws());
    let clouds = fleet.targets().keys().map(|name| (name.clone(), both.clone())).collect();
    let settings = FleetSettings::default();
    let opened = fleet.open(&clouds, world.clock(), settings, |_| Ok(Options::default())).await;
    let error = opened.unwrap_err();
    assert!(error.to_string().contains("it has the id x as link 1 of the document"), "{error}");
}

/// Memories in a map, as a file beside the document would have them.
#[derive(Debug, Default)]
struct Memories(Mutex<BTreeMap<LinkId, String>>);

#[derive(Debug)]
struct Slot(Arc<Memories>, LinkId);

#[async_trait]
impl MemoryStore for Slot {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0.0.lock().unwrap().insert(self.1.clone(), memory.to_json());
        Ok(())
    }
}

#[tokio::test]
async fn a_fleet_that_is_stopped_again_and_again_resumes_and_makes_one_key() {
    let world = World::of_all_procedures();
    let memories = Arc::new(Memories::default());
    for round in 1.. {
        let fleet = fleet(everything());
        let clouds = clouds(&world, &fleet);
        let options = |link: &heroku_data_link::fleet::FleetLink| {
            let id = link.spec.link().clone();
            let memory = memories.0.lock().unwrap().get(&id).map(|text| Memory::from_json(text));
            Ok(Options {
                memory: memory.transpose()?,
                store: Some(Arc::new(Slot(Arc::clone(&memories), id))),
                ..Options::default()
            })
        };
        let settings = FleetSettings::default();
        let fleet = fleet.open(&clouds, world.clock(), settings, options).await.unwrap();
        let clock = world.clock();
        let stop = heroku_data_link::reconcile::Clock::sleep(&*clock, Duration::from_secs(70));
        let report = fleet.establish(stop).await;
        if report.is_complete() {
            assert!(round > 5, "it was stopped {round} times");
            break;
        }
        let unfinished = |state: &LinkState| {
            matches!(state, LinkState::Unfinished { .. } | LinkState::Held { .. })
        };
        assert!(report.links.iter().all(|link| link.state.is_final() || unfinished(&link.state)));
        assert!(round < 60, "{report}");
    }
    let made = world.journal();
    let keys = made.iter().filter(|call| call.operation == operation::CREATE_KEY).count();
    assert_eq!(keys, 1);
}

#[tokio::test]
async fn links_that_left_the_document_are_shown_and_torn_down_when_asked() {
    let world = World::of_all_procedures();
    let whole = open(&world, everything()).await;
    assert!(whole.establish(pending()).await.is_complete());
    assert!(whole.strays().await.unwrap().is_empty());
    assert_eq!(whole.discovered().await.unwrap().len(), 5);

    let mut less = everything();
    less["links"] = json!([less["links"][0], less["links"][2]]);
    let fleet = open(&world, less).await;
    let strays = fleet.strays().await.unwrap();
    let ids: Vec<_> = strays.iter().map(|stray| stray.found.link.as_str()).collect();
    assert_eq!(ids, ["events", "vault", "intranet"]);
    assert_eq!(strays[2].target.as_str(), "office");
    assert!(fleet.plan().await.is_in_sync(), "strays are no drift of the links that stay");

    // By now the document has one of them again, which an old list must not cost.
    let mut again = everything();
    again["links"] = json!([again["links"][0], again["links"][1], again["links"][2]]);
    let newer = open(&world, again).await;
    let pruned = newer.prune(&strays, Options::default).await;
    assert!(pruned.is_complete(), "{pruned}");
    let said = pruned.to_string();
    assert!(said.contains("kept: the document has it"), "{said}");
    assert!(said.contains("kept: its tags name nothing that a teardown takes away"), "{said}");
    assert!(matches!(pruned.links[2].state, LinkState::TornDown), "{said}");
    let left: Vec<_> = newer.strays().await.unwrap();
    assert_eq!(left.iter().map(|stray| stray.found.link.as_str()).collect::<Vec<_>>(), ["vault"]);
    assert!(newer.plan().await.is_in_sync());
}

#[tokio::test]
async fn a_fleet_is_held_in_sync_with_looks_that_are_spread() {
    let world = World::new();
    let links: Vec<_> = (0..40)
        .map(|number| {
            let site = world.add_link_site(number);
            json!({ "kind": "privatelink", "link": format!("site-{number}"),
                    "addon": site.addon.as_str(), "vpc": site.vpc.as_str() })
        })
        .collect();
    let fleet = open(&world, document(&json!(links))).await;
    assert!(fleet.establish(pending()).await.is_complete());

    let (start, clock) = (world.now(), world.clock());
    let tag = ownership::tag_of(&"site-7".parse().unwrap());
    let endpoints = world.aws().endpoints(&EndpointQuery::Tagged(tag.clone())).await.unwrap();
    world.delete_endpoint(&endpoints[0].id).unwrap();
    let calls = world.journal().len();
    let told = Mutex::new(Vec::new());
    let hour = Duration::from_secs(3600);
    let stop = heroku_data_link::reconcile::Clock::sleep(&*clock, 2 * hour);
    let report = fleet.keep(hour, stop, |link| told.lock().unwrap().push(link.link.clone())).await;
    assert!(report.is_complete(), "{report}");
    let healed = world.aws().endpoints(&EndpointQuery::Tagged(tag)).await.unwrap();
    assert!(healed.iter().any(|endpoint| endpoint.id != endpoints[0].id), "it was made again");
    let told: BTreeSet<_> = told.into_inner().unwrap().into_iter().collect();
    assert_eq!(told.len(), 40);
    let looks: Vec<_> = world.journal().split_off(calls);
    let minutes: BTreeSet<_> =
        looks.iter().map(|call| call.at.duration_since(start).unwrap().as_secs() / 60).collect();
    assert!(minutes.len() > 40, "the looks fall into {} minutes of 120", minutes.len());
}

#[tokio::test]
async fn one_policy_is_enough_for_all_links_of_an_account() {
    let world = World::of_all_procedures();
    let driver = open(&world, everything()).await;
    let main: TargetName = "main".parse().unwrap();
    let policy = driver.fleet().iam_policy(&main, driver.caller(&main).unwrap());
    let mut actions = BTreeSet::new();
    for link in driver.fleet().links().iter().filter(|link| link.target == main) {
        let one =
            link.spec.iam_policy(driver.caller(&main).unwrap(), &"us-east-1".parse().unwrap());
        actions.extend(one.actions());
    }
    assert_eq!(policy.actions(), actions);
    let text = policy.document().to_string();
    assert!(text.contains(r#"["cache","db","events"]"#), "{text}");
    assert!(text.len() < 6144, "{} characters, and IAM takes 6144", text.len());
    // It names neither what the other account has nor what no link needs.
    assert!(!text.contains("435886841536") && !text.contains("Peering"), "{text}");
}

#[tokio::test]
async fn what_was_made_by_hand_is_imported_and_adopted() {
    let world = World::of_all_procedures();
    // Made by this library, and then stripped of all that says so: an endpoint made by hand.
    let vpc: VpcId = VPC.parse().unwrap();
    let group = world.make_security_group(&vpc, "by-hand", &BTreeMap::new()).unwrap();
    allow(&world, &group, "10000-11000", IngressSource::Group(group.clone()));
    let two = document(&json!([
        { "kind": "privatelink", "link": "events", "addon": "kafka-sushi-12345",
          "security-groups": { "existing": [group] } },
        { "kind": "peering", "link": "intranet", "target": "office", "space": "enablement-jp",
          "vpc": "vpc-0cb1a66017eed9372" },
    ]));
    let fleet = open(&world, two.clone()).await;
    let report = fleet.establish(pending()).await;
    assert!(report.is_complete(), "{report}");
    for stray in fleet.discovered().await.unwrap() {
        for resource in &stray.found.resources {
            world.replace_tags(resource.id(), &BTreeMap::new()).unwrap();
        }
    }
    assert!(fleet.discovered().await.unwrap().is_empty());

    let targets = Fleet::from_value(two).unwrap();
    let mut links = Vec::new();
    for (name, vpc) in [("main", VPC), ("office", "vpc-0cb1a66017eed9372")] {
        let clouds = &clouds(&world, &targets)[&name.parse::<TargetName>().unwrap()];
        let vpcs = BTreeSet::from([vpc.parse().unwrap()]);
        let taken = BTreeSet::from(["kafka-sushi-12345".parse().unwrap()]);
        let spaces = ["enablement-jp".parse().unwrap()];
        let found = importable(clouds, &vpcs, &spaces, &taken).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let mut link = serde_json::to_value(&found[0].spec).unwrap();
        link["target"] = json!(name);
        links.push(link);
    }
    assert_eq!(links[0]["link"], "kafka-sushi-12345-2");
    assert_eq!(links[1]["link"], "enablement-jp");
    let adopted = open(&world, document(&json!(links))).await;
    let report = adopted.establish(pending()).await;
    assert!(report.is_complete(), "{report}");
    let mutations = world.journal();
    let made = |name| mutations.iter().filter(|call| call.operation == name).count();
    assert_eq!(made(operation::CREATE_VPC_ENDPOINT), 1);
    assert_eq!(made(operation::CREATE_VPC_PEERING_CONNECTION), 1);
}

#[tokio::test]
async fn nothing_that_is_said_of_a_fleet_holds_a_secret() {
    let world = World::of_all_procedures();
    let fleet = open(&world, everything()).await;
    let report = fleet.establish(pending()).await;
    let plan = fleet.plan().await;
    let texts = [
        report.to_string(),
        format!("{report:?}"),
        serde_json::to_string(&report).unwrap(),
        serde_json::to_string(&plan).unwrap(),
        format!("{plan:?} {fleet:?}"),
    ];
    for text in texts {
        assert!(!text.contains("p-of-the-mock"), "{text}");
    }
}

#[cfg(feature = "schemars")]
#[test]
fn the_schema_of_the_document_has_every_field_of_every_kind() {
    let schema = heroku_data_link::fleet::schema();
    let links = schema["properties"]["links"]["items"]["oneOf"].as_array().unwrap();
    let kinds: Vec<_> =
        links.iter().map(|link| link["properties"]["kind"]["const"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["privatelink", "peering", "encryption", "key-access"]);
    for link in &fleet(everything()).links().to_vec() {
        let spec = serde_json::to_value(&link.spec).unwrap();
        let schema = links.iter().find(|it| it["properties"]["kind"]["const"] == spec["kind"]);
        let known = schema.unwrap()["properties"].as_object().unwrap();
        for field in spec.as_object().unwrap().keys() {
            assert!(known.contains_key(field), "{field}");
        }
    }
}
