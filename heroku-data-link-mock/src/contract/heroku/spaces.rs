use std::collections::BTreeSet;

use heroku_data_link::model::{AppName, Generation, HerokuRegion, SpaceName};
use heroku_data_link::provider::{App, Space, Spaces, operation};

use crate::contract::Start;
use crate::contract::expect::{ok, some, value};
use crate::contract::failures::{self, Cloud, probe};

/// In its space, or in none.
pub async fn an_app_is_in_a_space_or_in_none(start: &Start, client: &dyn Spaces) {
    let world = &start.world;
    ok(world.add_space("acme", "virginia"));
    let (shop, blog) = (ok(world.add_app("shop", Some("acme"))), ok(world.add_app("blog", None)));
    let app = App { name: shop.clone(), space: Some(value("acme")) };
    assert_eq!(ok(client.app(&shop).await), Some(app));
    assert_eq!(ok(client.app(&blog).await), Some(App { name: blog, space: None }));
}

/// Region, whether it is a Shield Space, and generation.
pub async fn a_space_is_read_in_every_field(start: &Start, client: &dyn Spaces) {
    let mut ids = BTreeSet::new();
    for (name, region, shield, generation) in [
        ("cedar-1", "virginia", false, Generation::Cedar),
        ("cedar-2", "tokyo", true, Generation::Cedar),
        ("fir-1", "dublin", false, Generation::Fir),
    ] {
        ok(start.world.add_any_space(name, region, shield, generation.clone()));
        let name: SpaceName = value(name);
        let found = some(ok(client.space(&name).await));
        let region = value(region);
        let space = Space { id: found.id, name: name.clone(), region, shield, generation };
        assert_eq!(found, space);
        assert!(ids.insert(some(found.id)));
    }
}

/// Heroku's regions have names of their own.
pub async fn a_region_of_herokus_is_one_of_awss(_: &Start, client: &dyn Spaces) {
    for (heroku, aws) in [
        ("virginia", "us-east-1"),
        ("oregon", "us-west-2"),
        ("tokyo", "ap-northeast-1"),
        ("frankfurt", "eu-central-1"),
        ("us", "us-east-1"),
        ("eu", "eu-west-1"),
    ] {
        let region: HerokuRegion = value(heroku);
        assert_eq!(ok(client.aws_region(&region).await), Some(value(aws)), "{heroku}");
    }
}

/// Absence is data.
pub async fn what_is_not_there_is_no_error(_: &Start, client: &dyn Spaces) {
    assert_eq!(ok(client.app(&value("nobody")).await), None);
    assert_eq!(ok(client.space(&value("nowhere")).await), None);
    assert_eq!(ok(client.aws_region(&value("atlantis")).await), None);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Spaces) {
    let world = &start.world;
    ok(world.add_space("acme", "virginia"));
    let app: AppName = ok(world.add_app("shop", Some("acme")));
    let (space, region): (SpaceName, HerokuRegion) = (value("acme"), value("virginia"));
    let probes = [
        probe(operation::READ_APP, || client.app(&app)),
        probe(operation::READ_SPACE, || client.space(&space)),
        probe(operation::READ_REGION, || client.aws_region(&region)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
}
