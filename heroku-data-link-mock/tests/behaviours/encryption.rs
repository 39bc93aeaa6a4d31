//! Add-ons under the customer's own key.

use std::collections::{BTreeMap, BTreeSet};

use heroku_data_link::model::{AddonState, DataService, KeyArn, KeyState};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonOption, Addons, AllAddons, Attachments, ConfigVars, Keys, NewAddon,
    Readiness,
};
use heroku_data_link_mock::{AddonSpec, EncryptionSite, KeySpec, World};

use crate::fixture::secs;

/// Heroku Data's account.
pub(crate) const HEROKU: &str = "021876802972";

/// The world of the articles, with a key that Heroku can use.
pub(crate) struct Encryption {
    pub(crate) world: World,
    pub(crate) site: EncryptionSite,
    pub(crate) key: KeyArn,
}

impl Encryption {
    pub(crate) fn of(service: DataService) -> Self {
        let (world, site) = World::of_the_encryption_procedure(service);
        let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
        Self { world, site, key }
    }

    pub(crate) fn new_addon(&self) -> NewAddon {
        NewAddon {
            app: self.site.app.clone(),
            plan: self.site.plan.clone(),
            name: "byok-12345".parse().unwrap(),
            attachment: Some("BYOK".parse().unwrap()),
            options: BTreeMap::from([(
                "encryption-key".to_owned(),
                AddonOption::Text(self.key.to_string()),
            )]),
            confirm: false,
        }
    }

    /// Makes the add-on of `new_addon`, and waits until it is ready.
    pub(crate) async fn make(&self) {
        self.world.heroku().create_addon(&self.new_addon()).await.unwrap();
        self.world.advance(secs(15 * 60));
        assert_eq!(self.readiness().await, AVAILABLE);
    }

    /// The add-on of `new_addon`, where it is there.
    pub(crate) async fn find(&self) -> Option<Addon> {
        let name = "byok-12345".parse().unwrap();
        self.world.heroku().resolve(None, &name).await.unwrap().pop()
    }

    /// What the service of that add-on says, such as `waiting: preparing`.
    pub(crate) async fn readiness(&self) -> String {
        let addon = self.find().await.unwrap();
        match self.world.heroku().readiness(&addon).await.unwrap() {
            None => "unknown".to_owned(),
            Some(Readiness::Waiting(word)) => format!("waiting: {word}"),
            Some(Readiness::Ready(word)) => format!("ready: {word}"),
            Some(Readiness::Failed(word)) => format!("failed: {word}"),
        }
    }
}

/// A service that can be used.
pub(crate) const AVAILABLE: &str = "ready: available";

#[tokio::test]
async fn an_add_on_is_provisioned_before_its_service_is_ready() {
    for service in DataService::ALL {
        let it = Encryption::of(service);
        let heroku = it.world.heroku();
        heroku.create_addon(&it.new_addon()).await.unwrap();
        let addon = it.find().await.unwrap();
        assert_eq!(addon.state, AddonState::Provisioning);
        assert_eq!(it.readiness().await, "unknown", "the service does not know it yet");
        assert_eq!(heroku.service_info(&addon).await.unwrap(), None);
        it.world.advance(secs(20));
        assert_eq!(it.readiness().await, "waiting: preparing");
        it.world.advance(secs(4 * 60 - 20));
        assert_eq!(it.find().await.unwrap().state, AddonState::Provisioned);
        assert_eq!(it.readiness().await, "waiting: preparing");
        it.world.advance(secs(60));
        assert_eq!(it.readiness().await, AVAILABLE);
        let info = heroku.service_info(&addon).await.unwrap().unwrap();
        assert_eq!(info.encryption_key, Some(it.key.to_string()));
        assert_eq!(info.status.as_deref(), Some("available"));

        let attached = heroku.attachments(&it.site.app).await.unwrap();
        let names: Vec<_> = attached.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, [it.site.attachment.as_str(), "BYOK"]);
        let vars = heroku.config_vars(&it.site.app).await.unwrap();
        assert!(attached[1].config_vars.contains(&"BYOK_URL".parse().unwrap()));
        let of_attachments: BTreeSet<_> = attached.iter().flat_map(|it| &it.config_vars).collect();
        assert!(of_attachments.into_iter().eq(vars.keys()));
        assert_eq!(it.world.orphans(), [""; 0]);
    }
}

#[tokio::test]
async fn services_stop_after_the_grace_and_come_back() {
    for pending in [false, true] {
        let it = Encryption::of(DataService::Postgres);
        it.make().await;
        let aws = it.world.aws();
        if pending {
            aws.schedule_key_deletion(&it.key, 7).await.unwrap();
        } else {
            aws.disable_key(&it.key).await.unwrap();
        }
        it.world.advance(secs(10 * 60 - 1));
        assert_eq!(it.readiness().await, AVAILABLE, "the grace");
        it.world.advance(secs(1));
        assert_eq!(it.readiness().await, "waiting: stopping");
        it.world.advance(secs(5 * 60));
        if !pending {
            aws.disable_key(&it.key).await.unwrap();
        }
        it.world.advance(secs(5 * 60));
        assert_eq!(it.readiness().await, "waiting: stopped", "20 minutes, whoever asks again");
        let addon = it.find().await.unwrap();
        assert_eq!(addon.state, AddonState::Provisioned, "the platform does not say so");
        let info = it.world.heroku().service_info(&addon).await.unwrap().unwrap();
        assert_eq!(info.status.as_deref(), Some("stopped"));
        assert_eq!(info.encryption_key, Some(it.key.to_string()));

        if pending {
            aws.cancel_key_deletion(&it.key).await.unwrap();
            it.world.advance(secs(60 * 60));
            assert_eq!(it.readiness().await, "waiting: stopped", "the key is disabled");
        }
        aws.enable_key(&it.key).await.unwrap();
        assert_eq!(it.readiness().await, "waiting: starting");
        it.world.advance(secs(5 * 60 - 1));
        assert_eq!(it.readiness().await, "waiting: starting");
        it.world.advance(secs(1));
        assert_eq!(it.readiness().await, AVAILABLE);
    }
}

#[tokio::test]
async fn a_key_that_is_enabled_within_the_grace_stops_nothing() {
    let it = Encryption::of(DataService::KeyValueStore);
    it.make().await;
    let aws = it.world.aws();
    aws.disable_key(&it.key).await.unwrap();
    it.world.advance(secs(10 * 60 - 1));
    aws.enable_key(&it.key).await.unwrap();
    for _ in 0..30 {
        assert_eq!(it.readiness().await, AVAILABLE);
        it.world.advance(secs(60));
    }
    // A new grace begins.
    aws.disable_key(&it.key).await.unwrap();
    it.world.advance(secs(10 * 60 - 1));
    assert_eq!(it.readiness().await, AVAILABLE);
    it.world.advance(secs(1));
    assert_eq!(it.readiness().await, "waiting: stopping");
    // Servers that are on their way down go up again in their own time.
    aws.enable_key(&it.key).await.unwrap();
    assert_eq!(it.readiness().await, "waiting: starting");
    aws.disable_key(&it.key).await.unwrap();
    assert_eq!(it.readiness().await, "waiting: stopped", "no grace for what does not run");
}

#[tokio::test]
async fn only_add_ons_under_the_key_stop() {
    let it = Encryption::of(DataService::Kafka);
    let plan = it.site.plan.clone();
    let other = it.world.add_key(&KeySpec::new().in_state(KeyState::Disabled)).unwrap();
    let spec = |name: &str| AddonSpec::new(&it.site.app, name, &plan);
    it.world.add_addon(&spec("kafka-ours").encrypted_with(&it.key)).unwrap();
    it.world.add_addon(&spec("kafka-other").encrypted_with(&other)).unwrap();
    it.world.aws().disable_key(&it.key).await.unwrap();
    it.world.advance(secs(20 * 60));
    let heroku = it.world.heroku();
    let mut words = BTreeMap::new();
    for addon in heroku.all_addons().await.unwrap().addons {
        let info = heroku.service_info(&addon).await.unwrap().unwrap();
        words.insert(addon.name.to_string(), (info.status.unwrap(), info.encryption_key));
    }
    let word = |word: &str, key: Option<&KeyArn>| (word.to_owned(), key.map(ToString::to_string));
    let expected = [
        ("kafka-old-12345".to_owned(), word("available", None)),
        ("kafka-other".to_owned(), word("stopped", Some(&other))),
        ("kafka-ours".to_owned(), word("stopped", Some(&it.key))),
    ];
    assert_eq!(words, expected.into());
}
