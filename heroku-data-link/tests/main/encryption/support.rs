use futures_util::FutureExt;
use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow, KeyChoice};
use heroku_data_link::key_access::{KeyAccessSpec, KeyAccessWorkflow};
use heroku_data_link::model::{DataService, KeyArn};
use heroku_data_link::provider::Keys;
use heroku_data_link::reconcile::{Blocker, Driver, ReconcileError, Workflow};
use heroku_data_link_mock::{AddonSpec, EncryptionSite, KeySpec, World};

pub(crate) type Link = Driver<EncryptionWorkflow>;
pub(crate) type Access = Driver<KeyAccessWorkflow>;

/// The account of Heroku Data.
pub(crate) const HEROKU: &str = "021876802972";
/// The new add-on's name.
pub(crate) const ADDON: &str = "vaulted";
/// The alias that a link called `vault` has by default.
pub(crate) const ALIAS: &str = "alias/heroku-data-link-vault";

/// The world of the article, and a spec for a new add-on under a key of the link's own.
pub(crate) fn procedure(service: DataService) -> (World, EncryptionSite, EncryptionSpec) {
    let (world, site) = World::of_the_encryption_procedure(service);
    let spec = spec_for(&site);
    (world, site, spec)
}

pub(crate) fn spec_for(site: &EncryptionSite) -> EncryptionSpec {
    EncryptionSpec::new(
        "vault".parse().unwrap(),
        site.app.clone(),
        site.plan.clone(),
        ADDON.parse().unwrap(),
    )
}

pub(crate) fn existing(key: &KeyArn, mend: bool) -> KeyChoice {
    KeyChoice::Existing { key: key.clone(), mend }
}

pub(crate) fn driver(world: &World, spec: &EncryptionSpec) -> Link {
    let workflow = EncryptionWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock())
}

pub(crate) fn access(world: &World, spec: &KeyAccessSpec) -> Access {
    let workflow = KeyAccessWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock())
}

/// A world with one add-on under a key, and the spec that gives and ends access to it.
pub(crate) fn encrypted(service: DataService) -> (World, EncryptionSite, KeyAccessSpec) {
    let (world, site) = World::of_the_encryption_procedure(service);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let addon = AddonSpec::new(&site.app, ADDON, site.plan.as_str())
        .attached_as("VAULTED")
        .encrypted_with(&key);
    world.add_addon(&addon).unwrap();
    let spec = KeyAccessSpec::new("vault".parse().unwrap(), key);
    (world, site, spec)
}

/// With somebody's yes. Calls of the simulated world never wait.
pub(crate) fn confirmed(world: &World, spec: KeyAccessSpec) -> KeyAccessSpec {
    let link = access(world, &spec);
    let consequences = link.workflow().consequences().now_or_never().unwrap().unwrap();
    let confirmation = consequences.confirm(spec.key.as_str()).unwrap();
    spec.confirmed(confirmation)
}

/// How often an operation was called.
pub(crate) fn calls(world: &World, operation: &str) -> usize {
    world.journal().iter().filter(|call| call.operation == operation).count()
}

/// All keys with the link's tag.
pub(crate) async fn own_keys(world: &World) -> Vec<KeyArn> {
    let tag = heroku_data_link::reconcile::ownership::tag_of(&"vault".parse().unwrap());
    world.aws().keys_tagged(&tag).await.unwrap().into_iter().map(|key| key.arn).collect()
}

/// The blockers of an attempt that must have changed nothing.
pub(crate) async fn blockers<W: Workflow>(world: &World, driver: &Driver<W>) -> Vec<Blocker> {
    let before = (world.fingerprint(), world.mutations());
    let Err(error) = driver.establish().await else { panic!("it was established") };
    refused(world, &error, &before)
}

/// The same of an attempt to tear down.
pub(crate) async fn teardown_blockers<W: Workflow>(
    world: &World,
    driver: &Driver<W>,
) -> Vec<Blocker> {
    let before = (world.fingerprint(), world.mutations());
    let Err(error) = driver.teardown().await else { panic!("it was torn down") };
    refused(world, &error, &before)
}

fn refused(world: &World, error: &ReconcileError, before: &(String, usize)) -> Vec<Blocker> {
    assert_eq!((world.fingerprint(), world.mutations()), *before, "{error}");
    assert!(matches!(error, ReconcileError::Blocked { .. }), "{error:?}");
    error.blockers().to_vec()
}

/// One blocker of this code, which says all of these things.
pub(crate) fn assert_blocker(blockers: &[Blocker], code: &str, parts: &[&str]) {
    let found = blockers.iter().find(|blocker| blocker.code == code);
    let blocker = found.unwrap_or_else(|| panic!("no {code} in {blockers:?}"));
    let text = blocker.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}
