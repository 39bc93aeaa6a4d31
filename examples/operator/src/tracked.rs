//! The links that this operator works: a driver for each object, and what they share.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use heroku_data_link::link::{Health, Link, LinkSpec, Options};
use heroku_data_link::model::{LinkId, Secret, SinkName};
use heroku_data_link::reconcile::{CallHook, Clock, Memory, MemoryError, MemoryStore, Observer};
use k8s_openapi::api::core::v1::Secret as KubeSecret;
use kube::api::Api;
use kube::runtime::events::{Recorder, Reporter};
use kube::{Client, ResourceExt};

use crate::accounts::{Accounts, Credentials};
use crate::condition::Found;
use crate::election::Term;
use crate::metrics::Metrics;
use crate::object::Linked;
use crate::saved::Saved;
use crate::secret::{SINK, SecretSink};
use crate::told::Told;

/// How the operator works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often a link that is as it should be is looked at. Default: 10 minutes.
    pub period: Duration,
    /// How many requests an hour all objects of one Heroku token make in steady state. Default: 2,250,
    /// half of what Heroku allows; the other half is for links that are being made.
    pub requests_per_hour: u32,
    /// How many of them one look takes, of the kind that takes most. Default: 3.
    pub requests_per_look: u32,
    /// How the drivers behave.
    pub driver: heroku_data_link::reconcile::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            period: Duration::from_secs(600),
            requests_per_hour: 2250,
            requests_per_look: 3,
            driver: heroku_data_link::reconcile::Settings::default(),
        }
    }
}

/// What all links share.
pub struct Operator {
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) recorder: Recorder,
    accounts: Arc<dyn Accounts>,
    term: Option<Arc<Term>>,
    shared: Mutex<Shared>,
}

/// What objects must not have twice, and what they share.
#[derive(Debug, Default)]
struct Shared {
    /// Whose a link id is in an account: the oldest object's.
    claims: BTreeMap<(String, LinkId), (String, String)>,
    /// The objects of each Heroku token.
    budgets: BTreeMap<u64, BTreeSet<String>>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Operator {
    /// An operator. With a term it changes nothing after that.
    pub fn new(
        client: Client,
        accounts: Arc<dyn Accounts>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        term: Option<Arc<Term>>,
    ) -> Self {
        let reporter =
            Reporter { controller: "heroku-data-link-operator".to_owned(), instance: None };
        let recorder = Recorder::new(client.clone(), reporter);
        let (metrics, shared) = (Arc::default(), Mutex::default());
        Self { client, clock, settings, metrics, recorder, accounts, term, shared }
    }

    /// What it counts.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    fn hooks(&self) -> Vec<Arc<dyn CallHook>> {
        let term = self.term.clone().map(|it| it as Arc<dyn CallHook>);
        term.into_iter().chain([self.metrics() as Arc<dyn CallHook>]).collect()
    }

    /// Until the next look at a link that is as it should be: so long that all links of one Heroku
    /// token together stay within their share of its budget.
    pub(crate) fn period(&self, budget: u64, link: &LinkId) -> Duration {
        let Settings { period, requests_per_hour, requests_per_look, .. } = self.settings;
        let links = self.shared().budgets.get(&budget).map_or(1, BTreeSet::len);
        let requests = u32::try_from(links).unwrap_or(u32::MAX).saturating_mul(requests_per_look);
        let least = Duration::from_secs(3600).saturating_mul(requests) / requests_per_hour.max(1);
        let period = period.max(least);
        // Between three and five quarters of it: they all began together when the operator did.
        let mut hasher = DefaultHasher::new();
        (link.as_str(), self.clock.uptime()).hash(&mut hasher);
        let part = u32::try_from(hasher.finish() % 501).unwrap_or(0);
        period / 1000 * (750 + part)
    }

    /// Whether a link id is this object's: the oldest has it.
    fn claim(&self, account: String, link: &LinkId, object: &(String, String)) -> bool {
        let mut shared = self.shared();
        let holder = shared.claims.entry((account, link.clone())).or_insert_with(|| object.clone());
        if object < holder {
            holder.clone_from(object);
        }
        holder == object
    }

    fn gone(&self, uid: &str) {
        let mut shared = self.shared();
        shared.claims.retain(|_, (_, holder)| holder != uid);
        shared.budgets.values_mut().for_each(|all| {
            all.remove(uid);
        });
        self.metrics.forget(uid);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn credentials<K: Linked>(
        &self,
        object: &K,
    ) -> Result<Result<Credentials, Found>, kube::Error> {
        let Some(named) = object.credentials() else { return Ok(Ok(Credentials::default())) };
        let namespace = object.namespace().unwrap_or_default();
        let secrets: Api<KubeSecret> = Api::namespaced(self.client.clone(), &namespace);
        let Some(secret) = secrets.get_opt(&named.secret).await? else {
            let text = format!("there is no Secret {}; create it", named.secret);
            return Ok(Err(Found::new(Health::Blocked, "CredentialsMissing", text)));
        };
        let texts =
            secret.data.into_iter().flatten().filter_map(|(key, value)| {
                Some((key, Secret::new(String::from_utf8(value.0).ok()?)))
            });
        Ok(Ok(Credentials(texts.collect())))
    }
}

/// The driver of an object.
pub(crate) struct Tracked<K> {
    pub(crate) saved: Arc<Saved<K>>,
    pub(crate) link: Box<dyn Link>,
    pub(crate) told: Arc<Told>,
    pub(crate) budget: u64,
    pub(crate) delivers: bool,
}

/// The objects of one kind.
pub struct Context<K> {
    pub(crate) operator: Arc<Operator>,
    tracked: Mutex<HashMap<String, Arc<Tracked<K>>>>,
    failures: Mutex<HashMap<String, u32>>,
}

impl<K> fmt::Debug for Context<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("operator", &self.operator).finish_non_exhaustive()
    }
}

impl<K: Linked> Context<K> {
    /// No object yet.
    pub fn new(operator: Arc<Operator>) -> Self {
        Self { operator, tracked: Mutex::default(), failures: Mutex::default() }
    }

    /// The object as the API server has it, and its driver if it still fits. Reads it only if what the
    /// watch has shown is not what was read or written last.
    pub(crate) async fn current(
        &self,
        shown: &K,
        uid: &str,
    ) -> kube::Result<Option<(Arc<Saved<K>>, Option<Arc<Tracked<K>>>)>> {
        let tracked = self.tracked().get(uid).cloned();
        let known = match &tracked {
            Some(tracked) => Some(tracked.saved.object().await),
            None => None,
        };
        if let (Some(tracked), Some(known)) = (&tracked, &known)
            && known.resource_version() == shown.resource_version()
        {
            return Ok(Some((Arc::clone(&tracked.saved), Some(Arc::clone(tracked)))));
        }
        let api =
            Api::namespaced(self.operator.client.clone(), &shown.namespace().unwrap_or_default());
        let read: Option<K> = api.get_opt(&shown.name_any()).await?;
        let Some(read) = read.filter(|it| it.uid().as_deref() == Some(uid)) else {
            return Ok(None);
        };
        let memory = |it: &K| it.status().and_then(|status| status.memory.clone());
        if let (Some(tracked), Some(known)) = (tracked, known)
            && known.meta().generation == read.meta().generation
            && memory(&known) == memory(&read)
        {
            tracked.saved.renew(read).await;
            return Ok(Some((Arc::clone(&tracked.saved), Some(tracked))));
        }
        self.drop_driver(uid);
        Ok(Some((Arc::new(Saved::new(api, read)), None)))
    }

    /// A driver for an object, or why there cannot be one.
    pub(crate) async fn open(
        &self,
        saved: &Arc<Saved<K>>,
        uid: &str,
    ) -> kube::Result<Result<Arc<Tracked<K>>, Found>> {
        let (object, operator) = (saved.object().await, &self.operator);
        let blocked = |reason, text| Ok(Err(Found::new(Health::Blocked, reason, text)));
        let spec = match object.spec() {
            Ok(spec) => spec,
            Err(error) => return blocked("InvalidSpec", format!("the spec is wrong: {error}")),
        };
        let namespace = object.namespace().unwrap_or_default();
        let account = object
            .credentials()
            .map_or_else(String::new, |it| format!("{namespace}/{}", it.secret));
        let created = object.creation_timestamp().map(|it| it.0.to_string()).unwrap_or_default();
        if !operator.claim(account, spec.link(), &(created, uid.to_owned())) {
            let text = format!("an older object has the link id {}; choose another", spec.link());
            return blocked("LinkIdInUse", text);
        }
        let credentials = match operator.credentials(&object).await? {
            Ok(credentials) => credentials,
            Err(found) => return Ok(Err(found)),
        };
        let account = match operator.accounts.open(&credentials).await {
            Ok(account) => account,
            Err(error) => return blocked("CredentialsUnusable", error.to_string()),
        };
        let clouds = match sink(operator, &object, &spec, &namespace) {
            Ok((name, sink)) => account.clouds.with_sink(name, Arc::new(sink)),
            Err(text) => return blocked("InvalidSpec", text),
        };
        let memory = object.status().and_then(|status| status.memory.as_deref());
        let memory = match memory.map(Memory::from_json).transpose() {
            Ok(memory) => memory,
            Err(error) => return blocked("MemoryUnusable", error.to_string()),
        };
        let told = Arc::new(Told::default());
        let options = Options {
            settings: operator.settings.driver,
            observer: Some(Arc::clone(&told) as Arc<dyn Observer>),
            hooks: operator.hooks(),
            memory,
            store: Some(Arc::clone(saved) as Arc<dyn MemoryStore>),
        };
        let delivers = object.connection_secret().is_some();
        let link = match spec.open(&clouds, Arc::clone(&operator.clock), options) {
            Ok(link) => link,
            Err(error @ MemoryError::OfAnotherLink { .. }) => {
                return blocked("IdentityChanged", error.to_string());
            }
            Err(error) => return blocked("MemoryUnusable", error.to_string()),
        };
        operator.shared().budgets.entry(account.budget).or_default().insert(uid.to_owned());
        let saved = Arc::clone(saved);
        let tracked = Arc::new(Tracked { saved, link, told, budget: account.budget, delivers });
        self.tracked().insert(uid.to_owned(), Arc::clone(&tracked));
        Ok(Ok(tracked))
    }

    /// The next look reads the object, and what was remembered, anew.
    pub(crate) fn drop_driver(&self, uid: &str) {
        self.tracked().remove(uid);
    }

    /// The object is gone.
    pub(crate) fn gone(&self, uid: &str) {
        self.drop_driver(uid);
        self.succeeded(uid);
        self.operator.gone(uid);
    }

    /// One failure more in a row; says how many there were before.
    pub(crate) fn failed(&self, uid: &str) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(uid.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    pub(crate) fn succeeded(&self, uid: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    fn tracked(&self) -> MutexGuard<'_, HashMap<String, Arc<Tracked<K>>>> {
        self.tracked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sink for the Secrets of an object.
fn sink<K: Linked>(
    operator: &Operator,
    object: &K,
    spec: &LinkSpec,
    namespace: &str,
) -> Result<(SinkName, SecretSink), String> {
    let secrets = Api::namespaced(operator.client.clone(), namespace);
    let sink = SecretSink::new(secrets, spec.link().clone(), object.name_any());
    let sink = match object.connection_secret() {
        Some(it) => sink.with(it.labels.clone(), it.annotations.clone()),
        None => sink,
    };
    let name = SINK.parse().map_err(|error| format!("the sink's name is wrong: {error}"))?;
    Ok((name, sink))
}
