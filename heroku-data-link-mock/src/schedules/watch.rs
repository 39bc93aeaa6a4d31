//! Who made what, and who may not touch it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{KeyArn, KeyState, LinkId, PeeringStatus};
use heroku_data_link::reconcile::ownership::owner;

use super::ledger::{CAN_BE_READ, Item, Kind, Ledger};
use crate::heroku::list;
use crate::journal::Request;
use crate::state::State;

/// How long there may be a second endpoint: until the planner sees it and has deleted it.
pub(crate) const SECOND_ENDPOINT: Duration = Duration::from_secs(15 * 60);

/// What is nobody's business but its owner's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Protected {
    item: Item,
    /// Since when it is as it is, and whose it is.
    since: SystemTime,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Before,
    Person,
}

/// Looks at every mutation of a link.
#[derive(Debug)]
pub(crate) struct Watch {
    link: LinkId,
    protected: BTreeMap<String, Protected>,
    /// Names of what the spec lets the link change though it was there before.
    may_change: Vec<String>,
    /// By which driver each key was made: its slot, and how many began before it.
    makers: BTreeMap<KeyArn, (usize, usize)>,
    /// How many drivers have begun in any slot.
    drivers: usize,
    /// Which driver a slot has.
    in_slot: BTreeMap<usize, usize>,
    /// How many more calls are answered.
    pub(crate) calls_left: usize,
    second_endpoint_since: Option<SystemTime>,
    wrong: Vec<String>,
}

/// Which items a person's act was about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched(Vec<Touch>);

#[derive(Debug, Clone)]
struct Touch {
    name: String,
    is_new: bool,
    /// Whose it was, if it was not the link's.
    former: Option<Protected>,
}

impl Touched {
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|touch| touch.name.as_str())
    }
}

impl Watch {
    /// Whatever is in the ledger was there before.
    pub(crate) fn new(
        link: LinkId,
        ledger: Ledger,
        now: SystemTime,
        may_change: &[String],
        calls: usize,
    ) -> Self {
        let mut watch = Self {
            link,
            protected: BTreeMap::new(),
            may_change: may_change.to_vec(),
            makers: BTreeMap::new(),
            drivers: 0,
            in_slot: BTreeMap::new(),
            calls_left: calls,
            second_endpoint_since: None,
            wrong: Vec::new(),
        };
        for (name, item) in ledger {
            watch.protect(name, item, now, By::Before);
        }
        watch
    }

    /// The first thing that went wrong.
    pub(crate) fn wrong(&self) -> Option<&str> {
        self.wrong.first().map(String::as_str)
    }

    /// Whether one more call is answered: a run that makes calls without end is wrong.
    pub(crate) fn spend_call(&mut self) -> bool {
        if self.calls_left == 0 {
            self.wrong.push("the run makes calls without end".to_owned());
            return false;
        }
        self.calls_left -= 1;
        true
    }

    fn protect(&mut self, name: String, item: Item, since: SystemTime, by: By) {
        if !self.may_change.contains(&name) {
            self.protected.insert(name, Protected { item, since, by });
        }
    }

    /// What a link's call made of the world, which it can have seen as it was `lag` ago.
    pub(crate) fn judge(
        &mut self,
        (before, after): (&Ledger, &Ledger),
        (now, lag): (SystemTime, Duration),
        request: Request<'_>,
    ) {
        let changed: Vec<String> = before
            .iter()
            .filter(|(name, item)| after.get(*name) != Some(*item))
            .map(|(name, _)| name.clone())
            .collect();
        let is_known = |it: &Protected| {
            let known_since = it.since.checked_add(lag);
            it.by == By::Before || known_since.is_some_and(|since| since < now)
        };
        for (name, item) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            let Kind::Part(whole) = &item.kind else { continue };
            if self.protected.get(whole).is_some_and(is_known) {
                let (call, about) = (request.operation, request.detail);
                self.wrong.push(format!("{call} ({about}) adds {name}, to what is not the link's"));
            }
        }
        for name in changed {
            let Some(protected) = self.protected.remove(&name) else { continue };
            if let Some(gained) = after.get(&name).filter(|item| item.value == CAN_BE_READ) {
                self.protected.insert(name, Protected { item: gained.clone(), ..protected });
                continue;
            }
            if !is_known(&protected) {
                continue;
            }
            let was = &protected.item.value;
            let (verb, is) = match after.get(&name) {
                None => ("deleted", String::new()),
                Some(item) => ("changed", format!(", and is now {:?}", item.value)),
            };
            let whose = match protected.by {
                By::Before => "was there before",
                By::Person => "is a person's",
            };
            self.wrong.push(format!(
                "{} ({}) {verb} {name}, which {whose}: it was {was:?}{is}",
                request.operation, request.detail
            ));
        }
    }

    /// A driver without memory begins in a slot.
    pub(crate) fn begin(&mut self, slot: usize) {
        self.drivers += 1;
        self.in_slot.insert(slot, self.drivers);
    }

    /// A key that was made now must be the only one, as far as its maker could know: a former one
    /// that has neither the link's tag nor an alias can be known to the driver only that made it.
    pub(crate) fn count_keys(&mut self, state: &State, now: SystemTime, slot: usize) {
        let maker = (slot, self.in_slot.get(&slot).copied().unwrap_or_default());
        let live = state.aws.kms.keys.values().filter(|key| !key.is_set_up).filter_map(|key| {
            let version = key.history.at(now)?;
            (version.state != KeyState::PendingDeletion).then_some((key, version))
        });
        let (mut known, mut new) = (Vec::new(), None);
        for (key, version) in live {
            match self.makers.get(&key.arn) {
                None => new = Some(&key.arn),
                Some(by) => {
                    let is_ours = owner(&version.tags) == Some(self.link.as_str());
                    let is_named = state.aws.aliases_of(&key.arn, now).next().is_some();
                    if is_ours || is_named || *by == maker {
                        known.push(&key.arn);
                    }
                }
            }
        }
        let Some(new) = new else { return };
        self.makers.insert(new.clone(), maker);
        if !known.is_empty() {
            self.wrong.push(format!("a key {new} is made beside the link's {}", list(known)));
        }
    }

    /// Whether the link has made a key after another one.
    pub(crate) fn has_replaced_a_key(&self) -> bool {
        self.makers.len() > 1
    }

    /// What must hold at any time of what the link has made.
    pub(crate) fn count(&mut self, state: &State, now: SystemTime) {
        let is_ours = |name: &str| !self.protected.contains_key(name);
        let live = state.aws.peerings.values().filter(|peering| {
            let status = peering.comes_to(now);
            status.is_some_and(PeeringStatus::is_live)
                && peering.requester.tags.last().and_then(owner) == Some(self.link.as_str())
                && is_ours(&format!("peering {}", peering.id))
        });
        let live: Vec<_> = live.map(|peering| &peering.id).collect();
        let live = (live.len() > 1).then(|| format!("there are live connections {}", list(live)));
        let endpoints = state.aws.endpoints.values().filter(|endpoint| {
            let version = endpoint.history.at(now).filter(|version| version.is_live());
            version.is_some_and(|it| owner(&it.shape.tags) == Some(self.link.as_str()))
                && is_ours(&format!("endpoint {}", endpoint.id))
        });
        let endpoints: Vec<_> = endpoints.map(|endpoint| &endpoint.id).collect();
        let several = (endpoints.len() > 1).then(|| list(endpoints));
        self.wrong.extend(live);
        match several {
            None => self.second_endpoint_since = None,
            Some(ids) => {
                let since = *self.second_endpoint_since.get_or_insert(now);
                let lasted = now.duration_since(since).unwrap_or_default();
                if lasted > SECOND_ENDPOINT {
                    let lasted = lasted.as_secs();
                    self.wrong.push(format!("there are endpoints {ids} for {lasted} s"));
                }
            }
        }
    }

    /// What a person did: it is the person's from now on, unless it is a part of what is the
    /// link's own.
    pub(crate) fn person_did(
        &mut self,
        (before, after): (&Ledger, &Ledger),
        now: SystemTime,
    ) -> Touched {
        let mut touched = Touched::default();
        let mut taken = Vec::new();
        for (name, item) in after {
            let former = before.get(name);
            if former == Some(item) {
                continue;
            }
            let (is_new, theirs) = (former.is_none(), self.protected.get(name).cloned());
            touched.0.push(Touch { name: name.clone(), is_new, former: theirs });
            let is_theirs = match (&item.kind, former.map(|it| &it.kind)) {
                _ if self.protected.contains_key(name) => true,
                (Kind::Alone, _) | (Kind::Tagged(_), None) => true,
                // Whoever made a key remembers it by its ARN, and so may use one without tags.
                (Kind::Tagged(None), Some(_)) if name.starts_with("key ") => false,
                (Kind::Tagged(now), Some(was)) => {
                    let was_ours = matches!(was, Kind::Tagged(it) if self.is_ours(it));
                    was_ours && !self.is_ours(now)
                }
                (Kind::Part(whole), _) => {
                    self.protected.contains_key(whole) || self.may_change.contains(whole)
                }
            };
            if is_theirs {
                taken.push(name.clone());
                self.protect(name.clone(), item.clone(), now, By::Person);
            }
        }
        // A key whose deletion somebody has scheduled is nobody else's any more.
        for (name, item) in after {
            let Kind::Part(whole) = &item.kind else { continue };
            let is_deleted = item.value == KeyState::PendingDeletion.as_str();
            if is_deleted && touched.names().any(|it| it == name) && self.is_own(whole) {
                taken.push(whole.clone());
                touched.0.push(Touch { name: whole.clone(), is_new: false, former: None });
                if let Some(item) = after.get(whole) {
                    self.protect(whole.clone(), item.clone(), now, By::Person);
                }
            }
        }
        for (name, item) in after {
            let Kind::Part(whole) = &item.kind else { continue };
            if taken.contains(whole) && !self.protected.contains_key(name) {
                let is_new = !before.contains_key(name);
                touched.0.push(Touch { name: name.clone(), is_new, former: None });
                self.protect(name.clone(), item.clone(), now, By::Person);
            }
        }
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            let former = self.protected.remove(name);
            touched.0.push(Touch { name: name.clone(), is_new: false, former });
        }
        touched
    }

    /// A person took back what was touched: whose it was before, it is again.
    pub(crate) fn person_undid(&mut self, touched: Touched, after: &Ledger) {
        for Touch { name, is_new, former } in touched.0 {
            match (former, after.get(&name)) {
                (Some(former), Some(item)) => {
                    self.protected.insert(name, Protected { item: item.clone(), ..former });
                }
                // What a person made and has not deleted stays the person's.
                (None, Some(item)) if is_new => {
                    if let Some(protected) = self.protected.get_mut(&name) {
                        protected.item = item.clone();
                    }
                }
                (Some(_) | None, _) => {
                    self.protected.remove(&name);
                }
            }
        }
    }

    /// What is the link's own, with what only chance decides left out of the texts.
    pub(crate) fn own<'a>(&self, ledger: &'a Ledger) -> Vec<(&'a str, String)> {
        let own = ledger.iter().filter(|(name, _)| !self.protected.contains_key(*name));
        own.map(|(name, item)| (name.as_str(), plain(name, item))).collect()
    }

    fn is_ours(&self, owner: &Option<String>) -> bool {
        owner.as_deref() == Some(self.link.as_str())
    }

    /// Whether an item is the link's to change.
    pub(crate) fn is_own(&self, name: impl Display) -> bool {
        !self.protected.contains_key(&name.to_string())
    }

    /// Protected items that are not as they should be.
    pub(crate) fn missing(&self, ledger: &Ledger) -> Vec<String> {
        let lost = self.protected.iter().filter(|(name, protected)| {
            ledger.get(*name).is_none_or(|item| *item != protected.item)
        });
        lost.map(|(name, protected)| format!("{name}, which was {:?}", protected.item.value))
            .collect()
    }
}

/// An item as text, without the ids that the clouds choose.
pub(crate) fn plain(name: &str, item: &Item) -> String {
    without_ids(format!("{name}: {}", item.value))
}

/// A text without the ids that the clouds choose.
pub(crate) fn without_ids(mut text: String) -> String {
    const PREFIXES: [&str; 4] = ["vpce-", "sg-", "pcx-", "00000000-0000-4000-9000-"];
    for prefix in PREFIXES {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find(prefix)) {
            let start = from + at + prefix.len();
            let digits = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let end = text[start..].find(|c| !digits(c)).map_or(text.len(), |len| start + len);
            text.replace_range(start..end, "*");
            from = start + 1;
        }
    }
    text
}
