//! Which routes and rules a link has made. They carry no tags, so it is written into the tags of the
//! link's own connection, before they are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cidr, OwnTags, PortRange, RouteTableId, SecurityGroupId};
use crate::provider::{IngressRule, IngressSource, Tags};
use crate::reconcile::list;
use crate::reconcile::ownership::{TAGS_OF_OWNER, TAGS_PER_RESOURCE};

/// Before the id of a route table; the value is its routes' blocks, with spaces between them.
const ROUTES: &str = "heroku-data-link:routes:";
/// Before the id of a security group and the ports; the value is the blocks that are allowed.
const INBOUND: &str = "heroku-data-link:inbound:";
/// A resource has at most 50 tags, and other tools need some, too.
const MOST_TAGS: usize = 40;

/// How many tags a record may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room(usize);

impl Room {
    /// What a connection has room for beside the spec's own tags and those of the link.
    pub(super) fn beside(own: &OwnTags) -> Self {
        Self(MOST_TAGS.min(TAGS_PER_RESOURCE.saturating_sub(TAGS_OF_OWNER + own.len())))
    }
}

/// AWS's limit for a value, in characters.
const LONGEST_VALUE: usize = 256;

/// Routes and rules that are known to be the link's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record(BTreeMap<String, BTreeSet<Cidr>>);

impl Record {
    /// What the tags of a connection say. What cannot be read is not known to be the link's.
    pub(crate) fn read(tags: &Tags) -> Self {
        let blocks = |value: &str| value.split(' ').filter_map(|it| it.parse().ok()).collect();
        let is_record = |key: &str| key.starts_with(ROUTES) || key.starts_with(INBOUND);
        Self(
            tags.iter()
                .filter(|(key, _)| is_record(key))
                .map(|(key, value)| (key.clone(), blocks(value)))
                .collect(),
        )
    }

    /// How many routes it has.
    pub(crate) fn routes(&self) -> usize {
        self.counted(ROUTES)
    }

    /// How many rules it has.
    pub(crate) fn rules(&self) -> usize {
        self.counted(INBOUND)
    }

    fn counted(&self, prefix: &str) -> usize {
        self.0.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(_, cidrs)| cidrs.len()).sum()
    }

    /// The groups and ports of its rules.
    pub(crate) fn inbound(&self) -> impl Iterator<Item = (SecurityGroupId, PortRange)> {
        self.0.keys().filter_map(|key| {
            let (group, ports) = key.strip_prefix(INBOUND)?.rsplit_once(':')?;
            Some((group.parse().ok()?, ports.parse().ok()?))
        })
    }

    pub(super) fn has_route(&self, table: &RouteTableId, destination: Cidr) -> bool {
        self.has(&route_key(table), destination)
    }

    pub(super) fn has_rule(&self, group: &SecurityGroupId, rule: &IngressRule) -> bool {
        rule_key(group, rule).is_some_and(|(key, cidr)| self.has(&key, cidr))
    }

    fn has(&self, key: &str, cidr: Cidr) -> bool {
        self.0.get(key).is_some_and(|cidrs| cidrs.contains(&cidr))
    }

    pub(super) fn add_route(&mut self, room: Room, table: &RouteTableId, destination: Cidr) {
        self.add(room, route_key(table), destination);
    }

    pub(super) fn add_rule(&mut self, room: Room, group: &SecurityGroupId, rule: &IngressRule) {
        if let Some((key, cidr)) = rule_key(group, rule) {
            self.add(room, key, cidr);
        }
    }

    /// Adds as much as there is room for in tags.
    fn add(&mut self, Room(room): Room, key: String, cidr: Cidr) {
        if self.0.len() >= room && !self.0.contains_key(&key) {
            return;
        }
        let cidrs = self.0.entry(key).or_default();
        cidrs.insert(cidr);
        if value(cidrs).len() > LONGEST_VALUE {
            cidrs.remove(&cidr);
        }
    }

    /// The record as tags.
    pub(super) fn tags(&self) -> Tags {
        self.0.iter().map(|(key, cidrs)| (key.clone(), value(cidrs))).collect()
    }
}

fn value(cidrs: &BTreeSet<Cidr>) -> String {
    list(cidrs).replace(", ", " ")
}

fn route_key(table: &RouteTableId) -> String {
    format!("{ROUTES}{table}")
}

/// `None` for a rule that no peering asks for.
fn rule_key(group: &SecurityGroupId, rule: &IngressRule) -> Option<(String, Cidr)> {
    match (&rule.source, rule.ports) {
        (IngressSource::Cidr(cidr), Some(ports)) => {
            Some((format!("{INBOUND}{group}:{ports}"), *cidr))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_recorded_is_read_again() {
        let (table, group) = ("rtb-1".parse().unwrap(), "sg-1".parse().unwrap());
        let rule =
            IngressRule::tcp("5432".parse().unwrap(), IngressSource::Cidr(cidr("10.0.128.0/20")));
        let mut record = Record::default();
        let room = Room(MOST_TAGS);
        record.add_route(room, &table, cidr("10.0.144.0/20"));
        record.add_route(room, &table, cidr("10.0.128.0/20"));
        record.add_rule(room, &group, &rule);
        let tags = record.tags();
        assert_eq!(tags["heroku-data-link:routes:rtb-1"], "10.0.128.0/20 10.0.144.0/20");
        assert_eq!(tags["heroku-data-link:inbound:sg-1:5432"], "10.0.128.0/20");
        let read = Record::read(&tags);
        assert_eq!(read, record);
        assert_eq!((read.routes(), read.rules()), (2, 1));
        assert_eq!(read.inbound().collect::<Vec<_>>(), [(group.clone(), "5432".parse().unwrap())]);
        assert!(read.has_route(&table, cidr("10.0.144.0/20")) && read.has_rule(&group, &rule));
        assert!(!read.has_route(&"rtb-2".parse().unwrap(), cidr("10.0.144.0/20")));
        assert!(!read.has_route(&table, cidr("10.0.0.0/8")));
        assert!(!read.has_rule(&"sg-2".parse().unwrap(), &rule));
    }

    #[test]
    fn a_record_stays_within_what_tags_can_hold() {
        for (own, room) in [(0, MOST_TAGS), (4, MOST_TAGS), (5, 39), (OwnTags::MOST, 4)] {
            let own = OwnTags::new((0..own).map(|n| (n.to_string(), ""))).unwrap();
            let mut record = Record::default();
            for table in 0..60 {
                let table = format!("rtb-{table}").parse().unwrap();
                for block in 0..30 {
                    let block = cidr(&format!("10.100.{block}.0/24"));
                    record.add_route(Room::beside(&own), &table, block);
                }
            }
            let tags = record.tags();
            assert_eq!(tags.len(), room);
            assert!(tags.values().all(|value| value.len() <= LONGEST_VALUE));
            assert_eq!(Record::read(&tags), record);
        }
    }

    #[test]
    fn what_somebody_has_garbled_is_not_known() {
        let tags =
            Tags::from([("heroku-data-link:routes:rtb-1".to_owned(), "all of it".to_owned())]);
        assert!(!Record::read(&tags).has_route(&"rtb-1".parse().unwrap(), cidr("10.0.0.0/16")));
    }
}
