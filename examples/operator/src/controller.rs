//! The controllers: what watches the objects and calls for passes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher;

use crate::object::{EncryptedAddon, KeyAccess, Linked, Peering, PrivateLink};
use crate::reconcile::{Failure, Next, reconcile};
use crate::secret::{MANAGED_BY, OWNER};
use crate::tracked::{Context, Operator};

/// How many passes of one kind are made at the same time.
const PASSES: u16 = 16;

/// Works the objects of all kinds in a namespace, or in all of them, until it is dropped.
pub async fn work(operator: Arc<Operator>, namespace: Option<&str>) {
    let secrets = in_namespace::<Secret>(&operator, namespace);
    let own = watcher::Config::default().labels(&format!("{}={}", MANAGED_BY.0, MANAGED_BY.1));
    let links = controller::<PrivateLink>(&operator, namespace).watches(secrets, own, |secret| {
        let owner = secret.annotations().get(OWNER)?;
        Some(ObjectRef::new(owner).within(&secret.namespace()?))
    });
    let kinds = [
        run(links, &operator),
        run(controller::<Peering>(&operator, namespace), &operator),
        run(controller::<EncryptedAddon>(&operator, namespace), &operator),
        run(controller::<KeyAccess>(&operator, namespace), &operator),
    ];
    join_all(kinds).await;
}

fn in_namespace<K>(operator: &Operator, namespace: Option<&str>) -> Api<K>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(operator.client.clone(), namespace),
        None => Api::all(operator.client.clone()),
    }
}

fn controller<K: Linked>(operator: &Operator, namespace: Option<&str>) -> Controller<K> {
    Controller::new(in_namespace(operator, namespace), watcher::Config::default())
        .with_config(Config::default().concurrency(PASSES))
}

fn run<K: Linked>(
    controller: Controller<K>,
    operator: &Arc<Operator>,
) -> futures_util::future::BoxFuture<'static, ()> {
    let context = Arc::new(Context::<K>::new(Arc::clone(operator)));
    let passes = controller.run(one_pass, after_failure, context);
    Box::pin(passes.for_each(|passed| async move {
        if let Err(error) = passed {
            tracing::warn!(%error, "a pass failed");
        }
    }))
}

async fn one_pass<K: Linked>(object: Arc<K>, context: Arc<Context<K>>) -> Result<Action, Failure> {
    Ok(match reconcile(&*object, &context).await? {
        Next::After(pause) => Action::requeue(pause),
        Next::Change => Action::await_change(),
    })
}

// As `Controller` calls it.
#[allow(clippy::needless_pass_by_value)]
fn after_failure<K: Linked>(object: Arc<K>, error: &Failure, context: Arc<Context<K>>) -> Action {
    if error.is_conflict() {
        return Action::requeue(Duration::from_secs(1));
    }
    let failures = object.uid().map_or(0, |uid| context.failed(&uid));
    Action::requeue(context.operator.settings.driver.pace.back_off(failures))
}
