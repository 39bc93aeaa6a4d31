//! EC2: what the traits of VPCs, endpoints, groups, peerings and routes need.

mod endpoints;
mod groups;
mod interfaces;
mod peerings;
mod rehearsal;
mod route_tables;
mod rules;
mod services;
mod vpcs;

use std::str::FromStr;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag as SdkTag, TagSpecification};
use heroku_data_link::model::InvalidValue;
use heroku_data_link::provider::{ProviderResult, Tag, Tags, operation};

use crate::client::Client;
use crate::error::failure;
use crate::reading::{needed, protocol};

/// The longest page that most lists have; whoever asks for no pages is throttled sooner.
const PAGE: i32 = 1000;

/// Filters say what may come back. Everything is filtered again on our side: `*` and `?` are wild
/// in their values, and emulators ignore some of them.
fn filter<V: ToString>(name: impl Into<String>, values: impl IntoIterator<Item = V>) -> Filter {
    let values = values.into_iter().map(|value| value.to_string()).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

fn tag_filter(tag: &Tag) -> Filter {
    filter(format!("tag:{}", tag.key), [&tag.value])
}

fn has_tag(tags: &Tags, tag: &Tag) -> bool {
    tags.get(&tag.key) == Some(&tag.value)
}

fn tags(list: &[SdkTag]) -> Tags {
    list.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

fn sdk_tags(tags: &Tags) -> impl Iterator<Item = SdkTag> {
    tags.iter().map(|(key, value)| SdkTag::builder().key(key).value(value).build())
}

/// Tags that a creation sets in the same call; EC2 takes no empty list of them.
fn on_creation(kind: ResourceType, tags: &Tags) -> Option<Vec<TagSpecification>> {
    let tagged = TagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(sdk_tags(tags).collect()))
        .build();
    (!tags.is_empty()).then(|| vec![tagged])
}

/// The values of a list of ids.
fn each<C, T>(operation: &'static str, field: &str, ids: &[String]) -> ProviderResult<C>
where
    C: FromIterator<T>,
    T: FromStr<Err = InvalidValue>,
{
    ids.iter().map(|id| needed(operation, field, Some(id))).collect()
}

/// The `return` of an answer, which some calls have and which is true as a rule.
fn done(operation: &'static str, answer: Option<bool>) -> ProviderResult<()> {
    match answer {
        Some(false) => Err(protocol(operation, "AWS says that it did not do it".to_owned())),
        Some(true) | None => Ok(()),
    }
}

impl Client {
    async fn tag(&self, resource: &str, tags: &Tags) -> ProviderResult<()> {
        if tags.is_empty() {
            return Ok(());
        }
        let call =
            self.ec2().create_tags().resources(resource).set_tags(Some(sdk_tags(tags).collect()));
        call.send().await.map_err(|error| failure(operation::CREATE_TAGS, &error))?;
        Ok(())
    }
}
