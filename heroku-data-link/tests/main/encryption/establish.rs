//! An add-on under a key, from nothing.

use heroku_data_link::key_policy::KeyPolicy;
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{AddonLifecycle, Addons, Keys, operation};
use heroku_data_link::reconcile::{Goal, Pass, Verified};
use heroku_data_link_mock::KeySpec;

use super::support::{ADDON, ALIAS, HEROKU, calls, driver, existing, own_keys, procedure};

#[tokio::test]
async fn a_key_is_made_and_an_addon_under_it() {
    for service in DataService::ALL {
        let (world, site, mut spec) = procedure(service);
        spec.rotation = 180.try_into().unwrap();
        let link = driver(&world, &spec);
        let output = link.establish().await.unwrap();

        assert_eq!((output.addon.as_str(), output.service), (ADDON, service));
        assert_eq!(output.app, site.app);
        assert_eq!(output.alias.as_ref().unwrap().as_str(), ALIAS);
        assert_eq!(output.rotation.unwrap().days(), 180);
        assert_eq!(output.replaced, None);
        assert_eq!(own_keys(&world).await, std::slice::from_ref(&output.key));
        let (aws, heroku) = (world.aws(), world.heroku());
        let named = aws.key_by_alias(output.alias.as_ref().unwrap()).await.unwrap().unwrap();
        assert_eq!(named.arn, output.key);
        let addon = &heroku.resolve(None, &output.addon.clone().into()).await.unwrap()[0];
        let info = heroku.service_info(addon).await.unwrap().unwrap();
        assert_eq!(info.encryption_key.as_deref(), Some(output.key.as_str()));

        assert_eq!(world.orphans(), Vec::<String>::new());
        assert_eq!(link.verify().await.unwrap(), Verified::InSync(output));
    }
}

#[tokio::test]
async fn an_established_link_costs_four_reads_of_kms_and_three_of_heroku() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let (calls, mutations) = (world.calls(), world.mutations());
    assert!(matches!(link.reconcile_once().await.unwrap(), Pass::Done(_)));
    assert_eq!(world.mutations(), mutations);
    let journal = world.journal();
    let names: Vec<_> = journal[calls..].iter().map(|call| call.operation).collect();
    let of = |cloud: &str| names.iter().filter(|name| name.starts_with(cloud)).count();
    // Alias, tags, policy, rotation; add-on, readiness, information.
    assert_eq!((of("kms:"), of("heroku:")), (4, 3), "{names:?}");
}

#[tokio::test]
async fn a_whole_establishment_takes_few_requests() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let heroku = world.journal().iter().filter(|it| it.operation.starts_with("heroku:")).count();
    let kms = world.journal().iter().filter(|it| it.operation.starts_with("kms:")).count();
    println!("{heroku} requests to Heroku, {kms} to KMS, {} mutations", world.mutations());
    assert!(heroku <= 40 && kms <= 70, "{heroku} and {kms}");
    // Key, alias, rotation, add-on: the policy comes with the key.
    assert_eq!(world.mutations(), 4);
}

#[tokio::test]
async fn a_key_that_is_named_is_used_as_it_is() {
    let (world, _, spec) = procedure(DataService::Postgres);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let spec = spec.with_key(existing(&key, false));
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("not rotated")), "{plan}");
    let output = link.establish().await.unwrap();
    assert_eq!((output.key, output.alias, output.rotation), (key, None, None));
    assert_eq!(world.mutations(), 1);
    assert_eq!(calls(&world, operation::CREATE_ADDON), 1);
}

#[tokio::test]
async fn a_key_that_is_named_is_mended_when_that_is_wanted() {
    let foreign = r#"{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789101:role/backup"},"Action":"kms:Decrypt","Resource":"*"}"#;
    let root =
        r#"{"Effect":"Allow","Principal":{"AWS":"123456789101"},"Action":"kms:*","Resource":"*"}"#;
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{root},{foreign}]}}"#);
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().with_policy(&policy)).unwrap();
    let output = driver(&world, &spec.with_key(existing(&key, true))).establish().await.unwrap();
    assert_eq!(output.rotation.unwrap().days(), 365);
    let mended = world.aws().key_policy(&key).await.unwrap();
    assert!(mended.contains(foreign) && mended.contains(root), "{mended}");
    let mended: KeyPolicy = mended.parse().unwrap();
    let parties = heroku_data_link::key_policy::Parties::of_key(&key);
    assert!(mended.missing(&parties).is_empty());
    // Policy, rotation, add-on.
    assert_eq!(world.mutations(), 3);
}

#[tokio::test]
async fn what_somebody_takes_away_is_mended() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let output = link.establish().await.unwrap();
    let parties = heroku_data_link::key_policy::Parties {
        heroku: "111122223333".parse().unwrap(),
        ..heroku_data_link::key_policy::Parties::of_key(&output.key)
    };
    world.set_key_policy(&output.key, &KeyPolicy::for_heroku(&parties).to_string()).unwrap();
    world.set_key_rotation(&output.key, None).unwrap();
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("no drift") };
    let open: Vec<_> = plan.open_steps().map(|step| step.name.as_ref()).collect();
    assert_eq!(open[..2], ["key/put-policy", "key/rotate"]);
    assert_eq!(link.establish().await.unwrap(), output);
}

#[tokio::test]
async fn a_teardown_keeps_key_and_addon() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let before = (world.fingerprint(), world.mutations());
    let plan = link.plan(Goal::TornDown).await.unwrap();
    assert!(plan.to_string().contains("stay: without them data is lost"), "{plan}");
    link.teardown().await.unwrap();
    assert_eq!((world.fingerprint(), world.mutations()), before);
}
