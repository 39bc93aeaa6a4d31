//! Which add-ons of which apps use which key.

use heroku_data_link::key_access::{Inventory, WhyUnknown};
use heroku_data_link::model::{DataService, KeyState};
use heroku_data_link::provider::{ErrorKind, Keys, operation};
use heroku_data_link_mock::{AddonSpec, Fault, KeySpec};

use super::support::{ADDON, HEROKU, encrypted};

#[tokio::test]
async fn keys_and_their_addons_and_their_apps() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    world.add_app("common", None).unwrap();
    world.add_addon(&AddonSpec::new("common", "mini", "heroku-redis:mini")).unwrap();
    world.add_addon(&AddonSpec::new("common", "logs", "papertrail:private-1")).unwrap();
    let far = KeySpec::new().in_region("eu-west-1");
    let far = world.add_key(&far).unwrap();
    world.add_space("far", "dublin").unwrap();
    world.add_app("far-app", Some("far")).unwrap();
    let addon = AddonSpec::new("far-app", "far-kafka", "heroku-kafka:private-standard-2");
    world.add_addon(&addon.encrypted_with(&far)).unwrap();
    let unused = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();

    let calls = world.calls();
    let inventory = Inventory::read(&*world.heroku(), &*world.aws()).await.unwrap();
    // Two lists, three private add-ons, one key of the region.
    assert_eq!(world.calls() - calls, 6);
    let ours = &inventory.keys[spec.key.as_str()];
    assert_eq!(ours.state, Some(KeyState::Enabled));
    assert_eq!((ours.users[0].addon.as_str(), &ours.users[0].app), (ADDON, &site.app));
    assert_eq!(inventory.keys[far.as_str()].state, None);
    assert_eq!(inventory.users_of(&far)[0].app.as_str(), "far-app");
    assert!(inventory.users_of(&unused).is_empty());
    assert_eq!(inventory.without_key, std::slice::from_ref(&site.old_addon));
    assert!(inventory.unknown.is_empty());

    let text = inventory.to_string();
    for part in [spec.key.as_str(), "Enabled", "not visible from here", "far-kafka", ADDON] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!text.contains("mini") && !text.contains("logs"), "{text}");
    let json = serde_json::to_value(&inventory).unwrap();
    assert_eq!(json["keys"][spec.key.as_str()]["users"][0]["addon"], ADDON);
}

#[tokio::test]
async fn a_key_that_is_to_be_deleted_is_shown_as_such() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let at = world.aws().schedule_key_deletion(&spec.key, 7).await.unwrap();
    let inventory = Inventory::read(&*world.heroku(), &*world.aws()).await.unwrap();
    let key = &inventory.keys[spec.key.as_str()];
    assert_eq!((key.state.clone(), key.deletion_at), (Some(KeyState::PendingDeletion), Some(at)));
    assert!(inventory.to_string().contains("PendingDeletion"));
}

#[tokio::test]
async fn a_service_that_cannot_be_asked_is_unknown_and_an_unusable_token_an_error() {
    let (world, site, _) = encrypted(DataService::KeyValueStore);
    world.fault(Fault::on(operation::READ_SERVICE_INFO).before(ErrorKind::Transient));
    let inventory = Inventory::of_heroku(&*world.heroku()).await.unwrap();
    assert_eq!(inventory.unknown.len(), 1, "{inventory:?}");
    assert_eq!(inventory.unknown[0].addon.as_ref(), Some(&site.old_addon));
    assert_eq!(inventory.unknown[0].why, WhyUnknown::NoAnswer);

    world.fault(Fault::on(operation::READ_SERVICE_INFO).before(ErrorKind::Unauthorized));
    let error = Inventory::of_heroku(&*world.heroku()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unauthorized);
}
