//! What the sinks send, and what they make of the answers, as AWS spells both.

use heroku_data_link::model::{AwsRegion, KeyArn};
use heroku_data_link::provider::{ErrorCode, ErrorKind, ProviderError, Sink};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::{BuildError, Client, Credentials};
use wiremock::matchers::{any, body_json_string, header};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

use super::Copy;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const TAGS: &str = r#"[{"Key":"heroku-data-link:kind","Value":"privatelink"},
    {"Key":"heroku-data-link:link","Value":"cache"},
    {"Key":"heroku-data-link:target-name","Value":"redis-1"}]"#;
const DESCRIPTION: &str =
    "The connection of link cache to redis-1, kept up to date by heroku-data-link";

/// A server that answers what a test told it to, and a client of it.
pub(crate) struct Aws {
    pub(crate) server: MockServer,
    pub(crate) client: Client,
}

impl Aws {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let unexpected = error("UnexpectedRequest", "the test does not know it");
        Mock::given(any()).respond_with(unexpected).with_priority(255).mount(&server).await;
        let credentials = Credentials::new("AKID", "SECRET", None, None, "test");
        let client = Client::builder("us-east-1".parse().unwrap(), credentials);
        let client = client.endpoint_url(server.uri()).build();
        Self { server, client }
    }

    /// Answers the next request for this target; later ones after it.
    pub(crate) async fn on(&self, target: &str, answer: ResponseTemplate) {
        Mock::given(header("x-amz-target", target))
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// The requests so far are of just these targets with just these documents.
    async fn assert_sent(&self, expected: &[(&str, String)]) {
        let requests = self.requests().await;
        let targets = requests.iter().map(|it| it.headers["x-amz-target"].to_str().unwrap());
        let wanted = expected.iter().map(|(target, _)| *target);
        assert_eq!(targets.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        for (request, (target, body)) in requests.iter().zip(expected) {
            let sent = String::from_utf8_lossy(&request.body);
            let is_same = body_json_string(body.as_str()).matches(request);
            assert!(is_same, "{target}: sent {sent}, expected {body}");
            assert_eq!(request.headers["content-length"], request.body.len().to_string().as_str());
        }
    }
}

pub(crate) fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/x-amz-json-1.1")
}

pub(crate) fn error(code: &str, message: &str) -> ResponseTemplate {
    let message = message.replace('\\', "\\\\").replace('"', "\\\"");
    json(400, &format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
}

fn secret() -> Copy {
    Copy::new("secrets-manager", "prod/cache", "hunter2")
}

fn parameter() -> Copy {
    Copy::new("parameter-store", "/prod/cache", "hunter2")
}

fn key() -> KeyArn {
    KEY.parse().unwrap()
}

/// A secret of the link's own, as it is described.
pub(crate) fn described(versions: &str, more: &str) -> ResponseTemplate {
    let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/cache-AbCdEf";
    let body = format!(
        r#"{{"ARN":"{arn}","Name":"prod/cache","Tags":{TAGS},"VersionIdsToStages":{versions}{more}}}"#
    );
    json(200, &body)
}

#[tokio::test]
async fn a_secret_is_made_in_one_call() {
    let aws = Aws::start().await;
    let copy = secret().under(&key());
    aws.on("secretsmanager.CreateSecret", json(200, "{}")).await;
    copy.create(&aws.client.secrets_manager()).await.unwrap();
    let body = format!(
        r#"{{"Name":"prod/cache","ClientRequestToken":"{}","Description":"{DESCRIPTION}",
            "KmsKeyId":"{KEY}","SecretString":"hunter2","Tags":{TAGS}}}"#,
        copy.stamp()
    );
    aws.assert_sent(&[("secretsmanager.CreateSecret", body)]).await;
}

/// AWS lists versions with labels alone. Giving such a version again is a success that changes nothing.
#[tokio::test]
async fn a_version_that_lost_its_label_becomes_the_current_one() {
    let aws = Aws::start().await;
    let copy = secret();
    let stamp = copy.stamp();
    let former = "12345678-0000-4000-8000-000000000000";
    let described = described(&format!(r#"{{"{former}":["AWSCURRENT"]}}"#), "");
    aws.on("secretsmanager.DescribeSecret", described).await;
    let unchanged = format!(r#"{{"VersionId":"{stamp}","VersionStages":[]}}"#);
    aws.on("secretsmanager.PutSecretValue", json(200, &unchanged)).await;
    aws.on("secretsmanager.UpdateSecretVersionStage", json(200, "{}")).await;
    copy.renew(&aws.client.secrets_manager()).await.unwrap();
    let id = r#""SecretId":"prod/cache""#;
    aws.assert_sent(&[
        ("secretsmanager.DescribeSecret", format!("{{{id}}}")),
        (
            "secretsmanager.PutSecretValue",
            format!(r#"{{{id},"ClientRequestToken":"{stamp}","SecretString":"hunter2"}}"#),
        ),
        (
            "secretsmanager.UpdateSecretVersionStage",
            format!(
                r#"{{{id},"VersionStage":"AWSCURRENT","MoveToVersionId":"{stamp}",
                    "RemoveFromVersionId":"{former}"}}"#
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_labelled_version_is_made_current_without_its_text() {
    let aws = Aws::start().await;
    let copy = secret();
    let versions = format!(r#"{{"{}":["AWSPREVIOUS"],"x":["AWSCURRENT"]}}"#, copy.stamp());
    aws.on("secretsmanager.DescribeSecret", described(&versions, "")).await;
    aws.on("secretsmanager.UpdateSecretVersionStage", json(200, "{}")).await;
    copy.renew(&aws.client.secrets_manager()).await.unwrap();
    let sent = aws.requests().await;
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|it| !String::from_utf8_lossy(&it.body).contains("hunter2")));
}

#[tokio::test]
async fn a_new_key_comes_before_the_new_version() {
    let aws = Aws::start().await;
    let copy = secret().under(&key());
    let id = r#""SecretId":"prod/cache""#;
    let by_alias = r#","KmsKeyId":"arn:aws:kms:us-east-1:111122223333:alias/data""#;
    aws.on("secretsmanager.DescribeSecret", described(r#"{"x":["AWSCURRENT"]}"#, by_alias)).await;
    aws.on("secretsmanager.UpdateSecret", json(200, "{}")).await;
    let current = json(200, r#"{"VersionStages":["AWSCURRENT"]}"#);
    aws.on("secretsmanager.PutSecretValue", current).await;
    copy.renew(&aws.client.secrets_manager()).await.unwrap();
    let update = &aws.requests().await[1];
    let sent = String::from_utf8_lossy(&update.body).into_owned();
    assert_eq!(update.headers["x-amz-target"], "secretsmanager.UpdateSecret");
    assert!(sent.contains(id) && sent.contains(KEY) && !sent.contains("hunter2"), "{sent}");
    let targets: Vec<_> =
        aws.requests().await.iter().map(|it| it.headers["x-amz-target"].clone()).collect();
    assert_eq!(targets[2], "secretsmanager.PutSecretValue", "{targets:?}");

    // AWS may name the key that it was given by its id.
    let by_id = r#","KmsKeyId":"1234abcd-12ab-34cd-56ef-1234567890ab""#;
    let versions = format!(r#"{{"{}":["AWSCURRENT"]}}"#, copy.stamp());
    aws.on("secretsmanager.DescribeSecret", described(&versions, by_id)).await;
    copy.renew(&aws.client.secrets_manager()).await.unwrap();
    assert_eq!(aws.requests().await.len(), 4);
}

#[tokio::test]
async fn a_secret_is_deleted_with_a_window() {
    let aws = Aws::start().await;
    let sink = aws.client.secrets_manager();
    for days in [6, 31] {
        let refused = sink.clone().with_recovery_days(days).unwrap_err();
        assert!(matches!(refused, BuildError::RecoveryDays { days: of } if of == days));
    }
    for sink in [sink.clone(), sink.with_recovery_days(7).unwrap()] {
        aws.on("secretsmanager.DeleteSecret", json(200, "{}")).await;
        sink.remove(&secret().at).await.unwrap();
    }
    let body = |days: u8| format!(r#"{{"SecretId":"prod/cache","RecoveryWindowInDays":{days}}}"#);
    let target = "secretsmanager.DeleteSecret";
    aws.assert_sent(&[(target, body(30)), (target, body(7))]).await;

    // Another thing that the secret's state forbids.
    let forbidden = || error("InvalidRequestException", "managed by another service");
    let alive = || described(r#"{"x":["AWSCURRENT"]}"#, "");
    let sink = aws.client.secrets_manager();
    aws.on(target, forbidden()).await;
    aws.on("secretsmanager.DescribeSecret", alive()).await;
    let refused = sink.remove(&secret().at).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::InvalidRequest);
    assert_eq!(refused.operation(), "secretsmanager:DeleteSecret");
}

#[tokio::test]
async fn a_parameter_is_made_in_one_call_and_replaced_in_two() {
    let aws = Aws::start().await;
    let sink = aws.client.parameter_store();
    let copy = parameter().under(&key());
    let stamp = copy.stamp();
    aws.on("AmazonSSM.PutParameter", json(200, r#"{"Version":1}"#)).await;
    copy.create(&sink).await.unwrap();
    aws.on("AmazonSSM.ListTagsForResource", json(200, &format!(r#"{{"TagList":{TAGS}}}"#))).await;
    aws.on("AmazonSSM.PutParameter", json(200, r#"{"Version":2}"#)).await;
    aws.on("AmazonSSM.AddTagsToResource", json(200, "{}")).await;
    copy.renew(&sink.advanced()).await.unwrap();

    let marked = TAGS.replace(
        r#"{"Key":"heroku-data-link:target"#,
        &format!(
            r#"{{"Key":"heroku-data-link:stamp","Value":"{stamp} {KEY}"}},
                {{"Key":"heroku-data-link:target"#
        ),
    );
    let value = format!(
        r#""Name":"/prod/cache","Description":"{DESCRIPTION}","Type":"SecureString",
            "KeyId":"{KEY}","Value":"hunter2""#
    );
    let resource = r#""ResourceType":"Parameter","ResourceId":"/prod/cache""#;
    aws.assert_sent(&[
        (
            "AmazonSSM.PutParameter",
            format!(r#"{{{value},"Overwrite":false,"Tier":"Standard","Tags":{marked}}}"#),
        ),
        ("AmazonSSM.ListTagsForResource", format!("{{{resource}}}")),
        ("AmazonSSM.PutParameter", format!(r#"{{{value},"Overwrite":true,"Tier":"Advanced"}}"#)),
        ("AmazonSSM.AddTagsToResource", format!(r#"{{{resource},"Tags":{marked}}}"#)),
    ])
    .await;
}

/// A crash between the two leads to one more version, and never to an old value that is called new.
#[tokio::test]
async fn a_value_that_was_not_written_gets_no_stamp() {
    let aws = Aws::start().await;
    aws.on("AmazonSSM.ListTagsForResource", json(200, &format!(r#"{{"TagList":{TAGS}}}"#))).await;
    aws.on("AmazonSSM.PutParameter", json(500, r#"{"__type":"InternalServerError"}"#)).await;
    let error = parameter().renew(&aws.client.parameter_store()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transient);
    assert_eq!(aws.requests().await.len(), 2);
}

/// What an answer makes of a delivery of something new.
async fn failure(copy: &Copy, answer: ResponseTemplate) -> ProviderError {
    let aws = Aws::start().await;
    let is_secret = copy.at.to.as_str() == "secrets-manager";
    let target = if is_secret { "secretsmanager.CreateSecret" } else { "AmazonSSM.PutParameter" };
    aws.on(target, answer.insert_header("x-amzn-requestid", "request-1")).await;
    let error = if is_secret {
        copy.create(&aws.client.secrets_manager()).await
    } else {
        copy.create(&aws.client.parameter_store()).await
    };
    let error = error.unwrap_err();
    assert_eq!(error.request_id(), Some("request-1"));
    error
}

#[tokio::test]
async fn failures_name_the_action_and_what_to_do() {
    let denied = |action: &str| {
        let message = format!(
            "User: arn:aws:iam::1:user/a is not authorized to perform: {action} on resource: b"
        );
        error("AccessDeniedException", &message)
    };
    for (copy, action, taken) in [
        (secret(), "secretsmanager:CreateSecret", "ResourceExistsException"),
        (parameter(), "ssm:PutParameter", "ParameterAlreadyExists"),
    ] {
        let refused = failure(&copy, denied(action)).await;
        assert_eq!(refused.operation(), action);
        assert_eq!(*refused.kind(), ErrorKind::Forbidden);
        assert_eq!(refused.code(), Some(ErrorCode::MissingPermission));

        let refused = failure(&copy, denied("kms:GenerateDataKey")).await;
        assert_eq!(refused.operation(), action);
        assert_eq!(*refused.kind(), ErrorKind::Forbidden);
        assert_eq!(refused.code(), Some(ErrorCode::KeyNotUsable));
        assert!(
            refused.message().starts_with("the KMS key of the copy cannot be used"),
            "{refused}"
        );

        let throttled = failure(&copy, error("ThrottlingException", "Rate exceeded")).await;
        assert_eq!(*throttled.kind(), ErrorKind::RateLimited { retry_after: None });
        assert_eq!(*failure(&copy, error(taken, "taken")).await.kind(), ErrorKind::Conflict);
        let down = failure(&copy, json(503, "")).await;
        assert_eq!(*down.kind(), ErrorKind::Transient);
    }
    let disabled = failure(&secret(), error("EncryptionFailure", "the key is disabled")).await;
    assert_eq!(disabled.code(), Some(ErrorCode::KeyNotUsable));
    let disabled = failure(&parameter(), error("InvalidKeyId", "the key is disabled")).await;
    assert_eq!(disabled.code(), Some(ErrorCode::KeyNotUsable));
    let long = "Standard tier parameters support a maximum parameter value of 4096 characters.";
    let too_long = failure(&parameter(), error("ValidationException", long)).await;
    assert_eq!(*too_long.kind(), ErrorKind::InvalidRequest);
    assert!(too_long.message().contains("maximum parameter value of 4096"), "{too_long}");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_absent() {
    let aws = Aws::start().await;
    let (secrets, parameters) = (aws.client.secrets_manager(), aws.client.parameter_store());
    for (code, expected) in [
        ("AccessDeniedException", ErrorKind::Forbidden),
        ("ThrottlingException", ErrorKind::RateLimited { retry_after: None }),
    ] {
        aws.on("secretsmanager.DescribeSecret", error(code, "no")).await;
        let error_of = secrets.stored(&secret().at).await.unwrap_err();
        assert_eq!(
            (error_of.kind(), error_of.operation()),
            (&expected, "secretsmanager:DescribeSecret")
        );
        aws.on("AmazonSSM.ListTagsForResource", error(code, "no")).await;
        let error_of = parameters.stored(&parameter().at).await.unwrap_err();
        assert_eq!((error_of.kind(), error_of.operation()), (&expected, "ssm:ListTagsForResource"));
    }
    aws.on("secretsmanager.DescribeSecret", error("ResourceNotFoundException", "no")).await;
    assert_eq!(secrets.stored(&secret().at).await.unwrap(), None);
    aws.on("AmazonSSM.ListTagsForResource", error("InvalidResourceId", "")).await;
    assert_eq!(parameters.stored(&parameter().at).await.unwrap(), None);
}

/// Somebody else takes the name after the plan was made.
#[tokio::test]
async fn the_owner_is_looked_at_once_more() {
    let aws = Aws::start().await;
    let theirs = TAGS.replace("cache", "other");
    aws.on("AmazonSSM.ListTagsForResource", json(200, &format!(r#"{{"TagList":{theirs}}}"#))).await;
    let error = parameter().renew(&aws.client.parameter_store()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    assert_eq!(aws.requests().await.len(), 1);

    // Nobody's delivery replaces nobody's copy.
    let mut nobodys = secret();
    nobodys.tags.remove(LINK_TAG);
    let body = r#"{"Name":"prod/cache","VersionIdsToStages":{"x":["AWSCURRENT"]}}"#;
    aws.on("secretsmanager.DescribeSecret", json(200, body)).await;
    let error = nobodys.renew(&aws.client.secrets_manager()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    assert_eq!(aws.requests().await.len(), 2);
}

#[tokio::test]
async fn names_and_keys_are_checked_before_anything_is_sent() {
    let aws = Aws::start().await;
    let (secrets, parameters) = (aws.client.secrets_manager(), aws.client.parameter_store());
    assert_eq!(secrets.check(&secret().under(&key()).at), Ok(()));
    assert_eq!(parameters.check(&parameter().under(&key()).at), Ok(()));
    assert!(secrets.check(&Copy::new("secrets-manager", "a b", "").at).is_err());
    assert!(parameters.check(&Copy::new("parameter-store", "a/b", "").at).is_err());
    let region: AwsRegion = "eu-west-1".parse().unwrap();
    let there = aws.client.in_region(region);
    let rule = "it must name a KMS key of eu-west-1, where the sink is";
    assert_eq!(there.secrets_manager().check(&secret().under(&key()).at), Err(rule.to_owned()));
    assert_eq!(there.parameter_store().check(&parameter().under(&key()).at), Err(rule.to_owned()));
    assert_eq!(secrets.longest(), Some(65_536));
    assert!(aws.requests().await.is_empty());
}
