//! Add-ons under the customer's own key.

use std::collections::{BTreeMap, BTreeSet};

use heroku_data_link::model::{AddonState, DataService, KeyArn};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonOption, Attachments, ConfigVars, NewAddon, Readiness,
};
use heroku_data_link_mock::{EncryptionSite, KeySpec, World};

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

    /// The add-on of `new_addon`, where it is there.
    pub(crate) async fn find(&self) -> Option<Addon> {
        let found = self.world.heroku().addons_of(&self.site.app).await.unwrap();
        found.into_iter().find(|addon| addon.name.as_str() == "byok-12345")
    }

    pub(crate) async fn readiness(&self) -> Option<Readiness> {
        let addon = self.find().await.unwrap();
        self.world.heroku().readiness(&addon).await.unwrap()
    }
}

pub(crate) fn waiting(word: &str) -> Option<Readiness> {
    Some(Readiness::Waiting(word.to_owned()))
}

pub(crate) fn available() -> Option<Readiness> {
    Some(Readiness::Ready("available".to_owned()))
}

#[tokio::test]
async fn an_add_on_is_provisioned_before_its_service_is_ready() {
    for service in DataService::ALL {
        let it = Encryption::of(service);
        let heroku = it.world.heroku();
        heroku.create_addon(&it.new_addon()).await.unwrap();
        let addon = it.find().await.unwrap();
        assert_eq!(addon.state, AddonState::Provisioning);
        assert_eq!(heroku.addon(&addon.id).await.unwrap(), Some(addon.clone()));
        assert_eq!(it.readiness().await, None, "the service does not know it yet");
        assert_eq!(heroku.service_info(&addon).await.unwrap(), None);
        it.world.advance(secs(20));
        assert_eq!(it.readiness().await, waiting("preparing"));
        it.world.advance(secs(4 * 60 - 20));
        assert_eq!(it.find().await.unwrap().state, AddonState::Provisioned);
        assert_eq!(it.readiness().await, waiting("preparing"));
        it.world.advance(secs(60));
        assert_eq!(it.readiness().await, available());
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
