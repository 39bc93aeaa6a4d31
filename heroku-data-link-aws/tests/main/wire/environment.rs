//! Clients of the process's environment, each in a process of its own.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use heroku_data_link::provider::{ErrorKind, Identity, Keys};
use heroku_data_link_aws::{Client, Credentials, SdkConfig, Target, Targets};
use wiremock::MockServer;
use wiremock::matchers::any;
use wiremock::{Mock, Request};

use crate::wire::support::{ACCOUNT, KEY, xml};
use crate::wire::transport::head;

/// Says that this process is there to call AWS, as this profile or as whom the environment says.
const CHILD: &str = "HEROKU_DATA_LINK_TEST_CALLS_AWS";

/// Calls AWS where another test started the process for it.
#[tokio::test]
async fn a_process_that_calls_aws() {
    let Ok(profile) = std::env::var(CHILD) else { return };
    let client = if profile.is_empty() {
        Client::from_env().await
    } else {
        let target = Target { profile: Some(profile), ..Target::default() };
        Targets::new().client(&target).await
    };
    let client = match client {
        Ok(client) => client,
        Err(error) => return println!("<no client: {error}>"),
    };
    match client.caller_identity().await {
        Ok(identity) => println!("<calls as {} in {}>", identity.arn, client.region()),
        Err(error) => println!("<failed: {error}>"),
    }
}

/// What such a process says in this environment. The files are those of a home directory of its own.
pub(crate) fn call_aws(name: &str, files: &[(&str, &str)], environment: &[(&str, &str)]) -> String {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&home);
    for (path, content) in files {
        let path = home.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "wire::environment::a_process_that_calls_aws", "--nocapture"])
        .env_clear()
        .env("HOME", &home)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(CHILD, "")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.split_once('<').and_then(|(_, rest)| rest.split_once(">\n"));
    said.unwrap_or_else(|| panic!("{text}")).0.to_owned()
}

/// The variable and its value for a process that works with a profile.
pub(crate) fn as_profile(name: &str) -> (&'static str, &str) {
    (CHILD, name)
}

pub(crate) const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKID"),
    ("AWS_SECRET_ACCESS_KEY", "canary-secret"),
    ("AWS_SESSION_TOKEN", "canary-token"),
];

/// An STS that knows who calls.
pub(crate) async fn sts() -> MockServer {
    let server = MockServer::start().await;
    let answer = |_: &Request| {
        xml(
            200,
            &format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{ACCOUNT}</Account>\
                 <Arn>arn:aws:iam::{ACCOUNT}:user/jane</Arn></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>"
            ),
        )
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn token_of_the_request(server: &MockServer) -> String {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests[0].headers["x-amz-security-token"].to_str().unwrap().to_owned()
}

/// A proxy that refuses everything, and counts who asks it.
fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<AtomicUsize>::default();
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            let mut stream = stream.unwrap();
            head(&mut stream);
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (url, asked)
}

#[tokio::test]
async fn requests_in_clear_text_go_through_no_proxy() {
    let (proxy, asked) = proxy();
    let proxies = [("HTTP_PROXY", &*proxy), ("http_proxy", &proxy), ("ALL_PROXY", &proxy)];
    let identity = format!("calls as arn:aws:iam::{ACCOUNT}:user/jane in us-east-1");

    let server = sts().await;
    let uri = server.uri();
    let environment = [&KEYS[..], &proxies, &[("AWS_ENDPOINT_URL", &*uri)]].concat();
    assert_eq!(call_aws("proxy-of-environment", &[], &environment), identity);
    assert_eq!(token_of_the_request(&server).await, "canary-token");

    let server = sts().await;
    let profile = format!(
        "[default]\nservices = local\n[services local]\nsts =\n  endpoint_url = {}\n",
        server.uri()
    );
    let files = [(".aws/config", &*profile)];
    assert_eq!(call_aws("proxy-of-profile", &files, &[&KEYS[..], &proxies].concat()), identity);
    assert_eq!(token_of_the_request(&server).await, "canary-token");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_proxy_serves_https_to_other_machines_only() {
    let (proxy, asked) = proxy();
    for (name, endpoint, expected) in [
        ("proxy-of-this-machine", "https://127.0.0.1:1", 0),
        ("proxy-of-another-machine", "https://sts.us-east-1.amazonaws.com", 1),
    ] {
        let proxies = [("HTTPS_PROXY", &*proxy), ("AWS_ENDPOINT_URL", endpoint)];
        let said = call_aws(name, &[], &[&KEYS[..], &proxies].concat());
        assert!(said.starts_with("failed: sts:GetCallerIdentity: transient failure"), "{said}");
        assert_eq!(asked.load(Ordering::SeqCst), expected, "{said}");
    }
}

#[derive(Debug, Clone, Default)]
struct Sent(Arc<AtomicUsize>);

impl HttpConnector for Sent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::SeqCst);
        let answer = HttpResponse::new(500.try_into().unwrap(), SdkBody::empty());
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[tokio::test]
async fn a_session_token_is_not_sent_in_clear_text_to_another_machine() {
    let token = Some("canary-token".to_owned());
    for (url, token, is_sent) in [
        ("http://192.0.2.1:4566", token.clone(), false),
        ("http://localstack:4566", token.clone(), false),
        ("http://localhost.example.com", token.clone(), false),
        ("http://localstack:4566", None, true),
        ("https://192.0.2.1", token.clone(), true),
        ("http://localhost:4566", token.clone(), true),
        ("http://[::1]:4566", token, true),
    ] {
        let sent = Sent::default();
        let connector = SharedHttpConnector::new(sent.clone());
        let credentials = Credentials::new("AKID", "SECRET", token, None, "test");
        let config = SdkConfig::builder()
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(url)
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let client = Client::from_sdk_config(&config).unwrap();
        for client in [client.clone(), client.in_region("us-east-1".parse().unwrap())] {
            for error in [
                client.caller_identity().await.unwrap_err(),
                client.key_policy(&KEY.parse().unwrap()).await.unwrap_err(),
            ] {
                let expected =
                    if is_sent { ErrorKind::Transient } else { ErrorKind::InvalidRequest };
                assert_eq!(*error.kind(), expected, "{url}: {error}");
                assert!(is_sent || error.message().contains("set an https endpoint"), "{error}");
            }
        }
        assert_eq!(sent.0.load(Ordering::SeqCst), if is_sent { 4 } else { 0 }, "{url}");
    }
}

/// As `aws login` writes it, for the session below.
const SESSION: &str = r#"{
    "accessToken": {
        "accessKeyId": "AKID",
        "secretAccessKey": "canary-secret",
        "sessionToken": "canary-token-of-login",
        "accountId": "111122223333",
        "expiresAt": "2199-12-25T21:30:00Z"
    },
    "tokenType": "aws_sigv4",
    "refreshToken": "canary-refresh",
    "clientId": "aws:signin:::cli/same-device",
    "dpopKey": "not asked for while the session lasts"
}"#;

/// Its file is named after the session's SHA-256.
const SESSION_FILE: &str =
    ".aws/login/cache/36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726.json";

#[tokio::test]
async fn a_profile_of_aws_login_is_understood() {
    let server = sts().await;
    let profile = "[default]\nlogin_session = arn:aws:iam::0123456789012:user/Admin\n";
    let uri = server.uri();
    let environment = [("AWS_ENDPOINT_URL", &*uri)];
    let files = [(".aws/config", profile), (SESSION_FILE, SESSION)];
    assert_eq!(
        call_aws("login", &files, &environment),
        format!("calls as arn:aws:iam::{ACCOUNT}:user/jane in us-east-1")
    );
    assert_eq!(token_of_the_request(&server).await, "canary-token-of-login");
    // Without a session there is nobody to call as.
    let said = call_aws("login-without-session", &files[..1], &environment);
    assert!(said.starts_with("failed: sts:GetCallerIdentity: unauthorized: "), "{said}");
}
