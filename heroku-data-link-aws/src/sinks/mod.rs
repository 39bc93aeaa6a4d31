//! Sinks: where copies of a link's connection are kept on AWS, and what they have in common.

#[cfg(feature = "parameter-store")]
mod parameter_store;
#[cfg(feature = "secrets-manager")]
mod secrets_manager;

use heroku_data_link::bundle::Destination;
use heroku_data_link::provider::{Delivery, ErrorKind, ProviderError, ProviderResult, Tags};
use heroku_data_link::reconcile::ownership::{TARGET_NAME_TAG, is_of_same_link, owner};

use crate::client::Client;

#[cfg(feature = "parameter-store")]
pub use parameter_store::ParameterStore;
#[cfg(feature = "secrets-manager")]
pub use secrets_manager::SecretsManager;

/// What is about to be overwritten is still the link's own: the look at it that the plan rests on may be
/// older than a change of its owner.
fn check_owner(
    operation: &'static str,
    there: &Tags,
    delivery: &Delivery<'_>,
) -> ProviderResult<()> {
    if is_of_same_link(there, delivery.tags) {
        return Ok(());
    }
    let text = format!("{} is not the link's own any more", delivery.at);
    Err(ProviderError::new(operation, ErrorKind::Conflict, text))
}

/// Whether each of the delivery's tags is there with its value.
fn has_tags(there: &Tags, delivery: &Delivery<'_>) -> bool {
    delivery.tags.iter().all(|(key, value)| there.get(key) == Some(value))
}

/// What consoles show of a copy.
fn description(tags: &Tags) -> String {
    let link = owner(tags).unwrap_or_default();
    let leads_to = tags.get(TARGET_NAME_TAG).map(|name| format!(" to {name}")).unwrap_or_default();
    format!("The connection of link {link}{leads_to}, kept up to date by heroku-data-link")
}

/// A key that the copy is kept under is of the sink's region.
fn check_key(client: &Client, at: &Destination) -> Result<(), String> {
    match &at.kms_key {
        Some(key) if key.region() != client.region() => {
            Err(format!("it must name a KMS key of {}, where the sink is", client.region()))
        }
        Some(_) | None => Ok(()),
    }
}
