//! A server that answers what a test told it to, and names what it did not expect.

use heroku_data_link::provider::{Tag, Tags};
use heroku_data_link_aws::{Client, Credentials};
use wiremock::matchers::{any, body_json_string};
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const VPC: &str = "vpc-0123456789abcdef0";
pub(crate) const KEY_ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const KEY: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A server and a client of it.
pub(crate) struct Aws {
    pub(crate) server: MockServer,
    pub(crate) client: Client,
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("AKID", "SECRET", None, None, "test")
}

/// A client of the server at this URL.
pub(crate) fn client_of(url: &str) -> Client {
    Client::builder("us-east-1".parse().unwrap(), credentials()).endpoint_url(url).build()
}

impl Aws {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Unexpected).with_priority(255).mount(&server).await;
        let client = client_of(&server.uri());
        Self { server, client }
    }

    /// A server that gives this answer once.
    pub(crate) async fn with(action: &'static str, answer: ResponseTemplate) -> Self {
        let aws = Self::start().await;
        aws.on(action, answer).await;
        aws
    }

    /// Answers the next request for this action; later ones after it.
    pub(crate) async fn on(&self, name: &'static str, answer: ResponseTemplate) {
        Mock::given(move |request: &Request| action(request) == name)
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    /// A success of EC2 to the next request for this action.
    pub(crate) async fn ok(&self, action: &'static str, inner: &str) {
        self.on(action, ec2(action, inner)).await;
    }

    /// A page of EC2 to the next request for this action, with the token of the page after it.
    pub(crate) async fn list(
        &self,
        action: &'static str,
        set: &str,
        items: &[impl AsRef<str>],
        next: &str,
    ) {
        self.on(action, ec2_list(action, set, items, next)).await;
    }

    /// All requests so far.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// The actions of all requests so far.
    pub(crate) async fn actions(&self) -> Vec<String> {
        self.requests().await.iter().map(action).collect()
    }

    /// The only request so far.
    pub(crate) async fn request(&self) -> Request {
        let requests = self.requests().await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }
}

struct Unexpected;

impl Respond for Unexpected {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        ec2_error(400, "UnexpectedRequest", &format!("{} {:?}", action(request), form(request)))
    }
}

/// The parameters of a request of EC2 or STS.
pub(crate) fn form(request: &Request) -> Vec<(String, String)> {
    let mut url = request.url.clone();
    url.set_query(Some(std::str::from_utf8(&request.body).unwrap()));
    url.query_pairs().into_owned().collect()
}

/// What a request asks for.
pub(crate) fn action(request: &Request) -> String {
    match request.headers.get("x-amz-target") {
        Some(target) => target.to_str().unwrap().strip_prefix("TrentService.").unwrap().to_owned(),
        None => value(&form(request), "Action").unwrap_or_default(),
    }
}

pub(crate) fn value(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
}

/// Action, version and exactly these parameters, in any order.
#[track_caller]
pub(crate) fn assert_form(request: &Request, action: &str, expected: &[(&str, &str)]) {
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.path(), "/");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    let mut wanted: Vec<(String, String)> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    wanted.push(("Action".to_owned(), action.to_owned()));
    wanted.push(("Version".to_owned(), "2016-11-15".to_owned()));
    wanted.sort();
    let mut sent = form(request);
    sent.sort();
    assert_eq!(sent, wanted);
}

/// Target and exactly this document.
#[track_caller]
pub(crate) fn assert_json(request: &Request, name: &str, expected: &str) {
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(action(request), name);
    let sent = String::from_utf8_lossy(&request.body);
    assert!(body_json_string(expected).matches(request), "sent {sent}, expected {expected}");
}

/// A success of EC2.
pub(crate) fn ec2(action: &str, inner: &str) -> ResponseTemplate {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{inner}</{action}Response>"
    );
    xml(200, &body)
}

/// A list of EC2, with the token of its next page.
fn ec2_list(action: &str, set: &str, items: &[impl AsRef<str>], next: &str) -> ResponseTemplate {
    let items: String =
        items.iter().map(|item| ["<item>", item.as_ref(), "</item>"].concat()).collect();
    let next =
        if next.is_empty() { String::new() } else { format!("<nextToken>{next}</nextToken>") };
    ec2(action, &format!("<{set}>{items}</{set}>{next}"))
}

/// An error of EC2, which has its request's id in the body.
pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
         <Message>{message}</Message></Error></Errors>\
         <RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"
    );
    xml(status, &body)
}

pub(crate) fn xml(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/xml;charset=UTF-8")
}

/// A success of KMS.
pub(crate) fn kms(body: &str) -> ResponseTemplate {
    json(200, body)
}

pub(crate) fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/x-amz-json-1.1")
}

/// An error of KMS.
pub(crate) fn kms_error(code: &str, message: &str) -> ResponseTemplate {
    json(400, &format!("{{\"__type\":\"{code}\",\"message\":\"{message}\"}}"))
}

/// Tags as EC2 lists them.
pub(crate) fn tag_set(tags: &[(&str, &str)]) -> String {
    let items: Vec<_> = tags
        .iter()
        .map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"))
        .collect();
    format!("<tagSet>{}</tagSet>", items.concat())
}

pub(crate) fn tag() -> Tag {
    Tag { key: "heroku-data-link".to_owned(), value: "acme".to_owned() }
}

pub(crate) fn tags() -> Tags {
    [tag()].map(|tag| (tag.key, tag.value)).into()
}
