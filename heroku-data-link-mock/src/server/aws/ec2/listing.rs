//! Lists of resources: by id or by filters, and in pages.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use heroku_data_link::provider::Tags;

use super::super::error::AwsError;
use super::super::hex;
use super::super::params::{Params, invalid_value};
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::{Action, Answer, refused};
use crate::journal::Request;
use crate::state::{Caller, State, ids};

/// How a list is asked for by id.
#[derive(Debug)]
pub(super) struct Ids {
    /// The parameters without their numbers: `VpcId`. Most lists have one.
    pub(super) parameters: &'static [&'static str],
    /// Whether a text is of the form of such an id, and what AWS calls one that is not.
    pub(super) is_id: fn(&str) -> bool,
    pub(super) malformed: &'static str,
    /// What AWS calls one that it does not know, and the kind of thing that this is: `vpc ID`.
    pub(super) unknown: &'static str,
    pub(super) kind: &'static str,
}

/// One item of a list, as the wire has it.
pub(super) trait Resource: Sized + Send + 'static {
    /// The action that lists them.
    const OPERATION: &'static str;
    /// The name of the list.
    const SET: &'static str;
    const IDS: Ids;
    /// Everything but `tag-key` and `tag:…`.
    const FILTERS: Table<Self>;
    /// Whether they can be filtered by tags.
    const TAGGED: bool = true;
    /// What AWS calls an unknown filter.
    const UNKNOWN_FILTER: &'static str = "InvalidParameterValue";
    /// How many results a page may have, if the list has pages at all.
    const PAGES: Option<Pages> = Some(Pages::Strict(5..=1000));

    /// Its id, by which the list is in order.
    fn id(&self) -> &str;

    /// Whether it is asked for by this id.
    fn is(&self, id: &str) -> bool {
        self.id() == id
    }

    fn tags(&self) -> &Tags;

    /// Those that the caller can see, and among which are at least all that are wanted.
    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self>;

    fn fields(&self) -> Vec<Element>;

    /// The answer with a page of them.
    fn answer(page: &[Self]) -> Vec<Element> {
        vec![Element::set(Self::SET, page.iter().map(Self::fields))]
    }
}

/// Which sizes of a page a list takes.
#[derive(Debug)]
pub(super) enum Pages {
    /// Others are refused.
    Strict(RangeInclusive<usize>),
    /// More than this is as much as this.
    Capped(usize),
}

/// What part of a list is asked for.
struct Page {
    size: usize,
    /// The id of the last item of the page before.
    after: Option<String>,
}

/// The whole of a listing action.
pub(super) async fn describe<R: Resource>(action: &Action<'_>) -> Answer {
    let params = action.params;
    let ids: BTreeSet<String> =
        R::IDS.parameters.iter().flat_map(|name| params.list(name)).collect();
    if let Some(id) = ids.iter().find(|id| !(R::IDS.is_id)(id)) {
        return Err(AwsError::new(R::IDS.malformed, format!("Invalid id: \"{id}\"")));
    }
    let is_filter = |name: &str| {
        let of_tags = R::TAGGED && (name == "tag-key" || name.starts_with("tag:"));
        of_tags || R::FILTERS.iter().any(|(known, _)| *known == name)
    };
    let wanted = Wanted::read(params, ids, is_filter, R::UNKNOWN_FILTER)?;
    let page = match R::PAGES {
        Some(pages) => Page::read::<R>(action, &pages, &wanted)?,
        None => Page { size: usize::MAX, after: None },
    };
    action.check(R::OPERATION).await?;
    let summary = wanted.summary();
    let face = &action.call.face;
    let found = face.world.read(Request::new(R::OPERATION, &summary), |state, at| {
        Ok(R::find(state, &face.caller, at, &wanted))
    });
    let mut found = found.settle().await.map_err(|error| refused(&error))?;
    found.retain(|item| wanted.ids.is_empty() || wanted.ids.iter().any(|id| item.is(id)));
    if let Some(id) = wanted.ids.iter().find(|id| !found.iter().any(|item| item.is(id))) {
        let message = format!("The {} '{id}' does not exist", R::IDS.kind);
        return Err(AwsError::new(R::IDS.unknown, message));
    }
    found.retain(|item| wanted.meets(item, R::FILTERS, item.tags()));
    found.sort_by(|a, b| a.id().cmp(b.id()));
    Ok(page.answer(found, &wanted))
}

impl Page {
    fn read<R: Resource>(
        action: &Action<'_>,
        pages: &Pages,
        wanted: &Wanted,
    ) -> Result<Self, AwsError> {
        let params: &Params = action.params;
        let wish: Option<i64> = params.number("MaxResults")?;
        if wish.is_some() && !wanted.ids.is_empty() {
            let message = format!(
                "The parameter {} cannot be used with the parameter maxResults",
                R::IDS.parameters.join(" or ")
            );
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        let size = wish.map(|wish| pages.size(wish)).transpose()?;
        let after = params.text("NextToken").map(|token| {
            let after = token.strip_prefix(&mark::<R>(wanted)).and_then(hex::decoded);
            after.ok_or_else(|| {
                AwsError::new("InvalidNextToken", "The specified NextToken is not valid")
            })
        });
        Ok(Self { size: action.call.shared.page_size(size), after: after.transpose()? })
    }

    fn answer<R: Resource>(&self, mut found: Vec<R>, wanted: &Wanted) -> Vec<Element> {
        if let Some(after) = &self.after {
            found.retain(|item| item.id() > after.as_str());
        }
        let more = found.len() > self.size;
        found.truncate(self.size);
        let mut answer = R::answer(&found);
        if let Some(last) = found.last().filter(|_| more) {
            let token = format!("{}{}", mark::<R>(wanted), hex::encoded(last.id()));
            answer.push(Element::text("nextToken", token));
        }
        answer
    }
}

impl Pages {
    fn size(&self, wish: i64) -> Result<NonZeroUsize, AwsError> {
        let size = usize::try_from(wish).ok().and_then(NonZeroUsize::new);
        let (size, valid) = match self {
            Self::Strict(range) => (size, size.is_some_and(|size| range.contains(&size.get()))),
            Self::Capped(most) => (size.map(|size| size.min(nonzero(*most))), size.is_some()),
        };
        size.filter(|_| valid).ok_or_else(|| {
            let bounds = match self {
                Self::Strict(range) => format!("from {} to {}", range.start(), range.end()),
                Self::Capped(_) => "greater than 0".to_owned(),
            };
            invalid_value(&wish.to_string(), &format!("maxResults has to be {bounds}"))
        })
    }
}

fn nonzero(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// What the tokens of one list begin with, so that those of others are told apart.
fn mark<R: Resource>(wanted: &Wanted) -> String {
    format!("{:016x}", ids::hash(&format!("{} {wanted:?}", R::OPERATION)))
}
