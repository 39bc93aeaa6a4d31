//! What ties add-ons to apps, and what happens to who loses a name.

use heroku_data_link::model::{AddonState, DataService};
use heroku_data_link::provider::{
    AddonLifecycle, Addons, AllAddons, Attachments, ConfigVars, ErrorKind, NewAttachment,
    PrivateLinks,
};
use heroku_data_link_mock::{AddonSpec, Answer};

use crate::encryption::Encryption;
use crate::fixture::{Site, kind, secs};

impl Encryption {
    fn attachment(&self, addon: &str, name: Option<&str>, replace: bool) -> NewAttachment {
        NewAttachment {
            addon: addon.parse().unwrap(),
            app: self.site.app.clone(),
            name: name.map(|name| name.parse().unwrap()),
            namespace: None,
            replace,
        }
    }

    /// `REDIS redis-old`
    async fn attached(&self) -> Vec<String> {
        let attached = self.world.heroku().attachments(&self.site.app).await.unwrap();
        attached.iter().map(|it| format!("{} {}", it.name, it.addon_name)).collect()
    }

    /// The value of a variable of the app.
    async fn var(&self, name: &str) -> Option<String> {
        let vars = self.world.heroku().config_vars(&self.site.app).await.unwrap();
        Some(vars.get(&name.parse().unwrap())?.expose().to_owned())
    }
}

#[tokio::test]
async fn an_attachments_name_is_unique_in_the_app() {
    let it = Encryption::of(DataService::KeyValueStore);
    it.make().await;
    let heroku = it.world.heroku();
    let taken = heroku.attach(&it.attachment("byok-12345", Some("REDIS"), false)).await;
    assert_eq!(kind(taken), ErrorKind::Conflict);
    let same = heroku.attach(&it.attachment("redis-old-12345", Some("REDIS"), false)).await;
    assert_eq!(kind(same), ErrorKind::Conflict);
    let unknown = heroku.attach(&it.attachment("no-such-add-on", None, false)).await;
    assert_eq!(kind(unknown), ErrorKind::NotFound);
    let mut elsewhere = it.attachment("byok-12345", Some("REDIS"), false);
    elsewhere.app = "no-such-app".parse().unwrap();
    assert_eq!(kind(heroku.attach(&elsewhere).await), ErrorKind::NotFound);
    assert_eq!(heroku.attachments(&elsewhere.app).await.unwrap(), []);
    elsewhere.app = it.world.add_app("other", Some("procedures")).unwrap();
    heroku.attach(&elsewhere).await.unwrap();
    let found = heroku.resolve(Some(&elsewhere.app), &"byok-12345".parse().unwrap()).await.unwrap();
    assert_eq!(found[0].app, it.site.app, "attached to one app, and owned by another");
    assert_eq!(it.attached().await, ["REDIS redis-old-12345", "BYOK byok-12345"]);
    assert_eq!(heroku.all_attachments().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_replaced_attachment_may_be_the_last_and_leaves_an_orphan() {
    let it = Encryption::of(DataService::Postgres);
    it.make().await;
    let heroku = it.world.heroku();
    heroku.attach(&it.attachment("byok-12345", Some("DATABASE"), true)).await.unwrap();
    assert_eq!(it.attached().await, ["BYOK byok-12345", "DATABASE byok-12345"]);
    assert_eq!(it.world.orphans(), ["add-on postgresql-old-12345: it is attached to no app"]);
    let old = heroku.resolve(None, &it.site.old_addon.clone().into()).await.unwrap();
    assert_eq!(old[0].app, it.site.app, "the app still owns it");
}

#[tokio::test]
async fn an_alias_keeps_the_old_add_on_attached() {
    for service in DataService::ALL {
        let it = Encryption::of(service);
        it.make().await;
        let heroku = it.world.heroku();
        let (old, usual) = (it.site.old_addon.as_str(), it.site.attachment.as_str());
        let url = format!("{usual}_URL");
        let [before, new] = [it.var(&url).await.unwrap(), it.var("BYOK_URL").await.unwrap()];
        heroku.attach(&it.attachment(old, None, false)).await.unwrap();
        heroku.attach(&it.attachment("byok-12345", Some(usual), true)).await.unwrap();
        let colour = match service {
            DataService::KeyValueStore => "HEROKU_REDIS_AQUA",
            DataService::Kafka => "HEROKU_KAFKA_AQUA",
            DataService::Postgres => "HEROKU_POSTGRESQL_AQUA",
        };
        let attached = it.attached().await;
        let byok = "byok-12345";
        let expected =
            [format!("BYOK {byok}"), format!("{colour} {old}"), format!("{usual} {byok}")];
        assert_eq!(attached, expected);
        assert_eq!(it.world.orphans(), [""; 0]);

        // The app gets to know a moment later.
        assert_eq!(it.var(&url).await.unwrap(), before);
        it.world.advance(secs(4));
        assert_eq!(it.var(&url).await.unwrap(), before);
        it.world.advance(secs(1));
        assert_eq!(it.var(&url).await.unwrap(), new);
        assert_eq!(it.var(&format!("{colour}_URL")).await.unwrap(), before);

        // The same again changes nothing, and a name of Heroku's makes one more each time.
        let world = it.world.fingerprint();
        it.world.double_mutations(Answer::Second);
        heroku.attach(&it.attachment("byok-12345", Some(usual), true)).await.unwrap();
        assert_eq!(it.world.fingerprint(), world);
        heroku.attach(&it.attachment(old, None, false)).await.unwrap();
        assert_eq!(it.attached().await.len(), 5);
    }
}

#[tokio::test]
async fn promoting_too_early_leaves_the_app_without_its_variable() {
    let it = Encryption::of(DataService::KeyValueStore);
    let heroku = it.world.heroku();
    heroku.create_addon(&it.new_addon()).await.unwrap();
    heroku.attach(&it.attachment("byok-12345", Some("REDIS"), true)).await.unwrap();
    it.world.advance(secs(5));
    assert_eq!(it.find().await.unwrap().state, AddonState::Provisioning);
    assert_eq!(it.var("REDIS_URL").await, None);
    it.world.advance(secs(4 * 60));
    assert!(it.var("REDIS_URL").await.is_some());
}

#[tokio::test]
async fn a_namespace_is_another_attachment() {
    let it = Encryption::of(DataService::Postgres);
    let heroku = it.world.heroku();
    let pool = NewAttachment {
        namespace: Some("connection-pooling:default".to_owned()),
        ..it.attachment("postgresql-old-12345", Some("DATABASE_CONNECTION_POOL"), false)
    };
    heroku.attach(&pool).await.unwrap();
    let attached = heroku.attachments(&it.site.app).await.unwrap();
    assert_eq!(attached[1].namespace, pool.namespace);
    let plain = NewAttachment { namespace: None, replace: true, ..pool };
    heroku.attach(&plain).await.unwrap();
    assert_eq!(heroku.attachments(&it.site.app).await.unwrap()[1].namespace, None);
}

#[tokio::test]
async fn variables_of_an_endpoint_stay_with_the_add_on_whose_it_is() {
    let site = Site::new();
    let id = site.available_endpoint().await;
    site.world.advance(secs(60));
    let heroku = site.world.heroku();
    let app = &site.procedure.app;
    let spec = AddonSpec::new(app, "next", "heroku-redis:private-7").attached_as("NEXT");
    site.world.add_addon(&spec).unwrap();
    let attach = async |addon: &str, name: &str| {
        let new = NewAttachment {
            addon: addon.parse().unwrap(),
            app: app.clone(),
            name: Some(name.parse().unwrap()),
            namespace: None,
            replace: true,
        };
        heroku.attach(&new).await.unwrap();
    };
    let infix = id.config_var_infix();
    let attached = async || {
        let attached = heroku.attachments(app).await.unwrap();
        let show = |it: &heroku_data_link::provider::Attachment| {
            let vars: Vec<_> = it.config_vars.iter().map(AsRef::<str>::as_ref).collect();
            format!("{}: {}", it.name, vars.join(" ")).replace(&infix, "ID")
        };
        attached.iter().map(show).collect::<Vec<_>>()
    };
    assert_eq!(
        attached().await,
        ["REDIS: REDIS_ENDPOINT_ID_URL REDIS_URL", "NEXT: NEXT_URL"],
        "several variables end in _URL"
    );
    attach("redis-kvs-12345", "OLD").await;
    attach("next", "REDIS").await;
    site.world.advance(secs(5));
    assert_eq!(
        attached().await,
        ["NEXT: NEXT_URL", "OLD: OLD_ENDPOINT_ID_URL OLD_URL", "REDIS: REDIS_URL"]
    );
    let link = heroku.private_link(&site.addon).await.unwrap().unwrap();
    assert_eq!(link.connections.len(), 1, "the connection is the old add-on's");
}
