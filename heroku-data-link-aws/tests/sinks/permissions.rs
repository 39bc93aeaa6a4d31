//! What a caller may do, on a server of its own: moto checks permissions for all accounts or none, and
//! actions alone.

use std::collections::BTreeSet;
use std::fmt::Display;

use heroku_data_link::bundle::CopyTeardown;
use heroku_data_link::model::AddonName;
use heroku_data_link::privatelink::PrivateLinkSpec;
use heroku_data_link::provider::{ErrorKind, Identity, Sink, operation as op};
use heroku_data_link::reconcile::ownership::KIND_TAG;
use heroku_data_link_aws::{Client, Credentials};

use super::Copy;
use super::account::text;
use super::moto::Somebody;
use super::server::Server;

/// A user who may do what a test says.
struct User {
    somebody: Somebody,
    aws: Client,
}

impl User {
    fn new() -> Option<Self> {
        let somebody = Somebody::on(Server::own()?);
        let name: (&str, &dyn Display) = ("UserName", &"link");
        somebody.account.call(("iam", "2010-05-08"), "CreateUser", &[name]);
        let made = somebody.account.call(("iam", "2010-05-08"), "CreateAccessKey", &[name]);
        let (key, secret) = (text(&made, "AccessKeyId"), text(&made, "SecretAccessKey"));
        let credentials = Credentials::new(key, secret, None, None, "moto");
        let aws = somebody.account.client_with(credentials);
        Some(Self { somebody, aws })
    }

    /// Has the user permitted these actions and no others.
    fn may<'a>(&self, actions: impl IntoIterator<Item = &'a str>) {
        let actions: Vec<_> = actions.into_iter().collect();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":{actions:?},"Resource":"*"}}]}}"#
        );
        self.unchecked(|somebody| {
            let parameters: [(&str, &dyn Display); 3] =
                [("UserName", &"link"), ("PolicyName", &"link"), ("PolicyDocument", &policy)];
            somebody.account.call(("iam", "2010-05-08"), "PutUserPolicy", &parameters);
        });
    }

    /// What somebody else does.
    fn unchecked(&self, act: impl FnOnce(&Somebody)) {
        self.somebody.account.enforce_permissions(false);
        act(&self.somebody);
        self.somebody.account.enforce_permissions(true);
    }

    /// The policy of a link with this copy, and the actions of its service in it.
    async fn policy(&self, copy: &Copy, service: &str) -> BTreeSet<&'static str> {
        let link = "cache".parse().unwrap();
        let addon: AddonName = "redis-concave-12345".parse().unwrap();
        let vpc = "vpc-0123456789abcdef0".parse().unwrap();
        let mut spec = PrivateLinkSpec::new(link, addon, vpc);
        let mut at = copy.at.clone();
        at.on_teardown = CopyTeardown::Delete;
        spec.deliver.push(at);
        let caller = self.aws.caller_identity().await.unwrap();
        let actions = spec.iam_policy(&caller, self.aws.region()).actions();
        actions.into_iter().filter(|action| action.starts_with(service)).collect()
    }
}

/// The call fails without the action, and succeeds with all of the policy's.
macro_rules! needs {
    ($user:ident, $policy:ident, $needed:ident, $action:expr, $call:expr) => {{
        $needed.insert($action);
        $user.may($policy.iter().copied().filter(|action| *action != $action));
        let error = $call.await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&ErrorKind::Forbidden, $action));
        $user.may($policy.iter().copied());
        $call.await.unwrap()
    }};
}

#[tokio::test]
async fn a_secret_needs_each_action_of_the_policy_and_no_other() {
    let Some(user) = User::new() else { return };
    let sink = user.aws.secrets_manager();
    let first = Copy::new("secrets-manager", "prod/cache", "first");
    let second = first.with_text("second");
    let policy = user.policy(&first, "secretsmanager:").await;
    let mut needed = BTreeSet::new();

    needs!(user, policy, needed, op::DESCRIBE_SECRET, sink.stored(&first.at));
    needs!(user, policy, needed, op::CREATE_SECRET, first.create(&sink));
    needs!(user, policy, needed, op::PUT_SECRET_VALUE, second.renew(&sink));
    needs!(user, policy, needed, op::UPDATE_SECRET_VERSION_STAGE, first.renew(&sink));
    user.unchecked(|somebody| {
        let body = format!(r#"{{"SecretId":"prod/cache","TagKeys":["{KIND_TAG}"]}}"#);
        somebody.secrets_manager("UntagResource", &body);
    });
    needs!(user, policy, needed, op::TAG_SECRET, first.renew(&sink));
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    needs!(
        user,
        policy,
        needed,
        op::UPDATE_SECRET,
        first.under(&key.parse().unwrap()).renew(&sink)
    );
    needs!(user, policy, needed, op::DELETE_SECRET, sink.remove(&first.at));
    assert_eq!(needed, policy);
}

#[tokio::test]
async fn a_parameter_needs_each_action_of_the_policy_and_no_other() {
    let Some(user) = User::new() else { return };
    let sink = user.aws.parameter_store();
    let first = Copy::new("parameter-store", "/prod/cache", "first");
    let policy = user.policy(&first, "ssm:").await;
    let mut needed = BTreeSet::new();
    needs!(user, policy, needed, op::LIST_PARAMETER_TAGS, sink.stored(&first.at));
    needs!(user, policy, needed, op::PUT_PARAMETER, first.create(&sink));
    needs!(user, policy, needed, op::TAG_PARAMETER, first.with_text("second").renew(&sink));
    needs!(user, policy, needed, op::DELETE_PARAMETER, sink.remove(&first.at));
    assert_eq!(needed, policy);
}
