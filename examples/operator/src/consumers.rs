//! Who reads a Secret.

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, Volume};
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

/// The pods of a namespace that read a Secret and have not ended.
pub(crate) async fn of(client: Client, namespace: &str, secret: &str) -> kube::Result<Vec<String>> {
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    let not_ended = ListParams::default().fields("status.phase!=Succeeded,status.phase!=Failed");
    let pods = pods.list(&not_ended).await?;
    let reads = |pod: &&Pod| pod.spec.as_ref().is_some_and(|spec| reads(spec, secret));
    Ok(pods.items.iter().filter(reads).map(ResourceExt::name_any).collect())
}

fn reads(pod: &PodSpec, secret: &str) -> bool {
    let containers = pod.containers.iter().chain(pod.init_containers.iter().flatten());
    containers.into_iter().any(|it| container_reads(it, secret))
        || pod.volumes.iter().flatten().any(|it| volume_reads(it, secret))
}

fn container_reads(container: &Container, secret: &str) -> bool {
    let whole = container.env_from.iter().flatten();
    let mut whole = whole.filter_map(|it| Some(it.secret_ref.as_ref()?.name.as_str()));
    let keys = container.env.iter().flatten();
    let mut keys =
        keys.filter_map(|it| Some(it.value_from.as_ref()?.secret_key_ref.as_ref()?.name.as_str()));
    whole.any(|it| it == secret) || keys.any(|it| it == secret)
}

fn volume_reads(volume: &Volume, secret: &str) -> bool {
    let own = volume.secret.as_ref().and_then(|it| it.secret_name.as_deref());
    let projected = volume.projected.iter().flat_map(|it| it.sources.iter().flatten());
    let mut projected = projected.filter_map(|it| Some(it.secret.as_ref()?.name.as_str()));
    own == Some(secret) || projected.any(|it| it == secret)
}
