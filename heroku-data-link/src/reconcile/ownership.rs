//! What belongs to a link.
//!
//! Every AWS resource that a link creates carries two tags. Only what carries the link's own tag
//! is ever changed or deleted.

use crate::model::LinkId;
use crate::provider::{Tag, Tags};

/// The tag whose value is the link's id.
pub const LINK_TAG: &str = "heroku-data-link:link";
/// The tag whose value is the version of this crate that made the resource.
pub const VERSION_TAG: &str = "heroku-data-link:version";

/// The tag that marks what belongs to `link`.
pub fn tag_of(link: &LinkId) -> Tag {
    Tag { key: LINK_TAG.to_owned(), value: link.to_string() }
}

/// Keys and values of all tags that a new resource of `link` gets.
pub(crate) fn pairs_of(link: &LinkId) -> [(&'static str, &str); 2] {
    [(LINK_TAG, link.as_str()), (VERSION_TAG, env!("CARGO_PKG_VERSION"))]
}

/// All tags that a new resource of `link` gets.
pub fn tags_of(link: &LinkId) -> Tags {
    pairs_of(link).map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// Which link a resource with these tags belongs to, if any.
pub fn owner(tags: &Tags) -> Option<&str> {
    tags.get(LINK_TAG).map(String::as_str)
}

/// Whom a resource with these tags, which is not the link's own, belongs to: for a sentence.
pub(crate) fn stranger(tags: &Tags) -> String {
    match owner(tags) {
        Some(link) => format!("belongs to link {link}"),
        None => "carries no tag of ours".to_owned(),
    }
}

/// What makes a resource the link's own: for a remedy.
pub(crate) fn ways_to_own(link: &LinkId) -> String {
    format!(
        "let the spec adopt it, name it in the spec to use it as it is, or tag it {LINK_TAG}={link}"
    )
}

/// Whether a resource with these tags belongs to `link`.
pub fn is_owned(link: &LinkId, tags: &Tags) -> bool {
    owner(tags) == Some(link.as_str())
}
