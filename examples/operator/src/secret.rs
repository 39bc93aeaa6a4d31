//! Kubernetes Secrets as a sink of connections.

use std::collections::BTreeMap;

use async_trait::async_trait;
use heroku_data_link::bundle::{Destination, Format};
use heroku_data_link::model::{LinkId, Stamp, TextFilter};
use heroku_data_link::provider::{
    Delivery, ErrorKind, ProviderError, ProviderResult, Sink, StoredCopy, Tags,
};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, PostParams, Preconditions};
use kube::{Error, ResourceExt};
use serde_json::{Map, Value};

/// The name of the sink in specs.
pub const SINK: &str = "kubernetes-secret";
/// The label by which the operator finds its Secrets.
pub(crate) const MANAGED_BY: (&str, &str) =
    ("app.kubernetes.io/managed-by", "heroku-data-link-operator");
/// Whose the Secret is: the tags of the library as JSON, as their keys are none of Kubernetes.
const TAGS: &str = "heroku-data-link.github.io/tags";
/// Changes with the Secret's data.
const STAMP: &str = "heroku-data-link.github.io/stamp";
/// The kind and the name of the object.
pub(crate) const OWNER: &str = "heroku-data-link.github.io/owner";
/// The API server takes no larger Secret.
const LARGEST: usize = 1024 * 1024;

/// The Secrets of one link, in the namespace of its object.
///
/// Each value of the connection is a key of the Secret; a destination with one `value` has the one key
/// of that name, and one with the format `dotenv` the key `.env`. A Secret has no owner reference: with
/// one, a deletion in the foreground would take it away while the link is still being torn down.
#[derive(Debug, Clone)]
pub struct SecretSink {
    secrets: Api<Secret>,
    link: LinkId,
    owner: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl SecretSink {
    /// The Secrets of a link whose object is called `owner`.
    pub fn new(secrets: Api<Secret>, link: LinkId, owner: String) -> Self {
        let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
        Self { secrets, link, owner, labels, annotations }
    }

    /// With these labels and annotations on each.
    #[must_use]
    pub fn with(
        self,
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        Self { labels, annotations, ..self }
    }

    async fn read(
        &self,
        operation: &'static str,
        at: &Destination,
    ) -> ProviderResult<Option<Secret>> {
        let found = self.secrets.get_opt(at.name.as_str()).await;
        found.map_err(|error| failed(operation, &error))
    }

    fn is_own(&self, secret: &Secret) -> bool {
        tags(secret).get(LINK_TAG).is_some_and(|link| link == self.link.as_str())
    }

    fn not_own(operation: &'static str, at: &Destination) -> ProviderError {
        let text = format!("the Secret {} is not the link's own", at.name);
        ProviderError::new(operation, ErrorKind::Conflict, text)
    }

    /// What a Secret is to be, but for what somebody else has put on it.
    fn fill(&self, secret: &mut Secret, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let broken = |text: &str| ProviderError::new(DELIVER, ErrorKind::InvalidRequest, text);
        let data = data(delivery.at, delivery.text.expose());
        secret.data = Some(data.ok_or_else(|| broken("the text is no object of texts"))?);
        let tags = serde_json::to_string(delivery.tags);
        let tags = tags.map_err(|_| broken("the tags cannot be written"))?;
        let labels = secret.labels_mut();
        labels.insert(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned());
        labels.extend(self.labels.clone());
        let annotations = secret.annotations_mut();
        annotations.extend(self.annotations.clone());
        annotations.insert(OWNER.to_owned(), self.owner.clone());
        annotations.insert(STAMP.to_owned(), delivery.stamp.to_string());
        annotations.insert(TAGS.to_owned(), tags);
        Ok(())
    }
}

const READ: &str = "secrets/get";
const DELIVER: &str = "secrets/update";
const REMOVE: &str = "secrets/delete";

#[async_trait]
impl Sink for SecretSink {
    fn check(&self, at: &Destination) -> Result<(), String> {
        let name = at.name.as_str();
        let is_label = |label: &str| {
            let ends = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
            let is_known = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
            ends(label.chars().next())
                && ends(label.chars().next_back())
                && label.bytes().all(is_known)
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err("it must have a name of lower-case letters, digits, - and .".to_owned());
        }
        if at.kms_key.is_some() {
            return Err("it must have no KMS key, as the cluster encrypts its Secrets".to_owned());
        }
        Ok(())
    }

    fn longest(&self) -> Option<usize> {
        Some(LARGEST)
    }

    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>> {
        let Some(secret) = self.read(READ, at).await? else { return Ok(None) };
        // Of what is there, as somebody may have changed it and left the annotation.
        let stamp = text(at, &secret).map(|text| Stamp::of(&self.link, &text));
        let said = secret.annotations().get(STAMP);
        Ok(Some(StoredCopy {
            tags: tags(&secret),
            stamp: stamp.filter(|stamp| said == Some(&stamp.to_string())),
            kms_key: None,
            is_going: secret.metadata.deletion_timestamp.is_some(),
        }))
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let name = delivery.at.name.as_str();
        let how = PostParams::default();
        let sent = if delivery.replaces {
            let found = self.read(DELIVER, delivery.at).await?;
            let gone = || ProviderError::new(DELIVER, ErrorKind::NotFound, "the Secret is gone");
            let mut secret = found.ok_or_else(gone)?;
            if !self.is_own(&secret) {
                return Err(Self::not_own(DELIVER, delivery.at));
            }
            self.fill(&mut secret, delivery)?;
            // With the version that was read: whoever changed it meanwhile is not overwritten.
            self.secrets.replace(name, &how, &secret).await
        } else {
            let mut secret = Secret::default();
            secret.metadata.name = Some(name.to_owned());
            self.fill(&mut secret, delivery)?;
            self.secrets.create(&how, &secret).await
        };
        sent.map(drop).map_err(|error| failed(DELIVER, &error))
    }

    async fn remove(&self, at: &Destination) -> ProviderResult<()> {
        let Some(secret) = self.read(REMOVE, at).await? else { return Ok(()) };
        if !self.is_own(&secret) {
            return Err(Self::not_own(REMOVE, at));
        }
        let this_one =
            Preconditions { resource_version: secret.resource_version(), uid: secret.uid() };
        let how = DeleteParams::default().preconditions(this_one);
        match self.secrets.delete(at.name.as_str(), &how).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => Err(failed(REMOVE, &error)),
        }
    }
}

/// The one key of a copy that is not all values.
fn key(at: &Destination) -> Option<&str> {
    match (&at.value, at.format) {
        (Some(value), _) => Some(value.as_str()),
        (None, Format::Dotenv) => Some(".env"),
        (None, _) => None,
    }
}

fn data(at: &Destination, text: &str) -> Option<BTreeMap<String, ByteString>> {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    if let Some(key) = key(at) {
        return Some([(key.to_owned(), bytes(text))].into());
    }
    let Ok(Value::Object(values)) = serde_json::from_str(text) else { return None };
    let values = values.iter().map(|(key, value)| Some((key.clone(), bytes(value.as_str()?))));
    values.collect()
}

/// The text that a Secret was made of.
fn text(at: &Destination, secret: &Secret) -> Option<String> {
    let data = secret.data.as_ref()?;
    let text = |value: &ByteString| String::from_utf8(value.0.clone()).ok();
    if let Some(key) = key(at) {
        return data.get(key).filter(|_| data.len() == 1).and_then(text);
    }
    let values = data.iter().map(|(key, value)| Some((key.clone(), text(value)?.into())));
    Some(Value::Object(values.collect::<Option<Map<_, _>>>()?).to_string())
}

fn tags(secret: &Secret) -> Tags {
    let tags = secret.annotations().get(TAGS);
    tags.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What the API server said, in the library's terms.
fn failed(operation: &'static str, error: &Error) -> ProviderError {
    let (kind, text) = match error {
        Error::Api(status) => {
            let kind = match status.code {
                401 => ErrorKind::Unauthorized,
                403 => ErrorKind::Forbidden,
                404 => ErrorKind::NotFound,
                409 => ErrorKind::Conflict,
                429 => ErrorKind::RateLimited { retry_after: None },
                400..=499 => ErrorKind::InvalidRequest,
                _ => ErrorKind::Transient,
            };
            (kind, status.message.clone())
        }
        other => (ErrorKind::Transient, other.to_string()),
    };
    ProviderError::new(operation, kind, TextFilter::new().show(&text))
}
