//! Links as Kubernetes objects: an operator on `heroku-data-link` and `kube`.
//!
//! The API server holds the specs and what each driver remembers, a lease elects the one operator that
//! works, and controllers come again when a pass says so. All else is the library's.

mod accounts;
mod condition;
mod consumers;
mod controller;
mod election;
mod manifest;
mod metrics;
mod object;
mod reconcile;
mod saved;
mod secret;
mod told;
mod tracked;
mod yaml;

pub use accounts::{Account, Accounts, Credentials, NoAccount};
pub use condition::{Condition, LinkStatus};
pub use controller::work;
pub use election::{Election, Term};
pub use manifest::{manifests, manifests_as_yaml};
pub use metrics::{Metrics, serve};
pub use object::{
    ConnectionSecret, CredentialsRef, EncryptedAddon, EncryptedAddonSpec, GROUP, KeyAccess,
    KeyAccessObjectSpec, Linked, Peering, PeeringObjectSpec, PrivateLink, PrivateLinkObjectSpec,
};
pub use reconcile::{Failure, Next, reconcile};
pub use secret::{SINK, SecretSink};
pub use tracked::{Context, Operator, Settings};
