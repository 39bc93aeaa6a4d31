use std::collections::BTreeMap;

use heroku_data_link::provider::{ConfigVars, ErrorKind, operation};

use crate::AddonSpec;
use crate::contract::Start;
use crate::contract::expect::{kind, ok, refused, secs, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::{Network, Store};

/// Names and values, as the app sees them.
async fn read(client: &dyn ConfigVars, app: &str) -> BTreeMap<String, String> {
    let vars = ok(client.config_vars(&value(app)).await);
    vars.iter().map(|(name, value)| (name.to_string(), value.expose().to_owned())).collect()
}

/// Of every add-on that is attached, with values of many lines, too.
pub async fn all_variables_of_an_app_are_read(start: &Start, client: &dyn ConfigVars) {
    let store = Store::new(start);
    let kafka = AddonSpec::new(&store.app, "kafka-1", "heroku-kafka:private-standard-0");
    ok(start.world.add_addon(&kafka));
    let vars = read(client, "shop").await;
    let names: Vec<&str> = vars.keys().map(String::as_str).collect();
    let expected =
        ["KAFKA_CLIENT_CERT", "KAFKA_CLIENT_CERT_KEY", "KAFKA_TRUSTED_CERT", "KAFKA_URL"];
    assert_eq!(names, [&expected[..], &["REDIS_URL"]].concat());
    assert!(vars["REDIS_URL"].starts_with("rediss://:p-of-the-mock@"), "{vars:?}");
    assert!(vars["KAFKA_CLIENT_CERT_KEY"].contains("-----\np-of-the-mock\n-----"), "{vars:?}");
    ok(start.world.add_app("blog", None));
    assert_eq!(read(client, "blog").await, BTreeMap::new());
}

/// Under a name that has the endpoint's id in it, a while after the endpoint is there.
pub async fn a_connected_endpoint_has_a_variable(start: &Start, client: &dyn ConfigVars) {
    let (store, network) = (Store::new(start), Network::new(start));
    let service = store.service(start);
    let group = ok(start.world.add_security_group(&network.vpc, "clients", &[]));
    let subnets = &network.subnets[..1];
    let endpoint = ok(start.world.add_endpoint(&network.vpc, &service, subnets, &[group], &[]));
    let vars = read(client, "shop").await;
    let name = format!("REDIS_ENDPOINT_{}_URL", endpoint.config_var_infix());
    assert!(vars[&name].starts_with("redis://h:p-of-the-mock@vpce-"), "{vars:?}");
}

/// Here it is an error: what is configured cannot be told from what is not.
pub async fn an_unknown_app_is_not_found(_: &Start, client: &dyn ConfigVars) {
    assert_eq!(kind(client.config_vars(&value("nobody")).await), ErrorKind::NotFound);
}

/// Neither in what is printed of the answer, nor in the message of a failure.
pub async fn values_are_never_printed(start: &Start, client: &dyn ConfigVars) {
    let store = Store::new(start);
    ok(start.world.set_password(store.addon, "canary-7f3a"));
    let vars = ok(client.config_vars(&store.app).await);
    assert!(!format!("{vars:?}").contains("canary-7f3a"));
    start.world.fault(crate::Fault::on_any_call());
    let error = refused(client.config_vars(&store.app).await);
    assert!(!format!("{error} {error:?}").contains("canary-7f3a"));
    start.world.advance(secs(60));
    assert!(read(client, "shop").await["REDIS_URL"].contains("canary-7f3a"));
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn ConfigVars) {
    let store = Store::new(start);
    let probes = [probe(operation::READ_CONFIG_VARS, || client.config_vars(&store.app))];
    failures::check(start, Cloud::Heroku, &probes).await;
}
