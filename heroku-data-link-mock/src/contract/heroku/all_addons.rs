use std::collections::BTreeSet;

use heroku_data_link::model::AddonState;
use heroku_data_link::provider::{
    Addon, AddonList, AllAddons, Attachment, UnreadableAddon, operation,
};

use crate::contract::Start;
use crate::contract::expect::{ok, sorted, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::{AddonSpec, OddRow};

/// Seven add-ons of two apps, one of them of no data service; the first is attached twice.
fn seven(start: &Start) -> Vec<Addon> {
    let world = &start.world;
    ok(world.add_space("acme", "virginia"));
    let apps = ["shop", "blog"].map(|app| ok(world.add_app(app, Some("acme"))));
    let plans = [
        "heroku-redis:private-7",
        "heroku-kafka:private-standard-0",
        "heroku-postgresql:private-4",
        "papertrail:choklad",
        "heroku-redis:private-5",
        "heroku-redis:shield-7",
        "heroku-postgresql:private-0",
    ];
    let addons = plans.iter().zip(0_usize..).map(|(plan, number)| {
        let (app, name) = (&apps[number % 2], format!("addon-{number}"));
        let spec = AddonSpec::new(app, &name, plan).attached_as(format!("ADDON_{number}"));
        Addon {
            id: ok(world.add_addon(&spec)),
            name: value(&name),
            app: app.clone(),
            plan: value(plan),
            state: AddonState::Provisioned,
        }
    });
    let addons: Vec<Addon> = addons.collect();
    ok(world.attach(addons[0].id, "blog", "SHARED"));
    addons
}

/// Of all apps and services, all pages.
pub async fn all_add_ons_are_listed(start: &Start, client: &dyn AllAddons) {
    assert_eq!(ok(client.all_addons().await), AddonList::default());
    let mut expected = seven(start);
    let AddonList { addons: mut found, unreadable } = ok(client.all_addons().await);
    assert_eq!(unreadable, []);
    expected.sort_by_key(|addon| addon.name.clone());
    found.sort_by_key(|addon| addon.name.clone());
    assert_eq!(found, expected);
}

/// What decides about all add-ons must not lose one.
pub async fn an_add_on_that_cannot_be_read_is_listed_with_what_is_known(
    start: &Start,
    client: &dyn AllAddons,
) {
    let addons = seven(start);
    let odd = [
        OddRow::NoPlan,
        OddRow::NoApp,
        OddRow::PlanWithoutService,
        OddRow::OnlyId,
        OddRow::UpperCasePlan,
    ];
    for (addon, row) in addons.iter().zip(odd) {
        ok(start.world.list_addon_as(addon.id, row));
    }
    let AddonList { addons: found, mut unreadable } = ok(client.all_addons().await);
    unreadable.sort_by_key(|row| row.id);
    let whole = |addon: &Addon| UnreadableAddon {
        id: Some(addon.id),
        name: Some(addon.name.clone()),
        app: Some(addon.app.clone()),
        plan: Some(addon.plan.clone()),
    };
    let mut expected = vec![
        UnreadableAddon { plan: None, ..whole(&addons[0]) },
        UnreadableAddon { app: None, ..whole(&addons[1]) },
        UnreadableAddon { plan: None, ..whole(&addons[2]) },
        UnreadableAddon { id: Some(addons[3].id), ..UnreadableAddon::default() },
    ];
    expected.sort_by_key(|row| row.id);
    assert_eq!(unreadable, expected);
    let mut plans = sorted(found.into_iter().map(|addon| addon.plan.to_string()));
    plans.dedup();
    assert_eq!(plans.len(), 3);
    assert!(plans.contains(&addons[4].plan.as_str().to_ascii_uppercase()), "{plans:?}");
}

/// Of all apps, all pages; whether with their config variables is up to the client.
pub async fn all_attachments_are_listed(start: &Start, client: &dyn AllAddons) {
    assert_eq!(ok(client.all_attachments().await), []);
    let addons = seven(start);
    let attached = addons.iter().zip(0..).map(|(addon, number)| Attachment {
        name: value(&format!("ADDON_{number}")),
        addon: addon.id,
        addon_name: addon.name.clone(),
        app: addon.app.clone(),
        namespace: None,
        config_vars: BTreeSet::new(),
    });
    let mut expected: Vec<Attachment> = attached.collect();
    let second = Attachment { name: value("SHARED"), app: value("blog"), ..expected[0].clone() };
    expected.push(second);
    let found = ok(client.all_attachments().await);
    let mut found: Vec<Attachment> =
        found.into_iter().map(|it| Attachment { config_vars: BTreeSet::new(), ..it }).collect();
    found.sort_by_key(|it| it.name.clone());
    assert_eq!(found, expected);
}

/// As long as Heroku shows it.
pub async fn an_add_on_that_is_gone_is_not_listed(start: &Start, client: &dyn AllAddons) {
    let addons = seven(start);
    ok(start.world.destroy_addon(addons[0].id));
    let found = ok(client.all_addons().await);
    let names = sorted(found.addons.into_iter().map(|addon| addon.name.to_string()));
    assert_eq!(names, ["addon-1", "addon-2", "addon-3", "addon-4", "addon-5", "addon-6"]);
    assert_eq!(ok(client.all_attachments().await).len(), 6);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn AllAddons) {
    let probes = [
        probe(operation::READ_ALL_ADDONS, || client.all_addons()),
        probe(operation::READ_ALL_ATTACHMENTS, || client.all_attachments()),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
}
