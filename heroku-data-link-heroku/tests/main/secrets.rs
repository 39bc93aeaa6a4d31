//! Nothing prints the token, or a value that Heroku sent.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use heroku_data_link::model::Secret;
use heroku_data_link::provider::{AddonLifecycle, AddonOption, ConfigVars, NewAddon};
use heroku_data_link_heroku::{Client, Hosts, Token};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wiremock::ResponseTemplate;

use crate::support::{Heroku, TOKEN, client_of};

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// With sources, in both forms.
fn everything(error: &dyn std::error::Error) -> String {
    let mut text = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text.push(format!("{error} {error:?}"));
        next = error.source();
    }
    text.join(" ")
}

#[tokio::test]
async fn debug_shows_no_token() {
    let token = Token::new(TOKEN).unwrap();
    let builder = Client::builder(token.clone()).two_factor_code(Secret::new("canary-code"));
    let mut shown = vec![format!("{token:?} {builder:?}")];
    let hosts = Hosts::from_vars(Some("http://127.0.0.1:9"), None).unwrap();
    shown.push(format!("{:?}", builder.hosts(hosts).build().unwrap()));
    let shown = shown.join(" ");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn neither_errors_nor_traces_show_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: what the tests beside this one log is looked through as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let heroku = Heroku::start().await;
    let app = "acme-prod".parse().unwrap();
    let vars = "/apps/acme-prod/config-vars";
    let mut shown = Vec::new();

    heroku.on("GET", vars, 200, json!({ "REDIS_URL": "rediss://:canary-pw@h:1" })).await;
    shown.push(format!("{:?}", heroku.client.config_vars(&app).await.unwrap()));
    for answer in [
        ResponseTemplate::new(200).set_body_string("{\"REDIS_URL\":\"rediss://:canary-pw@h:1"),
        ResponseTemplate::new(200).set_body_json(json!(["rediss://:canary-pw@h:1"])),
        ResponseTemplate::new(500).set_body_string("rediss://:canary-pw@h:1"),
        // A server that repeats what it was sent.
        ResponseTemplate::new(401)
            .insert_header("request-id", TOKEN)
            .set_body_json(json!({ "id": TOKEN, "message": format!("Bad token {TOKEN}.") })),
        ResponseTemplate::new(422)
            .set_body_json(json!({ "message": "Cannot fork redis://h:canary-pw@host:1." })),
        ResponseTemplate::new(302).insert_header("location", "http://u:canary-pw@127.0.0.1:1/"),
    ] {
        heroku.answers("GET", vars, answer).await;
        shown.push(everything(&heroku.client.config_vars(&app).await.unwrap_err()));
    }
    let addon = NewAddon {
        app,
        plan: "heroku-redis:private-7".parse().unwrap(),
        name: "acme-redis".parse().unwrap(),
        attachment: None,
        options: BTreeMap::from([(
            "fork".to_owned(),
            AddonOption::Secret(Secret::new("redis://h:canary-pw@host:1")),
        )]),
        confirm: false,
    };
    shown.push(everything(&heroku.client.create_addon(&addon).await.unwrap_err()));
    // Nobody is there.
    shown.push(everything(&client_of("http://127.0.0.1:1").account().await.unwrap_err()));

    let shown = shown.join(" ");
    assert!(!shown.contains("canary"), "{shown}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("heroku:config-vars/read"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}
