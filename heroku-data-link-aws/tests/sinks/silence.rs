//! Nothing prints what is delivered: neither errors nor logs, those of the SDK among them.

use std::error::Error;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_types::region::Region;
use heroku_data_link_aws::{Client, Credentials, SdkConfig};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::Copy;
use super::requests::{Aws, described, error, json};

const VALUE: &str = r#"{"CACHE_PASSWORD":"pcanary0123456789","CACHE_URL":"rediss://h:pcanary0123456789@ec2-1.example.com:6380"}"#;

/// Writes down what everybody says, at every level.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0.lock().unwrap(), " {field}={value:?}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
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
fn everything(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(|error| format!("{error} {error:?}")).collect::<Vec<_>>().join(" ")
}

/// A client without the protection against stalled streams: the SDK debugs each request that it sends,
/// and bodies that nothing has wrapped with their bytes.
fn unprotected(aws: &Aws) -> Client {
    let credentials = Credentials::new("AKID", "SECRET", None, None, "test");
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(aws.server.uri())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_sdk_config(&config).unwrap()
}

#[tokio::test]
async fn nothing_prints_what_is_delivered() {
    let log = Log::default();
    // For all threads: what the tests beside this one say is looked through as well.
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let aws = Aws::start().await;
    let secret = Copy::new("secrets-manager", "prod/cache", VALUE);
    let parameter = Copy::new("parameter-store", "/prod/cache", VALUE);
    let former = || described(r#"{"x":["AWSCURRENT"]}"#, "");

    // What is sent and done.
    for client in [aws.client.clone(), unprotected(&aws)] {
        let (secrets, parameters) = (client.secrets_manager(), client.parameter_store());
        aws.on("secretsmanager.CreateSecret", json(200, "{}")).await;
        secret.create(&secrets).await.unwrap();
        aws.on("secretsmanager.DescribeSecret", former()).await;
        let current = json(200, r#"{"VersionStages":["AWSCURRENT"]}"#);
        aws.on("secretsmanager.PutSecretValue", current).await;
        secret.renew(&secrets).await.unwrap();
        aws.on("AmazonSSM.PutParameter", json(200, r#"{"Version":1}"#)).await;
        parameter.create(&parameters).await.unwrap();
    }
    let sent = aws.requests().await;
    let carries = |it: &&wiremock::Request| String::from_utf8_lossy(&it.body).contains("pcanary");
    assert_eq!(sent.iter().filter(carries).count(), 6);
    let said = log.0.lock().unwrap().clone();
    assert!(said.matches("=transmitting request").count() >= 8, "the SDK's own log is not written");
    assert!(!said.contains("canary"), "{said}");

    let (secrets, parameters) = (aws.client.secrets_manager(), aws.client.parameter_store());
    let mut shown = vec![format!("{secrets:?} {parameters:?} {:?}", secret.delivery(true))];
    // Answers that repeat what was sent, as they might: whole, escaped, cut, and in no form of AWS's.
    let escaped = VALUE.replace('"', "\\\"");
    let repeated = [
        format!(
            "1 validation error detected: Value '{VALUE}' at 'value' failed to satisfy constraint"
        ),
        format!("Value '{escaped}' at 'secretString' failed"),
        "Parameter value pcanary0123456 does not match".to_owned(),
    ];
    for message in &repeated {
        for code in ["ValidationException", "AccessDeniedException", "InvalidKeyId"] {
            aws.on("secretsmanager.CreateSecret", error(code, message)).await;
            let refused = secret.create(&secrets).await.unwrap_err();
            assert!(refused.message().contains(code), "{refused}");
            shown.push(everything(&refused));
            aws.on("secretsmanager.DescribeSecret", former()).await;
            aws.on("secretsmanager.PutSecretValue", error(code, message)).await;
            shown.push(everything(&secret.renew(&secrets).await.unwrap_err()));
            aws.on("AmazonSSM.PutParameter", error(code, message)).await;
            shown.push(everything(&parameter.create(&parameters).await.unwrap_err()));
        }
    }
    for status in [200, 400, 500] {
        aws.on("AmazonSSM.PutParameter", json(status, VALUE)).await;
        if let Err(error) = parameter.create(&parameters).await {
            shown.push(everything(&error));
        }
        aws.on("secretsmanager.CreateSecret", json(status, &escaped)).await;
        if let Err(error) = secret.create(&secrets).await {
            shown.push(everything(&error));
        }
    }
    let shown = shown.join(" ");
    assert!(!shown.contains("canary"), "{shown}");
}
