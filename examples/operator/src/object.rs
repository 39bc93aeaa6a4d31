//! The four kinds of objects.

use std::collections::BTreeMap;
use std::fmt::Debug;

use heroku_data_link::encryption::EncryptionSpec;
use heroku_data_link::key_access::KeyAccessSpec;
use heroku_data_link::link::LinkSpec;
use heroku_data_link::peering::PeeringSpec;
use heroku_data_link::privatelink::PrivateLinkSpec;
use k8s_openapi::NamespaceResourceScope;
use kube::core::object::HasStatus;
use kube::{CustomResource, CustomResourceExt, Resource};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::condition::LinkStatus;
use crate::secret::SINK;

/// The group of the objects, and what the names of labels and annotations begin with.
pub const GROUP: &str = "heroku-data-link.github.io";
/// `paused` leaves the link as it is, and so does nothing about its deletion.
pub(crate) const RECONCILE: &str = "heroku-data-link.github.io/reconcile";
/// `orphan` lets a deletion leave everything on both clouds, and the Secret. Default: `teardown`.
pub(crate) const DELETION_POLICY: &str = "heroku-data-link.github.io/deletion-policy";
/// `yes` lets a deletion take the Secret away while pods still read it.
pub(crate) const LET_CONSUMERS_FAIL: &str = "heroku-data-link.github.io/let-consumers-fail";
/// What holds an object back until its link is torn down.
pub(crate) const FINALIZER: &str = "heroku-data-link.github.io/link";

/// A Secret with what a client needs to connect. It is there before the object is ready, and stays for
/// as long as the object does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(inline)]
pub struct ConnectionSecret {
    /// The name of the Secret, in the namespace of the object. A Secret that somebody else made is
    /// never touched: then the object is blocked.
    pub name: String,
    /// What the keys begin with, such as CACHE for `CACHE_URL`. Default: `REDIS`, `DATABASE` or `KAFKA`,
    /// and for Postgres `PGHOST` and the like beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub prefix: Option<String>,
    /// The attachment of the app whose credentials are delivered. Default: any, if all are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub attachment: Option<String>,
    /// Labels of the Secret. Others that it has are left alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Secret. Others that it has are left alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl ConnectionSecret {
    /// As a destination of a spec. A teardown deletes it: nobody could keep it up to date after that.
    fn destination(&self) -> Value {
        let mut destination = json!({
            "to": SINK, "name": self.name, "format": "json", "on-teardown": "delete",
        });
        if let Some(prefix) = &self.prefix {
            destination["names"] = json!({ "prefix": prefix });
        }
        if let Some(attachment) = &self.attachment {
            destination["attachment"] = json!(attachment);
        }
        destination
    }
}

/// Whose Heroku and whose AWS it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(inline)]
pub struct CredentialsRef {
    /// A Secret in the namespace of the object. Its keys are `HEROKU_API_KEY`, `AWS_REGION`,
    /// `AWS_ROLE_ARN`, `AWS_EXTERNAL_ID`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`; what it does not have is the operator's own.
    pub secret: String,
}

/// An object that describes a link.
pub trait Linked:
    CustomResourceExt
    + Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + HasStatus<Status = LinkStatus>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The kind of link, as specs name it.
    const LINK: &'static str;
    /// Fields of the spec that say which link it is, and never change. All of them are needed.
    const IDENTITY: &'static [&'static str];

    /// The fields of the library's spec, as they were written.
    fn fields(&self) -> &Map<String, Value>;

    /// Where the credentials are, if not the operator's own.
    fn credentials(&self) -> Option<&CredentialsRef>;

    /// The Secret with the connection.
    fn connection_secret(&self) -> Option<&ConnectionSecret>;

    /// The library's spec, which says where the connection is delivered.
    ///
    /// # Errors
    /// What is wrong with the fields. The API server has checked their form and no more.
    fn spec(&self) -> Result<LinkSpec, serde_json::Error> {
        let mut fields = self.fields().clone();
        fields.insert("kind".to_owned(), Self::LINK.into());
        if let Some(secret) = self.connection_secret() {
            let deliver = fields.entry("deliver").or_insert_with(|| json!([]));
            if let Value::Array(all) = deliver {
                all.push(secret.destination());
            }
        }
        serde_json::from_value(fields.into())
    }
}

/// One kind of object: the library's spec as it is, with the fields of the operator beside it. It is
/// read without being checked, so that one that is wrong is told so and no list fails over it.
macro_rules! kind {
    (
        $object:ident, $kind:tt, $plural:tt, $short:tt, $doc:tt,
        $spec:ident of $of:tt, $link:tt, $identity:expr
        $(, $(#[$attribute:meta])* $secret:ident)?
    ) => {
        #[doc = concat!("What a ", $kind, " is to be: the fields of the library's spec, and the operator's own.")]
        #[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[kube(
            group = "heroku-data-link.github.io",
            version = "v1alpha1",
            kind = $kind,
            plural = $plural,
            shortname = $short,
            category = "heroku-data-link",
            doc = $doc,
            namespaced,
            status = "LinkStatus",
            derive = "PartialEq",
            printcolumn(
                name = "Ready",
                type_ = "string",
                json_path = r#".status.conditions[?(@.type=="Ready")].status"#
            ),
            printcolumn(
                name = "Reason",
                type_ = "string",
                json_path = r#".status.conditions[?(@.type=="Ready")].reason"#
            ),
            printcolumn(name = "Link", type_ = "string", priority = 1, json_path = ".spec.link"),
            printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
        )]
        #[serde(rename_all = "kebab-case")]
        pub struct $spec {
            /// Whose Heroku and whose AWS it is. Default: the operator's own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(with = "CredentialsRef")]
            pub credentials: Option<CredentialsRef>,
            $(
                $(#[$attribute])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(with = "ConnectionSecret")]
                pub $secret: Option<ConnectionSecret>,
            )?
            /// The fields of the library's spec.
            #[serde(flatten)]
            #[schemars(with = $of)]
            pub link: Map<String, Value>,
        }

        impl Linked for $object {
            const LINK: &'static str = $link;
            const IDENTITY: &'static [&'static str] = $identity;

            fn fields(&self) -> &Map<String, Value> {
                &self.spec.link
            }

            fn credentials(&self) -> Option<&CredentialsRef> {
                self.spec.credentials.as_ref()
            }

            fn connection_secret(&self) -> Option<&ConnectionSecret> {
                None$(.or(self.spec.$secret.as_ref()))?
            }
        }
    };
}

kind!(
    PrivateLink, "PrivateLink", "privatelinks", "hpl",
    "A VPC that reaches a data add-on of Heroku over AWS PrivateLink.",
    PrivateLinkObjectSpec of "PrivateLinkSpec", "privatelink", &["link", "addon", "vpc"],
    /// The Secret with what a client needs to connect. Default: none. It is not taken away again
    /// before the object is.
    connection_secret
);
kind!(
    Peering, "Peering", "peerings", "hpeer",
    "A VPC that is peered with a Private Space of Heroku.",
    PeeringObjectSpec of "PeeringSpec", "peering", &["link", "space", "vpc"]
);
kind!(
    EncryptedAddon, "EncryptedAddon", "encryptedaddons", "hea",
    "A data add-on of Heroku under a KMS key of your own.",
    EncryptedAddonSpec of "EncryptionSpec", "encryption", &["link", "addon"]
);
kind!(
    KeyAccess, "KeyAccess", "keyaccesses", "hka",
    "The use of a KMS key by Heroku, which a deletion of the object ends.",
    KeyAccessObjectSpec of "KeyAccessSpec", "key-access", &["link", "key"]
);
