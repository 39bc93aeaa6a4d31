//! An API server in memory, as strict as a real one where the operator could be careless: versions,
//! subresources, finalizers, definitions, watches, and faults at every request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use axum::body::Body as Answer;
use futures_util::stream;
use heroku_data_link_operator::manifests;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::schema::{misfit, prune};

/// What is sent: its method and its path, without a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) watch: bool,
}

/// Whether a request that is never answered has its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

type Refuse = Box<dyn FnMut(&Sent) -> Option<u16> + Send>;

#[derive(Default)]
struct State {
    /// By the path of their list, and by name.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    version: u64,
    /// What happened, for watches: version, list, what, and the object.
    log: Vec<(u64, String, &'static str, Value)>,
    watchers: Vec<Waker>,
    sent: Vec<Sent>,
    crash: Option<(usize, When)>,
    is_crashed: bool,
    crash_watcher: Option<Waker>,
    refuse: Option<Refuse>,
    identity_may_change: bool,
}

/// A handle: clones are the same server.
#[derive(Clone)]
pub(crate) struct ApiServer {
    state: Arc<Mutex<State>>,
    /// The schemas of the definitions, by plural.
    schemas: Arc<BTreeMap<String, Value>>,
}

type Carried = (u16, Value);

impl ApiServer {
    pub(crate) fn new() -> Self {
        let schemas = manifests().unwrap().into_iter().map(|it| {
            let plural = it["spec"]["names"]["plural"].as_str().unwrap().to_owned();
            (plural, it["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
        });
        Self { state: Arc::default(), schemas: Arc::new(schemas.collect()) }
    }

    pub(crate) fn client(&self) -> Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        Client::new(service, "default")
    }

    /// The `request`-th request from now on, counted from 1, is never answered, and no later one.
    pub(crate) fn crash_at(&self, request: usize, when: When) {
        let mut state = self.lock();
        state.crash = Some((state.sent.len() + request, when));
    }

    /// Another program comes after the crash.
    pub(crate) fn go_on(&self) {
        let mut state = self.lock();
        (state.crash, state.is_crashed) = (None, false);
    }

    /// Returns when the request of the crash was made. Drop then what made it.
    pub(crate) fn crashed(&self) -> impl Future<Output = ()> + use<> {
        let server = self.clone();
        std::future::poll_fn(move |cx| {
            let mut state = server.lock();
            if state.is_crashed {
                return Poll::Ready(());
            }
            state.crash_watcher = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Refuses what this gives a code for.
    pub(crate) fn refuse(&self, which: impl FnMut(&Sent) -> Option<u16> + Send + 'static) {
        self.lock().refuse = Some(Box::new(which));
    }

    /// As if the definitions had no rules about identity.
    pub(crate) fn let_identity_change(&self) {
        self.lock().identity_may_change = true;
    }

    /// Every request so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// What is there, without a request being made.
    pub(crate) fn get(&self, list: &str, name: &str) -> Option<Value> {
        self.lock().objects.get(list)?.get(name).cloned()
    }

    pub(crate) fn all(&self, list: &str) -> Vec<Value> {
        self.lock().objects.get(list).into_iter().flat_map(|it| it.values().cloned()).collect()
    }

    /// Somebody else sends something.
    pub(crate) fn by_hand(&self, method: &Method, path: &str, body: &Value) -> Carried {
        self.carry_out(&mut self.lock(), method, path, body)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn answer(&self, request: Request<Body>) -> Response<Answer> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let watch = query.contains("watch=true");
        let sent = Sent { method: head.method.clone(), path: head.uri.path().to_owned(), watch };
        let body = body.collect().await.unwrap().to_bytes();
        let body =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let carried = {
            let mut state = self.lock();
            state.sent.push(sent.clone());
            let count = state.sent.len();
            match state.crash {
                Some((at, when)) if count >= at => {
                    if count == at && when == When::After {
                        self.carry_out(&mut state, &head.method, &sent.path, &body);
                    }
                    state.is_crashed = true;
                    if let Some(waker) = state.crash_watcher.take() {
                        waker.wake();
                    }
                    None
                }
                _ => {
                    let refused = state.refuse.as_mut().and_then(|refuse| refuse(&sent));
                    Some(match refused {
                        Some(code) => failure(code, "refused by the test"),
                        None => self.carry_out(&mut state, &head.method, &sent.path, &body),
                    })
                }
            }
        };
        let Some((code, body)) = carried else { return pending().await };
        if watch {
            let from = parameter(&query, "resourceVersion").parse().unwrap_or(0);
            return Response::new(self.watch(sent.path, from));
        }
        let body = serde_json::to_vec(&body).unwrap();
        Response::builder().status(code).body(Answer::from(body)).unwrap()
    }

    /// What happens from a version on, a line each, for ever.
    fn watch(&self, list: String, from: u64) -> Answer {
        let server = self.clone();
        let events = stream::unfold(from, move |from| {
            let (server, list) = (server.clone(), list.clone());
            std::future::poll_fn(move |cx| {
                let mut state = server.lock();
                let is_next =
                    |it: &&(u64, String, &str, Value)| it.0 > from && within(&list, &it.1);
                if let Some((version, _, what, object)) = state.log.iter().find(is_next) {
                    let line = format!("{}\n", json!({ "type": what, "object": object }));
                    return Poll::Ready(Some((Ok::<_, Infallible>(line), *version)));
                }
                state.watchers.push(cx.waker().clone());
                Poll::Pending
            })
        });
        Answer::from_stream(events)
    }

    fn carry_out(&self, state: &mut State, method: &Method, path: &str, body: &Value) -> Carried {
        let (list, name, part) = split(path);
        let plural = list.rsplit('/').next().unwrap_or_default();
        let schema = self.schemas.get(plural);
        let is_status = part == Some("status");
        let Some(name) = name else {
            return match *method {
                Method::GET => (200, listed(state, &list)),
                Method::POST => self.create(state, &list, body),
                _ => failure(405, "no such method for a list"),
            };
        };
        let Some(former) = state.objects.get(&list).and_then(|it| it.get(name)).cloned() else {
            // An apply creates.
            return match *method {
                Method::PATCH if body["apiVersion"].is_string() => self.create(state, &list, body),
                _ => failure(404, &format!("{name} not found")),
            };
        };
        let mut next = match *method {
            Method::GET => return (200, former),
            Method::DELETE => return delete(state, &list, &former, body),
            Method::PUT => body.clone(),
            Method::PATCH => {
                let mut next = former.clone();
                merge(&mut next, body);
                next
            }
            _ => return failure(405, "no such method for an object"),
        };
        let said = &body["metadata"]["resourceVersion"];
        if !said.is_null() && *said != former["metadata"]["resourceVersion"] {
            return failure(409, "the object has been modified");
        }
        for given in
            ["uid", "creationTimestamp", "generation", "deletionTimestamp", "namespace", "name"]
        {
            next["metadata"][given] = former["metadata"][given].clone();
        }
        if let Some(schema) = schema {
            if is_status {
                let status = next["status"].take();
                let metadata = former["metadata"].clone();
                next = former.clone();
                (next["status"], next["metadata"]) = (status, metadata);
            } else {
                next["status"] = former["status"].clone();
            }
            without_nulls(&mut next);
            prune(&mut next, schema);
            if let Some(misfit) = invalid(&next, schema) {
                return failure(422, &misfit);
            }
            let broken = broken_rule(&former, &next, schema);
            if let Some(rule) = broken.filter(|_| !state.identity_may_change) {
                return failure(422, &rule);
            }
            if next["spec"] != former["spec"] {
                let generation = former["metadata"]["generation"].as_u64().unwrap_or(0);
                next["metadata"]["generation"] = (generation + 1).into();
            }
        }
        without_nulls(&mut next);
        let is_going = next["metadata"].get("deletionTimestamp").is_some();
        let is_held = next["metadata"]["finalizers"].as_array().is_some_and(|it| !it.is_empty());
        if is_going && !is_held {
            remove(state, &list, &next);
            return (200, next);
        }
        if next == former {
            return (200, former);
        }
        (200, put(state, &list, next, "MODIFIED"))
    }

    fn create(&self, state: &mut State, list: &str, body: &Value) -> Carried {
        let mut next = body.clone();
        let name = next["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if state.objects.get(list).is_some_and(|it| it.contains_key(&name)) {
            return failure(409, &format!("{name} already exists"));
        }
        if let Some(schema) = self.schemas.get(list.rsplit('/').next().unwrap_or_default()) {
            next["status"] = Value::Null;
            without_nulls(&mut next);
            prune(&mut next, schema);
            if let Some(misfit) = invalid(&next, schema) {
                return failure(422, &misfit);
            }
            next["metadata"]["generation"] = 1.into();
        }
        let namespace = list.split("/namespaces/").nth(1).and_then(|it| it.split('/').next());
        next["metadata"]["namespace"] = namespace.unwrap_or_default().into();
        next["metadata"]["uid"] = format!("uid-{}", state.version + 1).into();
        // Objects are made a second apart.
        let (minute, second) = (state.version / 60 % 60, state.version % 60);
        next["metadata"]["creationTimestamp"] =
            format!("2026-01-01T00:{minute:02}:{second:02}Z").into();
        without_nulls(&mut next);
        (201, put(state, list, next, "ADDED"))
    }
}

fn put(state: &mut State, list: &str, mut next: Value, what: &'static str) -> Value {
    state.version += 1;
    next["metadata"]["resourceVersion"] = state.version.to_string().into();
    let name = next["metadata"]["name"].as_str().unwrap().to_owned();
    state.objects.entry(list.to_owned()).or_default().insert(name, next.clone());
    log(state, list, what, &next);
    next
}

fn remove(state: &mut State, list: &str, object: &Value) {
    state.version += 1;
    let name = object["metadata"]["name"].as_str().unwrap();
    state.objects.entry(list.to_owned()).or_default().remove(name);
    log(state, list, "DELETED", object);
}

fn log(state: &mut State, list: &str, what: &'static str, object: &Value) {
    let version = state.version;
    let mut object = object.clone();
    object["metadata"]["resourceVersion"] = version.to_string().into();
    state.log.push((version, list.to_owned(), what, object));
    state.watchers.drain(..).for_each(Waker::wake);
}

fn delete(state: &mut State, list: &str, former: &Value, body: &Value) -> Carried {
    for (said, is) in [("resourceVersion", "resourceVersion"), ("uid", "uid")] {
        let said = &body["preconditions"][said];
        if !said.is_null() && *said != former["metadata"][is] {
            return failure(409, "the precondition does not hold");
        }
    }
    let is_held = former["metadata"]["finalizers"].as_array().is_some_and(|it| !it.is_empty());
    if !is_held {
        remove(state, list, former);
        return (200, json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" }));
    }
    if former["metadata"].get("deletionTimestamp").is_some() {
        return (200, former.clone());
    }
    let mut next = former.clone();
    next["metadata"]["deletionTimestamp"] = "2026-01-01T01:00:00Z".into();
    let generation = former["metadata"]["generation"].as_u64().unwrap_or(0);
    next["metadata"]["generation"] = (generation + 1).into();
    (200, put(state, list, next, "MODIFIED"))
}

/// The list, the name and the subresource that a path is about.
fn split(path: &str) -> (String, Option<&str>, Option<&str>) {
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let plural = match parts.iter().position(|it| *it == "namespaces") {
        Some(at) => at + 2,
        None if parts[0] == "api" => 2,
        None => 3,
    };
    let list = format!("/{}", parts[..=plural].join("/"));
    (list, parts.get(plural + 1).copied(), parts.get(plural + 2).copied())
}

/// Whether a list, which may be of all namespaces, has what is in another list.
fn within(wanted: &str, list: &str) -> bool {
    let anywhere = |list: &str| match list.split_once("/namespaces/") {
        Some((group, rest)) => format!("{group}/{}", rest.split_once('/').map_or("", |it| it.1)),
        None => list.to_owned(),
    };
    wanted == list || (!wanted.contains("/namespaces/") && wanted == anywhere(list))
}

fn listed(state: &State, wanted: &str) -> Value {
    let lists = state.objects.iter().filter(|(list, _)| within(wanted, list));
    let items: Vec<_> = lists.flat_map(|(_, all)| all.values().cloned()).collect();
    json!({
        "kind": "List", "apiVersion": "v1", "items": items,
        "metadata": { "resourceVersion": state.version.to_string() },
    })
}

fn failure(code: u16, message: &str) -> Carried {
    let reason = match code {
        404 => "NotFound",
        409 if message.contains("already") => "AlreadyExists",
        409 => "Conflict",
        422 => "Invalid",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "metadata": {},
        "message": message, "reason": reason, "code": code,
    });
    (code, status)
}

fn parameter<'a>(query: &'a str, name: &str) -> &'a str {
    let mut pairs = query.split('&').filter_map(|it| it.split_once('='));
    pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

fn merge(into: &mut Value, patch: &Value) {
    let (Value::Object(into), Value::Object(patch)) = (&mut *into, patch) else {
        *into = patch.clone();
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(object) = value {
        object.retain(|_, value| !value.is_null());
        object.values_mut().for_each(without_nulls);
    }
}

fn invalid(object: &Value, schema: &Value) -> Option<String> {
    ["spec", "status"].into_iter().find_map(|part| {
        let (value, node) = (object.get(part)?, &schema["properties"][part]);
        misfit(value, node, part)
    })
}

/// The first rule of the definition that a change breaks.
fn broken_rule(former: &Value, next: &Value, schema: &Value) -> Option<String> {
    kube_cel::validate(schema, next, Some(former)).err().map(|broken| broken.to_string())
}
