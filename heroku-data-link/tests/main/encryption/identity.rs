//! Whom a key is for.

use heroku_data_link::model::DataService;
use heroku_data_link::provider::Keys;
use heroku_data_link::reconcile::ownership::{KIND_TAG, TARGET_TAG};

use super::support::{ADDON, assert_blocker, driver, procedure};

#[tokio::test]
async fn a_link_id_does_not_take_its_key_for_another_addon() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let key = driver(&world, &spec).establish().await.unwrap().key;
    let tags = world.aws().key_tags(&key).await.unwrap();
    assert_eq!((tags[KIND_TAG].as_str(), tags[TARGET_TAG].as_str()), ("encryption", ADDON));
    let mut other = spec;
    other.addon = "vaulted-2".parse().unwrap();
    let before = (world.fingerprint(), world.mutations());
    let error = driver(&world, &other).establish().await.unwrap_err();
    let parts = [key.as_str(), ADDON, "vaulted-2", "by its ARN"];
    assert_blocker(error.blockers(), "link-id-in-use", &parts);
    assert_eq!((world.fingerprint(), world.mutations()), before);
}
