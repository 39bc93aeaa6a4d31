//! The URL of a store that is forked is looked for in everything that prints.

use std::fmt::Debug;
use std::sync::Arc;

use heroku_data_link::encryption::Migration;
use heroku_data_link::key_access::Inventory;
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{ConfigVars, ErrorKind, operation};
use heroku_data_link::reconcile::{Event, Fresh, Goal, Workflow};
use heroku_data_link_mock::Fault;

use super::support::{driver, procedure};
use crate::canary::{CANARY, Log};

#[tokio::test]
async fn no_url_of_a_forked_store_in_any_output() {
    let log = Log::default();
    let _guard = log.trace();
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let (world, site, spec) = procedure(service);
        world.set_password(site.old_addon_id, CANARY).unwrap();
        let spec = spec.migrating(Migration::from(site.old_addon.clone()));
        let events = log.clone();
        // Its memory is swept whenever it is stored: the request for the fork is in it.
        let link = driver(&world, &spec)
            .with_observer(move |event: &Event| events.sweep(event))
            .with_store(Arc::new(log.clone()));
        world.fault(Fault::on(operation::CREATE_ADDON).before(ErrorKind::Transient));
        let plan = link.plan(Goal::Established).await.unwrap();
        log.sweep(&plan);
        log.add(&plan.to_string());
        let output = link.establish().await.unwrap();
        log.sweep(&output);
        log.sweep_memory(&link.memory());
        let seen = link
            .workflow()
            .observe(Goal::Established, &link.memory(), Fresh::nothing())
            .await
            .unwrap();
        let print = |value: &dyn Debug| log.add(&format!("{value:?} {value:#?}"));
        print(&seen);
        print(&link);
        print(link.workflow());
        print(&link.verify().await.unwrap());
        print(&world);
        print(&world.journal());
        log.add(&world.fingerprint());
        let inventory = Inventory::read(&*world.heroku(), &*world.aws()).await.unwrap();
        log.sweep(&inventory);
        log.add(&inventory.to_string());

        world.fault(Fault::on(operation::READ_ATTACHMENTS).before(ErrorKind::Forbidden));
        let error = link.establish().await.unwrap_err();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(link) = cause {
            log.add(&format!("{link} {link:?}"));
            cause = link.source();
        }
        // With the last failure in it.
        log.sweep_memory(&link.memory());
        // The canary is there to be found.
        let vars = world.heroku().config_vars(&site.app).await.unwrap();
        assert!(vars.values().any(|value| value.expose().contains(CANARY)));
        log.sweep(&vars);
    }
    log.assert_silent("REDIS_OLD");
    log.assert_silent("fork-of");
}
