//! EC2: what the traits of VPCs, endpoints, groups, peerings and routes need.

mod endpoints;
mod groups;
mod interfaces;
mod network_acls;
mod peerings;
mod rehearsal;
mod route_tables;
mod rules;
mod services;
mod vpcs;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag as SdkTag, TagSpecification};
use heroku_data_link::provider::{ProviderResult, Tag, Tags, operation};

use crate::client::Client;
use crate::reading::Reading;

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

fn tag_key_filter(key: &str) -> Filter {
    filter("tag-key", [key])
}

fn has_tag(tags: &Tags, tag: &Tag) -> bool {
    tags.get(&tag.key) == Some(&tag.value)
}

/// Whether EC2's list has a tag.
fn is_tagged(list: &[SdkTag], tag: &Tag) -> bool {
    list.iter().any(|it| it.key() == Some(&tag.key) && it.value() == Some(&tag.value))
}

/// Whether EC2's list has a tag of this key.
fn has_tag_key(list: &[SdkTag], key: &str) -> bool {
    list.iter().any(|it| it.key() == Some(key))
}

fn tags(reading: &Reading, list: &[SdkTag]) -> Tags {
    list.iter()
        .filter(|tag| tag.key().is_some())
        .map(|tag| (reading.name(tag.key()), reading.name(tag.value())))
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

impl Client {
    async fn tag(&self, resource: &str, tags: &Tags) -> ProviderResult<()> {
        if tags.is_empty() {
            return Ok(());
        }
        let call =
            self.ec2().create_tags().resources(resource).set_tags(Some(sdk_tags(tags).collect()));
        call.send().await.map_err(|error| self.reading(operation::CREATE_TAGS).failure(&error))?;
        Ok(())
    }
}
