//! Plain requests, as the official clients send them.

use std::sync::atomic::{AtomicU32, Ordering};

use heroku_data_link_benches::Failure;
use heroku_data_link_mock::{TOKEN, access_key};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

const ACCOUNT: &str = "123456789101";

pub(crate) struct Http {
    client: Client,
    url: String,
    signature: String,
    requests: AtomicU32,
}

impl Http {
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let tls = rustls::crypto::ring::default_provider().install_default();
        tls.map_err(|_| "there is another crypto provider")?;
        let key = access_key(&ACCOUNT.parse()?);
        let scope = format!("{key}/20260101/us-east-1/ec2/aws4_request");
        Ok(Self {
            client: Client::builder().no_proxy().tcp_nodelay(true).build()?,
            url: url.to_owned(),
            signature: format!(
                "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
            ),
            requests: AtomicU32::new(0),
        })
    }

    /// How many were sent.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// What Heroku answers to a request that succeeds.
    pub(crate) async fn heroku(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request
            .bearer_auth(TOKEN)
            .header("accept", "application/vnd.heroku+json; version=3")
            .header("content-type", "application/json")
            .body(body.map_or_else(String::new, |body| body.to_string()));
        let (status, text) = self.send(request).await?;
        if !(200..300).contains(&status) {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// What EC2 answers to an action that succeeds, or with this code alone.
    pub(crate) async fn ec2(
        &self,
        form: &str,
        or_code: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let request = self
            .client
            .post(&self.url)
            .header("authorization", &self.signature)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(format!("Version=2016-11-15&{form}"));
        let (status, text) = self.send(request).await?;
        match status {
            200 => Ok(Some(text)),
            _ if or_code.is_some_and(|code| texts(&text, "Code") == [code]) => Ok(None),
            _ => Err(format!("{form}: {status} {text}").into()),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<(u16, String), Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

/// The texts of all elements of a name.
pub(crate) fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let parts = xml.split(&*open).skip(1);
    parts.filter_map(|part| part.split(&*close).next()).collect()
}
