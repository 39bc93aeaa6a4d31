//! moto, and what somebody other than the adapter does there.

use std::sync::Arc;

use heroku_data_link::model::KeyArn;
use heroku_data_link::provider::{Keys, NewKey, Tags};
use heroku_data_link_aws::Client;

use super::account::Account;
use super::server::Server;

/// An account of its own, its client, and the server.
pub(crate) struct Somebody {
    server: Arc<Server>,
    pub(crate) account: Account,
    pub(crate) aws: Client,
}

impl Somebody {
    /// `None` skips the test.
    pub(crate) fn new() -> Option<Self> {
        Some(Self::on(Server::shared()?))
    }

    pub(crate) fn on(server: Arc<Server>) -> Self {
        let account = Account::on(Arc::clone(&server));
        let aws = account.client();
        Self { server, account, aws }
    }

    /// What Secrets Manager answers to a call of somebody else.
    pub(crate) fn secrets_manager(&self, action: &str, body: &str) -> String {
        self.call("secretsmanager", &format!("secretsmanager.{action}"), body)
    }

    /// What Systems Manager answers to a call of somebody else.
    pub(crate) fn ssm(&self, action: &str, body: &str) -> String {
        self.call("ssm", &format!("AmazonSSM.{action}"), body)
    }

    fn call(&self, service: &str, target: &str, body: &str) -> String {
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential=AKIATESTER/20250101/{}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0",
            self.account.region
        );
        let headers = [
            ("Authorization", signature.as_str()),
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", target),
            ("X-Moto-Account-Id", self.account.id.as_str()),
        ];
        let (status, answer) = self.server.request("POST", "/", &headers, body).unwrap();
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    /// A key of the account's own.
    pub(crate) async fn key(&self) -> KeyArn {
        let policy = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
        let new = NewKey { policy, description: "copies".to_owned(), tags: Tags::new() };
        self.aws.create_key(&new).await.unwrap()
    }
}
