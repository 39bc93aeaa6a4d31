//! A password that is looked for in everything that prints.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use heroku_data_link::bundle::Names;
use heroku_data_link::model::{AddonRef, ConnectionUrl, DataService, Secret};
use heroku_data_link::peering::PeeringSpec;
use heroku_data_link::privatelink::PrivateLinkWorkflow;
use heroku_data_link::provider::{ConfigVars, ErrorKind, operation};
use heroku_data_link::reconcile::{Driver, Event, Fresh, Goal, Memory, MemoryStore, Workflow};
use heroku_data_link_mock::{AddonSpec, Fault};
use serde::Serialize;

use crate::copies;
use crate::peering;
use crate::support::{procedure, spec_for};

pub(crate) const CANARY: &str = "c4n4ry-p4ssw0rd";

/// All that was printed.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn add(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    /// Everything that prints of a value.
    pub(crate) fn sweep(&self, value: &(impl Debug + Serialize)) {
        self.add(&format!("{value:?} {value:#?} {}", serde_json::to_string(value).unwrap()));
    }

    /// What a driver remembers, as it is stored and as it prints.
    pub(crate) fn sweep_memory(&self, memory: &Memory) {
        self.sweep(memory);
        self.add(&memory.to_json());
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// From now on, and until the guard is dropped, with everything that is traced.
    pub(crate) fn trace(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// Something was printed, `marker` among it, and secrets, but no secret as it is.
    pub(crate) fn assert_silent(&self, marker: &str) {
        let text = self.text();
        assert!(text.contains(marker) && text.contains("Waiting"), "nothing was swept");
        assert!(text.contains("***"), "no secret was swept");
        let leak = text.find(CANARY).map(|at| &text[at.saturating_sub(200)..at + CANARY.len()]);
        assert!(leak.is_none(), "a password is printed: {}", leak.unwrap_or_default());
    }
}

/// Each memory that is stored is swept.
#[async_trait::async_trait]
impl MemoryStore for Log {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.sweep_memory(memory);
        Ok(())
    }
}

impl Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_password_in_any_output_of_a_whole_life() {
    let log = Log::default();
    let _guard = log.trace();

    for service in DataService::ALL {
        let (world, site, spec) = copies::delivering(service);
        world.set_password(site.addon_id, CANARY).unwrap();
        let events = log.clone();
        let link: Driver<PrivateLinkWorkflow> =
            copies::driver(&world, &spec).with_observer(move |event: &Event| events.sweep(event));
        while link.memory().to_json().contains("\"sent\":[]") {
            link.reconcile_once().await.unwrap();
        }
        log.sweep_memory(&link.memory());
        // Failures, so that errors are swept too.
        world.fault(Fault::on(operation::READ_CONFIG_VARS).times(2).before(ErrorKind::Transient));
        world.fault(Fault::on(operation::CREATE_VPC_ENDPOINT).after(ErrorKind::Timeout));

        let output = link.establish().await.unwrap();
        log.sweep_memory(&link.memory());
        // The canary is there to be found.
        assert!(
            service == DataService::Kafka
                || output.connections[0].url.expose_text().contains(CANARY)
        );
        let seen = link
            .workflow()
            .observe(Goal::Established, &link.memory(), Fresh::nothing())
            .await
            .unwrap();
        log.add(&format!("{seen:?} {seen:#?} {link:?} {:?}", link.workflow()));
        log.sweep(&output);
        log.add(&format!("{:?}", link.verify().await.unwrap()));
        for connection in &output.connections {
            log.add(&format!("{} {}", connection.url, connection.advice()));
        }
        for goal in [Goal::Established, Goal::TornDown] {
            let plan = link.plan(goal).await.unwrap();
            log.sweep(&plan);
            log.add(&plan.to_string());
        }
        let vars = world.heroku().config_vars(&site.app).await.unwrap();
        let bundle = output.bundle(&vars, &Names::WellKnown).unwrap();
        assert!(bundle.expose_json().contains(CANARY));
        log.add(&format!("{bundle:?} {:#?} {}", spec.deliver, bundle.stamp(&spec.link)));
        world.fault(Fault::on(operation::DELIVER_COPY).after(ErrorKind::Timeout));
        world.set_password(site.addon_id, &format!("{CANARY}-rotated")).unwrap();
        log.sweep(&link.plan(Goal::Established).await.unwrap());
        log.sweep(&link.establish().await.unwrap());
        log.add(&format!("{:?}", world.sink()));
        assert!(vars.values().any(|value| value.expose().contains(CANARY)));
        log.sweep(&vars);
        log.add(&format!("{:?} {:?} {}", world, world.journal(), world.fingerprint()));

        world.fault(Fault::on(operation::READ_PRIVATE_LINK).before(ErrorKind::Forbidden));
        let error = link.establish().await.unwrap_err();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(link) = cause {
            log.add(&format!("{link} {link:?}"));
            cause = link.source();
        }
        // With the last failure in it.
        log.sweep_memory(&link.memory());
        link.teardown().await.unwrap();
    }
    log.assert_silent("REDIS_ENDPOINT_");
}

#[tokio::test]
async fn no_secret_is_read_or_printed_in_the_life_of_a_peering() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let (world, site, spec) = peering::procedure();
    // The space has an app with a secret in it.
    let app = world.add_app("shop", Some(site.space.as_str())).unwrap();
    let addon = AddonSpec::new(&app, "redis-jp", "heroku-redis:private-7");
    let addon = world.add_addon(&addon).unwrap();
    world.set_password(addon, CANARY).unwrap();

    let events = log.clone();
    let link = peering::driver(&world, &site, &spec)
        .with_observer(move |event: &Event| events.sweep(event));
    world.fault(Fault::on(operation::ACCEPT_PEERING).after(ErrorKind::Timeout));
    log.sweep(&link.establish().await.unwrap());
    log.add(&format!(
        "{link:?} {:?}",
        link.workflow().observe(Goal::Established, &link.memory(), Fresh::nothing()).await.unwrap()
    ));
    for goal in [Goal::Established, Goal::TornDown] {
        let plan = link.plan(goal).await.unwrap();
        log.sweep(&plan);
        log.add(&plan.to_string());
    }
    link.teardown().await.unwrap();
    assert!(world.journal().iter().all(|call| call.operation != operation::READ_CONFIG_VARS));

    // Slips that happen: the URL of an add-on where the peering wants something else.
    for field in ["addon", "space"] {
        let mut text = serde_json::to_value(&spec).unwrap();
        text[field] = format!("redis://h:{CANARY}@host").into();
        let error = serde_json::from_value::<PeeringSpec>(text).unwrap_err();
        log.add(&format!("{error} {error:?}"));
    }
    let text = log.text();
    assert!(text.contains("pcx-01f31cfb89521de9c") && text.contains("Waiting"), "nothing swept");
    assert!(text.contains("describe a PrivateLink"), "no error was swept");
    assert!(!text.contains(CANARY));
}

#[test]
fn no_password_in_what_refuses_a_url() {
    let malformed = [
        format!("redis://h:{CANARY}@"),
        format!("redis://h:{CANARY}@host:port"),
        format!("redis://{CANARY}@ho st"),
        format!("http://h:{CANARY}@host"),
        format!("postgres://u:{CANARY}@host:5432,other"),
        // Kafka takes client certificates and no password.
        format!("kafka+ssl://u:{CANARY}@host:1,kafka+ssl://u:{CANARY}@host:2"),
        format!("kafka+ssl://host:1,redis://h:{CANARY}@host:2"),
        CANARY.to_owned(),
    ];
    for text in malformed {
        let error = text.parse::<ConnectionUrl>().unwrap_err();
        let printed = format!("{error} {error:?} {:?}", error.input());
        assert!(!printed.contains(CANARY), "{printed}");
    }
}

#[test]
fn no_password_in_a_url_that_prints() {
    for text in [
        format!("redis://{CANARY}@host:6379"),
        format!("redis://h:{CANARY}@host:6379"),
        format!("rediss://:{CANARY}@host:6379/0?password={CANARY}"),
        format!("postgres://user:{CANARY}@host:5432/db?sslpassword={CANARY}"),
    ] {
        let url: ConnectionUrl = text.parse().unwrap();
        let log = Log::default();
        log.sweep(&url);
        log.add(&format!("{url} {:?}", url.with_tls()));
        assert!(!log.text().contains(CANARY), "{}", log.text());
        assert!(url.expose_text().contains(CANARY));
    }
    let secret = Secret::new(CANARY);
    let log = Log::default();
    log.sweep(&secret);
    log.add(&format!("{:?}", Some(&secret)));
    assert!(!log.text().contains(CANARY));
}

#[test]
fn a_spec_that_was_given_a_url_for_an_addon_does_not_repeat_it() {
    // A slip that happens: the URL where the name belongs.
    let error = format!("redis://h:{CANARY}@host").parse::<AddonRef>().unwrap_err();
    let (_, site, _) = procedure(DataService::KeyValueStore);
    let spec = spec_for(&site);
    assert!(!format!("{spec:?}").contains(CANARY));
    assert!(!error.to_string().contains(CANARY), "{error}");
}
