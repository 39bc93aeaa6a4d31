//! Tags.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::provider::{Tags, operation};

use super::super::error::AwsError;
use super::super::operation::DELETE_TAGS;
use super::super::params::Params;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Pages, Resource};
use super::{Action, Answer, done, refused};
use crate::state::tags::TagChange;
use crate::state::{Caller, State};

/// The most resources in a call.
const MOST_RESOURCES: usize = 1000;

/// The list of an item's tags.
pub(super) fn tag_set(tags: &Tags) -> Element {
    let items =
        tags.iter().map(|(key, value)| [Element::text("key", key), Element::text("value", value)]);
    Element::set("tagSet", items)
}

/// The tags that a creation sets on the one kind of resource that it makes.
pub(super) fn on_creation(params: &Params, kind: &str) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for specification in params.structs("TagSpecification") {
        let given = specification.required("ResourceType")?;
        if given != kind {
            let message =
                format!("'{given}' is not a valid taggable resource type for this operation.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        let listed = specification.structs("Tag");
        if listed.is_empty() {
            return Err(AwsError::new("InvalidParameter", "Tag specification must have tags."));
        }
        read(&listed, &mut tags)?;
    }
    Ok(tags)
}

fn read(listed: &[Params], tags: &mut Tags) -> Result<(), AwsError> {
    for tag in listed {
        let key = tag.required("Key")?;
        let value = tag.text("Value").unwrap_or_default();
        if tags.insert(key.clone(), value).is_some() {
            let message = format!("Duplicate tag key '{key}' specified.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    }
    Ok(())
}

/// `CreateTags`
pub(super) async fn create(action: &Action<'_>) -> Answer {
    let resources = resources(action.params)?;
    let listed = action.params.structs("Tag");
    let mut tags = Tags::new();
    read(&listed, &mut tags)?;
    if tags.is_empty() {
        return Err(AwsError::missing("Tag"));
    }
    action.check(operation::CREATE_TAGS).await?;
    change(action, &resources, &TagChange::Set(tags)).await
}

/// `DeleteTags`
pub(super) async fn delete(action: &Action<'_>) -> Answer {
    let resources = resources(action.params)?;
    let mut removed = Vec::new();
    for tag in action.params.structs("Tag") {
        removed.push((tag.required("Key")?, tag.text("Value")));
    }
    if removed.is_empty() {
        // AWS removes all tags then; whoever forgets a parameter should not lose what others set.
        return Err(AwsError::unsupported("a removal of all tags"));
    }
    action.check(DELETE_TAGS).await?;
    change(action, &resources, &TagChange::Remove(removed)).await
}

fn resources(params: &Params) -> Result<Vec<String>, AwsError> {
    let ids = params.list("ResourceId");
    if ids.is_empty() {
        return Err(AwsError::missing("ResourceId"));
    }
    if ids.len() >= MOST_RESOURCES {
        return Err(AwsError::new("InvalidParameterValue", "Too many resources."));
    }
    let distinct: BTreeSet<String> = ids.into_iter().collect();
    Ok(distinct.into_iter().collect())
}

async fn change(action: &Action<'_>, resources: &[String], change: &TagChange) -> Answer {
    let changed = action.call.face.change_tags(resources, change).await;
    changed.map_err(|error| refused(&error))?;
    Ok(done())
}

/// One tag of one resource.
pub(super) struct Tagged {
    /// Resource and key.
    id: String,
    resource: String,
    kind: &'static str,
    key: String,
    value: String,
    /// Just this one.
    tags: Tags,
}

impl Resource for Tagged {
    const OPERATION: &'static str = "ec2:DescribeTags";
    const SET: &'static str = "tagSet";
    const IDS: Ids = Ids {
        parameters: &[],
        is_id: |_| false,
        malformed: "InvalidID",
        unknown: "InvalidID",
        kind: "ID",
    };
    const FILTERS: Table<Self> = &[
        ("key", |it| vec![it.key.clone()]),
        ("value", |it| vec![it.value.clone()]),
        ("resource-id", |it| vec![it.resource.clone()]),
        ("resource-type", |it| vec![it.kind.to_owned()]),
    ];
    const PAGES: Option<Pages> = Some(Pages::Strict(5..=1000));

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, _: &Wanted) -> Vec<Self> {
        let resources = state.aws.tagged_resources(caller, at);
        let each = |(kind, resource, tags): (&'static str, String, Tags)| {
            tags.into_iter().map(move |(key, value)| Self {
                id: format!("{resource} {key}"),
                resource: resource.clone(),
                kind,
                tags: Tags::from([(key.clone(), value.clone())]),
                key,
                value,
            })
        };
        resources.into_iter().flat_map(each).collect()
    }

    fn fields(&self) -> Vec<Element> {
        vec![
            Element::text("resourceId", &self.resource),
            Element::text("resourceType", self.kind),
            Element::text("key", &self.key),
            Element::text("value", &self.value),
        ]
    }
}
