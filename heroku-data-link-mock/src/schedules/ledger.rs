//! What there is in a world, item by item, so that it can be said who changed what.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::SystemTime;

use heroku_data_link::model::KeyState;
use heroku_data_link::provider::RouteTarget;
use heroku_data_link::reconcile::ownership::owner;

use crate::history::History;
use crate::orphans::EVER;
use crate::state::State;

/// How data is whose key can be used.
pub(crate) const CAN_BE_READ: &str = "can be read";

/// Everything that somebody could miss: an item's name, and how it is.
pub(crate) type Ledger = BTreeMap<String, Item>;

/// How something is, whatever is on its way counted as arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) value: String,
    pub(crate) kind: Kind,
}

/// To whom an item can be said to belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To the link of its tag, if it has one.
    Tagged(Option<String>),
    /// To whom the item of this name belongs.
    Part(String),
    /// To whoever made it: it has no tags.
    Alone,
}

/// A ledger that is being written.
struct Pen(Ledger);

impl Pen {
    fn note(&mut self, name: impl Display, value: impl Display, kind: Kind) {
        self.0.insert(name.to_string(), Item { value: value.to_string(), kind });
    }
}

impl State {
    pub(crate) fn ledger(&self, now: SystemTime) -> Ledger {
        let mut pen = Pen(Ledger::new());
        self.note_heroku(now, &mut pen);
        self.note_groups(now + EVER, &mut pen);
        self.note_endpoints(now + EVER, &mut pen);
        self.note_peerings(now, &mut pen);
        self.note_keys(now, &mut pen);
        pen.0
    }

    fn note_heroku(&self, now: SystemTime, pen: &mut Pen) {
        let ever = now + EVER;
        for app in self.heroku.apps.keys() {
            for attachment in self.attached(app, ever) {
                let addon = self.heroku.addons.get(&attachment.addon);
                let addon = addon.map_or("", |record| record.name.as_str());
                pen.note(
                    format_args!("attachment {} of app {app}", attachment.name),
                    addon,
                    Kind::Alone,
                );
            }
        }
        for (id, addon) in &self.heroku.addons {
            if self.has_ended(addon, ever) {
                continue;
            }
            let (name, app, plan) = (&addon.name, &addon.app, &addon.plan);
            let key = addon.life.key.as_ref();
            let under = key.map_or("no key", AsRef::as_ref);
            pen.note(
                format_args!("add-on {name}"),
                format_args!("{plan} of {app}, under {under}"),
                Kind::Alone,
            );
            let usable = key.is_none_or(|arn| {
                let key = self.aws.kms.keys.get(arn).and_then(|key| key.history.at(now));
                key.is_some_and(|key| key.state == KeyState::Enabled)
            });
            let usable = if usable { CAN_BE_READ } else { "cannot be read" };
            let part = Kind::Part(format!("add-on {name}"));
            pen.note(format_args!("data of add-on {name}"), usable, part);
            let Some(link) = self.heroku.links.get(id).and_then(History::last) else { continue };
            let service = format!("endpoint service of {name}");
            for principal in link.principals() {
                let part = Kind::Part(service.clone());
                pen.note(format_args!("principal {principal} of the {service}"), "", part);
            }
            let value = link.service_name.as_ref().map_or("no name yet", AsRef::as_ref);
            pen.note(&service, value, Kind::Alone);
        }
    }

    fn note_groups(&self, ever: SystemTime, pen: &mut Pen) {
        for (id, group) in &self.aws.groups {
            let Some(version) = group.history.at(ever) else { continue };
            let name = format!("security group {id}");
            for rule in version.ingress.keys() {
                pen.note(format_args!("rule of {id}: {rule}"), "", Kind::Part(name.clone()));
            }
            pen.note(
                &name,
                format_args!("{} in {}, tags {:?}", group.name, group.vpc, version.tags),
                Kind::Tagged(owner(&version.tags).map(str::to_owned)),
            );
        }
    }

    fn note_endpoints(&self, ever: SystemTime, pen: &mut Pen) {
        for (id, endpoint) in &self.aws.endpoints {
            let Some(value) = endpoint.fingerprint(ever) else { continue };
            let version = endpoint.history.at(ever);
            let owner = version.and_then(|version| owner(&version.shape.tags)).map(str::to_owned);
            pen.note(format_args!("endpoint {id}"), value, Kind::Tagged(owner));
        }
    }

    fn note_peerings(&self, now: SystemTime, pen: &mut Pen) {
        for (id, peering) in &self.aws.peerings {
            let Some(value) = peering.fingerprint(now) else { continue };
            let owner = peering.requester.tags.last().and_then(owner).map(str::to_owned);
            pen.note(format_args!("peering {id}"), value, Kind::Tagged(owner));
        }
        for (id, table) in &self.aws.route_tables {
            for (destination, target) in table.routes(now + EVER) {
                let kind = match target {
                    RouteTarget::Peering(id) => Kind::Part(format!("peering {id}")),
                    RouteTarget::Local | RouteTarget::Other(_) => Kind::Alone,
                };
                pen.note(format_args!("route to {destination} in {id}"), target, kind);
            }
        }
    }

    fn note_keys(&self, now: SystemTime, pen: &mut Pen) {
        for (arn, key) in &self.aws.kms.keys {
            let Some(version) = key.history.at(now) else { continue };
            let name = format!("key {arn}");
            let rotation = version.rotation.map(|schedule| schedule.period_days);
            for (aspect, value) in [
                ("state", version.state.to_string()),
                ("policy", version.policy.to_string()),
                ("rotation", format!("{rotation:?}")),
            ] {
                pen.note(format_args!("{aspect} of {name}"), value, Kind::Part(name.clone()));
            }
            pen.note(
                &name,
                format_args!("tags {:?}", version.tags),
                Kind::Tagged(owner(&version.tags).map(str::to_owned)),
            );
        }
        for ((_, _, alias), target) in &self.aws.kms.aliases {
            let there = target.at(now).filter(|arn| {
                self.aws.kms.keys.get(arn).is_some_and(|key| key.history.at(now).is_some())
            });
            if let Some(arn) = there {
                pen.note(alias, arn, Kind::Alone);
            }
        }
    }
}
