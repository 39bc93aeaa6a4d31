//! Nothing prints the credentials, or a key's policy.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use heroku_data_link::provider::{Identity, Keys, NewKey, Vpcs};
use heroku_data_link_aws::{Client, Credentials};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::wire::keys::new_key;
use crate::wire::support::{Aws, KEY, VPC, ec2_error, json, kms, kms_error, xml};

const SECRET: &str = "canary-secret-key";
const TOKEN: &str = "canary-session-token";
const POLICY: &str = r#"{"Version":"2012-10-17","Id":"canary-policy"}"#;

fn builder(url: &str) -> heroku_data_link_aws::Builder {
    let credentials = Credentials::new("AKID", SECRET, Some(TOKEN.to_owned()), None, "test");
    Client::builder("us-east-1".parse().unwrap(), credentials).endpoint_url(url)
}

/// Writes down what this project says, at every level.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0.lock().unwrap(), " {field}={value:?}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("heroku_data_link")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
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
async fn debug_shows_no_credentials() {
    let builder = builder("http://127.0.0.1:1");
    let mut shown = format!("{builder:?}");
    let client = builder.build();
    let _ = write!(shown, "{client:?} {:?}", client.in_region("eu-west-1".parse().unwrap()));
    assert!(shown.contains("us-east-1") && shown.contains("eu-west-1"), "{shown}");
    assert!(!shown.contains("canary") && !shown.contains("AKID"), "{shown}");
}

#[tokio::test]
async fn neither_errors_nor_traces_show_a_secret() {
    let log = Log::default();
    // For all threads: what the tests beside this one say is looked through as well.
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    tracing::trace!(target: "heroku_data_link_aws", "the log is written");

    let aws = Aws::start().await;
    let client = builder(&aws.server.uri()).build();
    let (vpc, key) = (VPC.parse().unwrap(), KEY.parse().unwrap());
    let mut shown = Vec::new();

    // Messages and answers that repeat what was sent.
    let repeated = format!(
        "The request signature we calculated does not match. The Canonical String should have \
         been 'POST / x-amz-security-token:{TOKEN}' {SECRET}"
    );
    for code in ["SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken"] {
        aws.on("DescribeVpcs", ec2_error(403, code, &repeated)).await;
        let error = client.vpc(&vpc).await.unwrap_err();
        assert!(error.message().starts_with(code), "{error}");
        shown.push(everything(&error));
    }
    for status in [200, 400, 403, 500] {
        aws.on("DescribeVpcs", xml(status, &repeated)).await;
        shown.push(everything(&client.vpc(&vpc).await.unwrap_err()));
        aws.on("GetCallerIdentity", xml(status, &repeated)).await;
        shown.push(everything(&client.caller_identity().await.unwrap_err()));
    }
    for code in ["InvalidSignatureException", "IncompleteSignatureException"] {
        aws.on("GetKeyPolicy", kms_error(code, &repeated)).await;
        shown.push(everything(&client.key_policy(&key).await.unwrap_err()));
    }

    // A policy, as it is read and as it is written.
    let escaped = POLICY.replace('"', "\\\"");
    for answer in [
        json(200, &format!(r#"{{"Policy":"{escaped}"#)),
        json(200, &format!(r#"{{"Policy":["{escaped}"]}}"#)),
        json(500, &escaped),
    ] {
        aws.on("GetKeyPolicy", answer).await;
        shown.push(everything(&client.key_policy(&key).await.unwrap_err()));
    }
    let validation = format!(
        "1 validation error detected: Value '{escaped}' at 'policy' failed to satisfy constraint: \
         Member must have length less than or equal to 131072"
    );
    let endless = validation.replace("canary", &"canary".repeat(200));
    let new = NewKey { policy: POLICY.to_owned(), ..new_key() };
    for message in [validation, endless] {
        aws.on("PutKeyPolicy", kms_error("ValidationException", &message)).await;
        let error = client.put_key_policy(&key, POLICY).await.unwrap_err();
        assert!(error.message().contains("at 'policy' failed"), "{error}");
        shown.push(everything(&error));
        aws.on("CreateKey", kms_error("ValidationException", &message)).await;
        shown.push(everything(&client.create_key(&new).await.unwrap_err()));
    }
    aws.on("GetKeyPolicy", kms(&format!(r#"{{"Policy":"{escaped}"}}"#))).await;
    assert_eq!(client.key_policy(&key).await.unwrap(), POLICY);
    aws.on("CreateKey", kms("{}")).await;
    shown.push(everything(&client.create_key(&new).await.unwrap_err()));

    // They were sent.
    let requests = aws.requests().await;
    let token = |it: &wiremock::Request| it.headers["x-amz-security-token"] == TOKEN;
    assert!(requests.iter().all(token));

    // Nobody is there.
    let nowhere = builder("http://127.0.0.1:1").build();
    shown.push(everything(&nowhere.create_key(&new).await.unwrap_err()));

    let shown = shown.join(" ");
    assert!(!shown.contains("canary"), "{shown}");
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("the log is written"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}
