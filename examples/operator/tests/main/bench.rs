//! A world, an API server, and an operator between them whose passes a test makes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use heroku_data_link::model::DataService;
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::Clock;
use heroku_data_link_mock::{KeySpec, World};
use heroku_data_link_operator::{
    Account, Accounts, Context, Credentials, EncryptedAddon, GROUP, KeyAccess, Linked, Next,
    NoAccount, Operator, Peering, PrivateLink, Settings, Term, reconcile,
};
use http::Method;
use kube::core::object::HasStatus;
use serde_json::{Value, json};

use crate::api::ApiServer;

pub(crate) const SECRETS: &str = "/api/v1/namespaces/prod/secrets";
pub(crate) const PODS: &str = "/api/v1/namespaces/prod/pods";

/// One world for all credentials.
#[derive(Debug)]
pub(crate) struct OneWorld {
    pub(crate) world: World,
    pub(crate) account: &'static str,
}

#[async_trait]
impl Accounts for OneWorld {
    async fn open(&self, credentials: &Credentials) -> Result<Account, NoAccount> {
        if credentials.get("AWS_REGION") == Some("the moon") {
            return Err(NoAccount("AWS_REGION is no region".to_owned()));
        }
        // arn:aws:iam::123456789012:role/x
        let role = credentials.get("AWS_ROLE_ARN").and_then(|it| it.split(':').nth(4));
        let account = role.unwrap_or(self.account).parse().unwrap();
        let aws = self.world.aws_in(account, "us-east-1".parse().unwrap());
        Ok(Account { clouds: Clouds::new(self.world.heroku(), aws), budget: 1 })
    }
}

/// One object of a kind, and the world that it is about.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) account: &'static str,
    pub(crate) api: ApiServer,
    pub(crate) list: String,
}

pub(crate) const NAME: &str = "cache";

impl Bench {
    pub(crate) fn new<K: Linked>(world: World, account: &'static str) -> Self {
        let list = format!("/apis/{GROUP}/v1alpha1/namespaces/prod/{}", K::plural(&()));
        Self { world, account, api: ApiServer::new(), list }
    }

    pub(crate) fn operator(&self, term: Option<Arc<Term>>) -> Operator {
        let accounts = OneWorld { world: self.world.clone(), account: self.account };
        let clock: Arc<dyn Clock> = self.world.clock();
        Operator::new(self.api.client(), Arc::new(accounts), clock, Settings::default(), term)
    }

    pub(crate) fn context<K: Linked>(&self) -> Context<K> {
        Context::new(Arc::new(self.operator(None)))
    }

    pub(crate) fn create<K: Linked>(&self, name: &str, spec: &Value) -> (u16, Value) {
        let object = json!({
            "apiVersion": K::api_version(&()), "kind": K::kind(&()),
            "metadata": { "name": name }, "spec": spec,
        });
        self.api.by_hand(&Method::POST, &self.list, &object)
    }

    pub(crate) fn patch(&self, name: &str, patch: &Value) -> (u16, Value) {
        self.api.by_hand(&Method::PATCH, &format!("{}/{name}", self.list), patch)
    }

    pub(crate) fn delete(&self, name: &str) {
        let path = format!("{}/{name}", self.list);
        assert_eq!(self.api.by_hand(&Method::DELETE, &path, &Value::Null).0, 200);
    }

    pub(crate) fn object<K: Linked>(&self, name: &str) -> Option<K> {
        Some(serde_json::from_value(self.api.get(&self.list, name)?).unwrap())
    }

    /// One pass; says when the next one is due.
    pub(crate) async fn pass<K: Linked>(
        &self,
        context: &Context<K>,
        name: &str,
    ) -> Option<Duration> {
        let object = self.object::<K>(name).expect("the object is there");
        match reconcile(&object, context).await {
            Ok(Next::After(pause)) => Some(pause),
            Ok(Next::Change) => None,
            Err(failure) if failure.is_conflict() => Some(Duration::from_secs(1)),
            Err(_) => Some(Duration::from_secs(5)),
        }
    }

    /// Passes and waits until the object, or that it is gone, is as wanted.
    pub(crate) async fn until<K: Linked>(
        &self,
        context: &Context<K>,
        name: &str,
        is_wanted: impl Fn(Option<&K>) -> bool,
    ) {
        for _ in 0..1000 {
            let object = self.object::<K>(name);
            if is_wanted(object.as_ref()) {
                return;
            }
            let pause = self.pass(context, name).await.unwrap_or(Duration::from_secs(1));
            self.world.advance(pause);
        }
        panic!("not reached: {:#}", self.api.get(&self.list, name).unwrap_or_default());
    }

    pub(crate) async fn until_ready<K: Linked>(&self, context: &Context<K>) {
        self.until(context, NAME, |it| is::<K>(it, "Ready")).await;
    }

    pub(crate) async fn until_gone<K: Linked>(&self, context: &Context<K>) {
        self.until(context, NAME, |it: Option<&K>| it.is_none()).await;
    }

    pub(crate) fn secret(&self) -> Option<Value> {
        self.api.get(SECRETS, "cache-url")
    }
}

pub(crate) fn is<K: Linked>(object: Option<&K>, condition: &str) -> bool {
    object.and_then(HasStatus::status).is_some_and(|status| status.is(condition))
}

pub(crate) fn reason<K: Linked>(object: Option<&K>, condition: &str) -> Option<String> {
    object?.status()?.condition(condition).map(|it| it.reason.clone())
}

/// A kind of object, its world, and its spec.
pub(crate) trait Sample: Linked {
    fn bench() -> (Bench, Value);

    /// What somebody has to say before a deletion ends anything.
    fn confirmation() -> Option<Value> {
        None
    }
}

pub(crate) fn private_link(service: DataService) -> (Bench, Value) {
    let (world, site) = World::of_the_procedures(service);
    let spec = json!({
        "link": "cache", "addon": site.addon, "vpc": site.vpc,
        "connection-secret": {
            "name": "cache-url", "prefix": "CACHE", "labels": { "team": "data" },
            "annotations": { "example.com/note": "x" },
        },
    });
    (Bench::new::<PrivateLink>(world, "123456789101"), spec)
}

impl Sample for PrivateLink {
    fn bench() -> (Bench, Value) {
        private_link(DataService::KeyValueStore)
    }
}

impl Sample for Peering {
    fn bench() -> (Bench, Value) {
        let (world, site) = World::of_the_peering_procedure();
        let spec = json!({ "link": "net", "space": site.space, "vpc": site.vpc });
        (Bench::new::<Self>(world, "435886841536"), spec)
    }
}

impl Sample for EncryptedAddon {
    fn bench() -> (Bench, Value) {
        let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
        let spec = json!({
            "link": "vault", "app": site.app, "plan": site.plan, "addon": "redis-new-12345",
        });
        (Bench::new::<Self>(world, "123456789101"), spec)
    }
}

const KEY: &str = "arn:aws:kms:us-east-1:123456789101:key/1234abcd-0000-4000-9000-000000000001";

impl Sample for KeyAccess {
    fn bench() -> (Bench, Value) {
        let world = World::of_all_procedures();
        let id = "1234abcd-0000-4000-9000-000000000001";
        let key = world.add_key(&KeySpec::new().with_id(id)).unwrap();
        assert_eq!(key.to_string(), KEY);
        (Bench::new::<Self>(world, "123456789101"), json!({ "link": "vault", "key": KEY }))
    }

    fn confirmation() -> Option<Value> {
        let ending = json!({ "disable": {} });
        Some(json!({ "key": KEY, "ending": ending, "addons": [], "unknown": [] }))
    }
}
