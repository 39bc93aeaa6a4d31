//! What belongs to a link, and whom it is for.
//!
//! Every AWS resource that a link creates carries tags that say which link made it, of which kind
//! that link is, and what it leads to. Only what carries the link's own tags is ever changed or
//! deleted, and only while they agree with what the spec asks for: a link id that is used a second
//! time, for something else, does not reach what the first one made.
//!
//! | tag | value |
//! | --- | --- |
//! | [`LINK_TAG`] | the link's id |
//! | [`KIND_TAG`] | `privatelink`, `peering` or `encryption` |
//! | [`TARGET_TAG`] | what the link leads to: the add-on's UUID, the space's UUID, the name of the encrypted add-on |
//! | [`TARGET_NAME_TAG`] | its name when the resource was made; decides only where the id cannot be read |
//! | [`VERSION_TAG`] | the version of this crate |
//! | [`GROUP_NAME_TAG`] | of a security group whose name the spec chose: that name |
//!
//! Beside them it gets the tags of the spec and, when it is made, a [`NAME_TAG`]. They say nothing of
//! whose it is. A tag of the spec that is lost or changed is set again; others are left alone.
//!
//! A resource with nothing but the [`LINK_TAG`] was made by an early version, or tagged by hand. It
//! is the link's own where it leads to the spec's target for certain, and then gets the other tags.

use std::fmt::Write;

use super::blocker::Blocker;
use super::code::Code;
use super::text::list;
use crate::model::{LinkId, LinkKind, OwnTags};
use crate::provider::{Tag, Tags};

/// The tag whose value is the link's id.
pub const LINK_TAG: &str = "heroku-data-link:link";
/// The tag whose value is the kind of link.
pub const KIND_TAG: &str = "heroku-data-link:kind";
/// The tag whose value is the id of what the link leads to.
pub const TARGET_TAG: &str = "heroku-data-link:target";
/// The tag whose value is the name of what the link leads to.
pub const TARGET_NAME_TAG: &str = "heroku-data-link:target-name";
/// The tag whose value is the version of this crate that made the resource.
pub const VERSION_TAG: &str = "heroku-data-link:version";

/// The tag of a security group whose name the spec chose, and its value is that name. So the group is
/// the link's own whatever the spec says later, and a group that such tags were copied to is not.
pub const GROUP_NAME_TAG: &str = "heroku-data-link:group-name";
/// The tag that AWS's consoles show as a resource's name. It is set when a resource is made, unless the
/// spec's own tags say otherwise, and never again: whoever changes it may.
pub const NAME_TAG: &str = "Name";

/// How many tags a resource can have ([EC2], [KMS]).
///
/// [EC2]: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
/// [KMS]: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
pub(crate) const TAGS_PER_RESOURCE: usize = 50;
/// How many tags this library needs to say whose a resource is: those of the table above but for the
/// spec's, and the [`NAME_TAG`].
pub(crate) const TAGS_OF_OWNER: usize = 6;

/// A link as the owner of what it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    link: LinkId,
    kind: LinkKind,
    /// `None` where the cloud does not tell it.
    target: Option<String>,
    target_name: String,
    /// The tags that the spec asks for beside these.
    own_tags: OwnTags,
}

/// What the tags of a resource say of an [`Owner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It was made for this link and this target.
    Own,
    /// It carries the link's id, and nothing says what for.
    Unmarked,
    /// It was made for a link of this id; whether for this target cannot be told.
    Unclear,
    /// It was made for a link of this id that leads elsewhere.
    Elsewhere,
    /// It does not carry the link's id.
    Foreign,
}

impl Claim {
    /// Whether it is the link's own, by its tags or recognised otherwise.
    pub(crate) fn is_own(self) -> bool {
        match self {
            Self::Own | Self::Unmarked => true,
            Self::Unclear | Self::Elsewhere | Self::Foreign => false,
        }
    }
}

/// A resource whose tags were compared.
pub(crate) struct Claimed<'a> {
    pub(crate) id: &'a str,
    pub(crate) tags: &'a Tags,
    /// What it does: for a sentence.
    pub(crate) does: String,
    pub(crate) claim: Claim,
}

impl Owner {
    /// A link of a kind that leads to the target of this id and name. The id is `None` where it
    /// cannot be read; then the name decides what the owner's are.
    pub fn new(
        link: &LinkId,
        kind: LinkKind,
        target: Option<String>,
        target_name: impl Into<String>,
    ) -> Self {
        let (link, own_tags) = (link.clone(), OwnTags::default());
        Self { link, kind, target, target_name: target_name.into(), own_tags }
    }

    /// An owner whose resources get these tags of the spec, too. They say nothing of whose a resource is.
    #[must_use]
    pub fn with_tags(mut self, own_tags: &OwnTags) -> Self {
        self.own_tags = own_tags.clone();
        self
    }

    /// All tags that a resource gets when it is made: [`tags`](Self::tags), and the link's id as its
    /// [`NAME_TAG`], which consoles show.
    pub fn tags_of_new(&self) -> Tags {
        let mut tags = self.tags();
        tags.entry(NAME_TAG.to_owned()).or_insert_with(|| self.link.to_string());
        tags
    }

    /// The tags that say whose a resource is and what for, and the spec's own.
    pub fn tags(&self) -> Tags {
        let Self { link, kind, target, target_name, own_tags } = self;
        let target = target.as_ref().map(|target| (TARGET_TAG, target.clone()));
        [
            (LINK_TAG, link.to_string()),
            (KIND_TAG, kind.to_string()),
            (TARGET_NAME_TAG, target_name.clone()),
            (VERSION_TAG, env!("CARGO_PKG_VERSION").to_owned()),
        ]
        .into_iter()
        .chain(target)
        .map(|(key, value)| (key.to_owned(), value))
        .chain(own_tags.iter().map(|(key, value)| (key.clone(), value.clone())))
        .collect()
    }

    /// The spec's own tags that a resource lacks or has with another value. Others are left alone.
    pub(crate) fn missing_tags(&self, tags: &Tags) -> Tags {
        let missing = self.own_tags.iter().filter(|(key, value)| tags.get(*key) != Some(value));
        missing.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub(crate) fn claim(&self, tags: &Tags) -> Claim {
        if !is_owned(&self.link, tags) {
            return Claim::Foreign;
        }
        let said = |key| tags.get(key).map(String::as_str);
        if said(KIND_TAG).is_some_and(|kind| kind != self.kind.as_str()) {
            return Claim::Elsewhere;
        }
        let same = |is_same| if is_same { Claim::Own } else { Claim::Elsewhere };
        match (said(TARGET_TAG), &self.target) {
            (None, _) => Claim::Unmarked,
            (Some(theirs), Some(ours)) => same(theirs == ours),
            (Some(_), None) if said(TARGET_NAME_TAG) == Some(&self.target_name) => Claim::Own,
            (Some(_), None) => Claim::Unclear,
        }
    }

    /// A resource that carries the link's id was made for this target, as far as can be told for
    /// certain. `joins` are both ends in the words of the spec, `elsewhere` and `unclear` are ways out.
    pub(crate) fn check(
        &self,
        it: &Claimed<'_>,
        joins: &str,
        elsewhere: &str,
        unclear: &str,
    ) -> Result<(), Blocker> {
        let problem = |why: &str| {
            format!(
                "{} carries the tag {LINK_TAG}={}, {} and {}; {why} {joins}",
                it.id,
                self.link,
                it.does,
                made_for(it.tags)
            )
        };
        match it.claim {
            Claim::Own | Claim::Unmarked | Claim::Foreign => Ok(()),
            Claim::Elsewhere => Err(Blocker::new(
                Code::LinkIdInUse,
                problem("the spec joins"),
                format!(
                    "choose another link id, or tear that link down with its own spec{elsewhere}"
                ),
            )),
            Claim::Unclear => Err(Blocker::new(
                Code::LinkTargetUnclear,
                problem("it cannot be told whether that is what the spec joins,"),
                format!("{unclear}; if {} is this link's, tag it {}", it.id, self.marks()),
            )),
        }
    }

    /// Which tags a person would set to make a resource the link's own: for a remedy.
    pub(crate) fn marks(&self) -> String {
        let mut text = format!("{LINK_TAG}={}", self.link);
        if let Some(target) = &self.target {
            // Writing to a string cannot fail.
            let _ = write!(text, ", {KIND_TAG}={} and {TARGET_TAG}={target}", self.kind);
        }
        text
    }

    /// What the link leads to: for a sentence.
    pub(crate) fn leads_to(&self) -> String {
        named(&self.target_name, self.target.as_deref())
    }
}

fn named(name: &str, id: Option<&str>) -> String {
    match id {
        Some(id) if id != name => format!("{name} ({id})"),
        Some(_) => name.to_owned(),
        None => format!("{name}, which cannot be read"),
    }
}

/// What a resource with these tags was made for, as far as they say: for a sentence.
pub(crate) fn made_for(tags: &Tags) -> String {
    let said = |key| tags.get(key).map(String::as_str);
    match (said(KIND_TAG), said(TARGET_TAG)) {
        (kind, Some(target)) => {
            let name = said(TARGET_NAME_TAG).unwrap_or(target);
            format!(
                "was made for a {} link to {}",
                kind.unwrap_or("data"),
                named(name, Some(target))
            )
        }
        (Some(kind), None) => format!("was made for a {kind} link to an unnamed target"),
        (None, None) => "does not say what it was made for".to_owned(),
    }
}

/// A resource that has these tags has room for more.
pub(crate) fn room_for(id: &str, tags: &Tags, more: &Tags) -> Result<(), Blocker> {
    // AWS does not count its own.
    let there = tags.keys().filter(|key| !key.starts_with("aws:"));
    let new = more.keys().filter(|key| !tags.contains_key(*key)).count();
    let (there, most) = (there.count(), TAGS_PER_RESOURCE);
    if new == 0 || there + new <= most {
        return Ok(());
    }
    Err(Blocker::new(
        Code::TooManyTags,
        format!("{id} has {there} tags and lacks {new} of the spec's, and AWS allows {most}"),
        format!("remove tags from {id} that nobody needs, or from the spec"),
    ))
}

/// The tags of a resource as they are to be: for a sentence.
pub(crate) fn as_specified(id: &str, tags: &Tags) -> String {
    let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("tag {id} as the spec says: {}", list(tags))
}

/// The tag that marks what belongs to `link`.
pub fn tag_of(link: &LinkId) -> Tag {
    Tag { key: LINK_TAG.to_owned(), value: link.to_string() }
}

/// Which link a resource with these tags belongs to, if any.
pub fn owner(tags: &Tags) -> Option<&str> {
    tags.get(LINK_TAG).map(String::as_str)
}

/// Whether two resources with these tags belong to one link; what belongs to none does not.
pub fn is_of_same_link(one: &Tags, other: &Tags) -> bool {
    owner(one).is_some() && owner(one) == owner(other)
}

/// Whom a resource with these tags, which is not the link's own, belongs to: for a sentence.
pub(crate) fn belongs_to(tags: &Tags) -> String {
    match owner(tags) {
        Some(link) => format!("belongs to link {link}"),
        None => "carries no tag of this library".to_owned(),
    }
}

/// What to do about tags that somebody removes.
const STRIPPED: &str = "if the link made it and its tags were removed since (Terraform, and tools \
                        that clean up tags, remove those that they do not know), exclude \
                        `heroku-data-link:` there, as with the `ignore_tags` of Terraform's provider";

/// What makes a resource the link's own: for a remedy.
pub(crate) fn ways_to_own(owner: &Owner) -> String {
    format!(
        "let the spec adopt it, name it in the spec to use it as it is, or tag it {}; {STRIPPED}",
        owner.marks()
    )
}

/// What makes a resource the link's own that no spec can adopt: for a remedy.
pub(crate) fn ways_to_own_by_tag(owner: &Owner) -> String {
    format!(
        "name it in the spec to use it as it is, tag it {}, or choose another link id; {STRIPPED}",
        owner.marks()
    )
}

/// Whether a resource with these tags carries the id of `link`.
pub fn is_owned(link: &LinkId, tags: &Tags) -> bool {
    owner(tags) == Some(link.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5bbf672c-0000-4000-8000-f1dcb96784db";

    fn ours(target: Option<&str>) -> Owner {
        let link = "cache".parse().unwrap();
        Owner::new(&link, LinkKind::PrivateLink, target.map(ToOwned::to_owned), "redis-1")
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_was_made_for_this_target_is_the_links_own() {
        let link = (LINK_TAG, "cache");
        let kind = (KIND_TAG, "privatelink");
        // Tags; the claim where the spec's target can be read, and where it cannot.
        for (found, readable, unreadable) in [
            (tags(&[]), Claim::Foreign, Claim::Foreign),
            (tags(&[(LINK_TAG, "other"), kind, (TARGET_TAG, ID)]), Claim::Foreign, Claim::Foreign),
            (tags(&[link]), Claim::Unmarked, Claim::Unmarked),
            (tags(&[link, kind]), Claim::Unmarked, Claim::Unmarked),
            (tags(&[link, kind, (TARGET_TAG, ID)]), Claim::Own, Claim::Unclear),
            (
                tags(&[link, kind, (TARGET_TAG, ID), (TARGET_NAME_TAG, "redis-1")]),
                Claim::Own,
                Claim::Own,
            ),
            (
                tags(&[link, kind, (TARGET_TAG, "another"), (TARGET_NAME_TAG, "redis-2")]),
                Claim::Elsewhere,
                Claim::Unclear,
            ),
            (
                tags(&[link, kind, (TARGET_TAG, "another"), (TARGET_NAME_TAG, "redis-1")]),
                Claim::Elsewhere,
                Claim::Own,
            ),
            (
                tags(&[link, (KIND_TAG, "peering"), (TARGET_TAG, ID)]),
                Claim::Elsewhere,
                Claim::Elsewhere,
            ),
        ] {
            assert_eq!(ours(Some(ID)).claim(&found), readable, "{found:?}");
            assert_eq!(ours(None).claim(&found), unreadable, "{found:?}");
        }
    }

    #[test]
    fn what_a_link_makes_is_its_own() {
        let owner = ours(Some(ID));
        assert_eq!(owner.claim(&owner.tags()), Claim::Own);
        assert_eq!(owner.tags().len(), 5);
        assert_eq!(
            made_for(&owner.tags()),
            format!("was made for a privatelink link to redis-1 ({ID})")
        );
    }

    #[test]
    fn what_belongs_to_no_link_is_not_of_the_same_one() {
        let of = |link| tags(&[(LINK_TAG, link)]);
        assert!(is_of_same_link(&of("cache"), &of("cache")));
        assert!(!is_of_same_link(&of("cache"), &of("other")));
        assert!(!is_of_same_link(&of("cache"), &tags(&[])));
        assert!(!is_of_same_link(&tags(&[]), &tags(&[])));
    }

    #[test]
    fn what_is_made_has_a_name_and_the_specs_tags() {
        let name = |owner: &Owner| owner.tags_of_new()[NAME_TAG].clone();
        let plain = ours(Some(ID));
        assert_eq!(name(&plain), "cache");
        assert_eq!(plain.tags_of_new().len(), TAGS_OF_OWNER);
        let tagged = |own: &[(&str, &str)]| {
            ours(Some(ID)).with_tags(&OwnTags::new(own.iter().copied()).unwrap())
        };
        assert_eq!(name(&tagged(&[("Name", "shop")])), "shop");
        let owner = tagged(&[("team", "data"), ("stage", "test")]);
        assert_eq!(owner.tags()["team"], "data");
        assert_eq!(owner.claim(&owner.tags()), Claim::Own);
        assert_eq!(plain.claim(&owner.tags()), Claim::Own);
    }

    #[test]
    fn only_the_specs_own_tags_are_missed() {
        let own = OwnTags::new([("team", "data"), ("stage", "test")]).unwrap();
        let owner = ours(Some(ID)).with_tags(&own);
        assert_eq!(owner.missing_tags(&owner.tags_of_new()), tags(&[]));
        let found = tags(&[("team", "web"), ("stage", "test"), ("Team", "x"), ("of", "others")]);
        assert_eq!(owner.missing_tags(&found), tags(&[("team", "data")]));
        // Made by an earlier version, and of a spec that asks for none.
        assert_eq!(ours(Some(ID)).missing_tags(&tags(&[(LINK_TAG, "cache")])), tags(&[]));
    }

    #[test]
    fn a_resource_with_fifty_tags_has_no_room() {
        let of = |count: usize| -> Tags {
            (0..count).map(|n| (format!("t{n}"), String::new())).collect()
        };
        let more = tags(&[("t0", "x"), ("team", "data")]);
        let mut there = of(49);
        there.insert("aws:cloudformation:stack-name".to_owned(), String::new());
        assert_eq!(room_for("vpce-1", &there, &more), Ok(()));
        assert_eq!(room_for("vpce-1", &of(50), &tags(&[("t0", "x")])), Ok(()));
        let blocker = room_for("vpce-1", &of(50), &more).unwrap_err();
        assert_eq!(blocker.code, Code::TooManyTags);
        assert_eq!(
            blocker.problem,
            "vpce-1 has 50 tags and lacks 1 of the spec's, and AWS allows 50"
        );
    }
}
