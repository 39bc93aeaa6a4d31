//! A client of the server, as plain as can be: what it sends is what is written in a test.

use std::fmt::Write;

use heroku_data_link_mock::{Server, TOKEN, World, access_key};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A world, and the server that serves it.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) server: Server,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The texts of all XML elements of this name.
    pub(crate) fn texts(&self, element: &str) -> Vec<&str> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let parts = self.body.split(&open).skip(1);
        parts.filter_map(|part| part.split(&close).next()).collect()
    }
}

impl Served {
    pub(crate) async fn new(world: World) -> Self {
        let server = world.serve().await.unwrap();
        Self { world, server }
    }

    /// A request of Heroku's, with token and Accept header.
    pub(crate) async fn heroku(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("accept", "application/vnd.heroku+json; version=3"),
            ("content-type", "application/json"),
        ];
        let body = body.map_or_else(String::new, |body| body.to_string());
        self.send(method, path, &headers, &body).await
    }

    /// A form of EC2 or STS, of the account of `World::aws` in us-east-1.
    pub(crate) async fn query(&self, service: &str, form: &str) -> Answer {
        let authorization = signed(service, "123456789101", "us-east-1");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ];
        self.send("POST", "/", &headers, form).await
    }

    /// What came back for exactly this, with the server's address as the host unless another is
    /// among the headers; `status` 0 is a connection that ended without an answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let address = self.server.url();
        let address = address.trim_start_matches("http://");
        let hosts = if headers.iter().any(|(name, _)| *name == "host") {
            String::new()
        } else {
            format!("host: {address}\r\n")
        };
        let mut request = format!("{method} {path} HTTP/1.1\r\n{hosts}connection: close\r\n");
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        read(&String::from_utf8(bytes).unwrap())
    }
}

/// The header of a request of this account; the signature is not checked.
pub(crate) fn signed(service: &str, account: &str, region: &str) -> String {
    let key = access_key(&account.parse().unwrap());
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host, Signature=00"
    )
}

fn read(text: &str) -> Answer {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Answer { status: 0, headers: Vec::new(), body: text.to_owned() };
    };
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Answer { status, headers: headers.collect(), body: body.to_owned() }
}
