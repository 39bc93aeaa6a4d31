//! Tags of keys.

use heroku_data_link::provider::{Tags, operation};
use serde::Deserialize;
use serde_json::json;

use super::super::operation::UNTAG_KEY;
use super::input::{self, Input, TagInput, required};
use super::page::{Bounds, Page};
use super::{Answer, Call, change, names, read};

/// Tags on a page (KMS API reference).
const PAGE: Bounds = Bounds { default: 50, most: 50 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ListResourceTags {
    key_id: Option<String>,
    limit: Option<i64>,
    marker: Option<String>,
}

pub(super) async fn list(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let ListResourceTags { key_id, limit, marker } = input.read()?;
    let arn = names::key(call, key_id)?;
    let page = Page::read(call, limit, marker.as_deref(), &PAGE, |key| !key.is_empty())?;
    let operation = operation::LIST_RESOURCE_TAGS;
    let listed = read(call, operation, arn.as_str(), |state, caller, at| {
        let (_, version) = state.aws.known_key(caller, &arn, at)?;
        let tags = version.tags.iter();
        let tags = tags.map(|(key, value)| (key, json!({ "TagKey": key, "TagValue": value })));
        Ok(page.of("Tags", tags))
    });
    listed.await.map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TagResource {
    key_id: Option<String>,
    tags: Option<Vec<TagInput>>,
}

pub(super) async fn tag(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let TagResource { key_id, tags } = input.read()?;
    let arn = names::key(call, key_id)?;
    let tags = input::tags(required(tags, "tags")?)?;
    let detail = arn.as_str();
    let tagged = change(call, operation::TAG_KEY, detail, |state, caller, now| {
        state.tag_key(caller, now, &arn, &tags, &[])
    });
    tagged.await?;
    Ok(None)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct UntagResource {
    key_id: Option<String>,
    tag_keys: Option<Vec<String>>,
}

pub(super) async fn untag(call: &Call<'_>, input: &Input<'_>) -> Answer {
    let UntagResource { key_id, tag_keys } = input.read()?;
    let arn = names::key(call, key_id)?;
    let keys = required(tag_keys, "tagKeys")?;
    let untagged = change(call, UNTAG_KEY, arn.as_str(), |state, caller, now| {
        state.tag_key(caller, now, &arn, &Tags::new(), &keys)
    });
    untagged.await?;
    Ok(None)
}
