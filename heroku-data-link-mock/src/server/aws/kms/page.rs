//! Lists, a page at a time. A marker is the name after which a page begins, in hexadecimal.

use std::num::NonZeroUsize;

use serde_json::{Value, json};

use super::super::hex;
use super::input::invalid;
use super::{AwsError, Call};

/// Which page is wanted.
pub(super) struct Page {
    after: Option<String>,
    size: usize,
}

/// How many are on a page, unless fewer are wanted, and how many may be wanted.
pub(super) struct Bounds {
    pub(super) default: usize,
    pub(super) most: usize,
}

impl Page {
    /// `is_name` says of what a list is: a marker of another list is none of this.
    pub(super) fn read(
        call: &Call<'_>,
        limit: Option<i64>,
        marker: Option<&str>,
        bounds: &Bounds,
        is_name: impl FnOnce(&str) -> bool,
    ) -> Result<Self, AwsError> {
        let most = bounds.most;
        let size =
            match limit {
                None => bounds.default,
                Some(limit) => usize::try_from(limit)
                    .ok()
                    .filter(|limit| (1..=most).contains(limit))
                    .ok_or_else(|| invalid(format!("Limit is {limit}, and must be 1 to {most}")))?,
            };
        let invalid_marker = || AwsError::new("InvalidMarkerException", "Invalid marker");
        let after = marker.map(|marker| hex::decoded(marker).filter(|name| is_name(name)));
        let after = after.map(|name| name.ok_or_else(invalid_marker)).transpose()?;
        Ok(Self { after, size: call.shared.page_size(NonZeroUsize::new(size)) })
    }

    /// The page of a list that is in the order of its names.
    pub(super) fn of<N: AsRef<str>>(
        &self,
        member: &str,
        list: impl IntoIterator<Item = (N, Value)>,
    ) -> Value {
        let after = self.after.as_deref();
        let mut rest =
            list.into_iter().filter(|(name, _)| after.is_none_or(|after| name.as_ref() > after));
        let mut marker = None;
        let mut values = Vec::new();
        for (name, value) in rest.by_ref().take(self.size) {
            marker = Some(hex::encoded(name.as_ref()));
            values.push(value);
        }
        let is_truncated = rest.next().is_some();
        let mut page = json!({ member: values, "Truncated": is_truncated });
        if let Some(marker) = marker.filter(|_| is_truncated) {
            page["NextMarker"] = marker.into();
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_its_marker() {
        let list = || ["a", "b", "c"].map(|name| (name, Value::from(name)));
        let first = Page { after: None, size: 2 }.of("L", list());
        assert_eq!(first, json!({ "L": ["a", "b"], "Truncated": true, "NextMarker": "62" }));
        let second = Page { after: Some("b".to_owned()), size: 2 }.of("L", list());
        assert_eq!(second, json!({ "L": ["c"], "Truncated": false }));
    }
}
