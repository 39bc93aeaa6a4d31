//! What lets traffic through an active connection: routes, and rules for what dynos may reach.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::{Cidr, PeeringConnectionId};
use crate::peering::facts::Facts;
use crate::peering::record::{Record, Room};
use crate::peering::spec::RouteTableChoice;
use crate::peering::steps;
use crate::provider::{Ec2Call, Route, RouteRequest, RouteTable, RouteTarget};
use crate::reconcile::{Builder, Need, list};

impl Planner<'_> {
    pub(super) fn routes(&mut self) {
        let facts = self.facts;
        // What follows an adoption is shown before it.
        let connection = facts.connection.or(facts.adoptable).map(|it| &it.id);
        self.clean_up(connection);
        self.record(connection);
        let gate = self.plan.is_open();
        for table in &facts.chosen_tables {
            for destination in facts.destinations.iter().copied() {
                let there = leads_to(table, destination, connection);
                let call = self.plan.ec2(Ec2Call::CreateRoute(RouteRequest {
                    table: table.id.clone(),
                    destination,
                    peering: connection.cloned(),
                }));
                let need = match connection {
                    Some(_) if there => Need::Nothing,
                    Some(_) => Need::Call(call),
                    None => Need::Incomplete(call),
                };
                let detail = format!("{} {destination}", table.id);
                let sentence = format!("{} leads {destination} to the space", table.id);
                self.plan.act_one(gate, steps::CREATE_ROUTE, &detail, sentence, need);
            }
        }
        self.extra_routes(connection);
        if facts.spec.route_tables != RouteTableChoice::All {
            let alone: Vec<_> = facts
                .tables
                .iter()
                .filter(|table| !facts.is_chosen(table))
                .map(|table| &table.id)
                .collect();
            if !alone.is_empty() {
                let tables = list(alone);
                self.plan.note(format!("left alone, as the spec does not choose them: {tables}"));
            }
        }
    }

    /// What is about to be made is recorded first: a teardown deletes nothing else.
    fn record(&mut self, connection: Option<&PeeringConnectionId>) {
        let facts = self.facts;
        let Some(id) = connection.filter(|_| facts.spec.owns_connection()) else { return };
        // An adoption records it by itself.
        if facts.connection.is_none() {
            return;
        }
        let wanted = wanted_record(facts);
        if facts.records.get(id) == Some(&wanted) {
            return;
        }
        let sentence = format!("record in the tags of {id} which routes and rules the link makes");
        self.tag(steps::RECORD, id, sentence, wanted.tags());
    }

    /// Routes that lead nowhere, to a connection that the link had, are deleted where the link has
    /// made them: they may take the place of new ones.
    fn clean_up(&mut self, connection: Option<&PeeringConnectionId>) {
        let facts = self.facts;
        let former: BTreeSet<_> = facts.former_connections.iter().map(|it| &it.id).collect();
        let gate = self.plan.is_open();
        for (table, route) in facts.routes_to(|id| former.contains(id) && Some(id) != connection) {
            let RouteTarget::Peering(id) = &route.target else { continue };
            if !facts.has_route(id, table, route.destination) {
                continue;
            }
            let sentence = format!(
                "{} no longer leads {} to {}, which is gone",
                table.id, route.destination, route.target
            );
            self.delete_route(gate, table, route, sentence);
        }
    }

    /// Routes to the link's own connection that the spec does not ask for.
    fn extra_routes(&mut self, connection: Option<&PeeringConnectionId>) {
        let facts = self.facts;
        if !facts.spec.owns_connection() {
            return;
        }
        let gate = self.plan.is_open();
        for (table, route) in facts.routes_to(|id| Some(id) == connection) {
            if facts.is_chosen(table) && facts.destinations.contains(&route.destination) {
                continue;
            }
            let (id, destination) = (&table.id, &route.destination);
            if facts.spec.exclusive_routes {
                let sentence = format!("{id} no longer leads {destination} to the space");
                self.delete_route(gate, table, route, sentence);
            } else {
                let is_own = connection
                    .is_some_and(|connection| facts.has_route(connection, table, *destination));
                let end = if is_own { "deletes" } else { "leaves" };
                self.plan.note(format!(
                    "{id} leads {destination} to the space, too, which the spec does not ask for; \
                     a teardown {end} the route"
                ));
            }
        }
    }

    fn delete_route(&mut self, gate: bool, table: &RouteTable, route: &Route, sentence: String) {
        let (table, destination) = (table.id.clone(), route.destination);
        let detail = format!("{table} {destination}");
        let call = self.plan.ec2(Ec2Call::DeleteRoute { table, destination });
        self.plan.act_one(gate, steps::DELETE_ROUTE, &detail, sentence, Need::Call(call));
    }

    /// The door is opened last, when the way to it is there.
    pub(super) fn inbound(&mut self) {
        let facts = self.facts;
        let Some(inbound) = &facts.spec.inbound else { return };
        let gate = self.plan.is_open();
        for rule in &facts.rules {
            let text = rule.to_string();
            let call = self.plan.ec2(Ec2Call::AuthorizeIngress {
                group: Some(inbound.security_group.clone()),
                rule: rule.clone(),
            });
            let need = match facts.group {
                Some(group) if group.ingress.contains(rule) => Need::Nothing,
                Some(_) => Need::Call(call),
                None => Need::Incomplete(call),
            };
            let sentence = format!("let dynos in: {text}");
            self.plan.act_one(gate, steps::AUTHORIZE, &text, sentence, need);
        }
    }

    /// Only when the new rules are there.
    pub(super) fn former_inbound(&mut self) {
        let gate = self.plan.is_open();
        revoke_former(self.facts, &mut self.plan, gate);
    }
}

/// Rules that the link made in groups that its spec no longer names: they are revoked.
pub(in crate::peering) fn revoke_former(facts: &Facts<'_>, plan: &mut Builder, gate: bool) {
    let rules = facts.former_rules();
    let groups: BTreeSet<_> = rules.iter().map(|(group, _)| &group.id).collect();
    for id in groups {
        plan.note(format!(
            "{id} has rules of this link, and the spec does not name it, so the IAM policy of the spec \
             does not permit to revoke them: that of this plan does; to leave them, let the spec's \
             teardown keep the inbound rules"
        ));
    }
    for (group, rule) in rules {
        let (id, text) = (&group.id, rule.to_string());
        let call = plan.ec2(Ec2Call::RevokeIngress { group: id.clone(), rule: rule.clone() });
        let sentence = format!("{id} no longer allows {text}");
        let detail = format!("{id} {text}");
        plan.act_one(gate, steps::REVOKE_FORMER, &detail, sentence, Need::Call(call));
    }
}

/// What the link's connection says is the link's own, and in addition every route and rule that the
/// spec asks for and that is not there yet.
pub(super) fn wanted_record(facts: &Facts<'_>) -> Record {
    let connection = facts.connection.or(facts.adoptable);
    let mut record = connection.map(|it| Record::read(&it.tags)).unwrap_or_default();
    let id = connection.map(|it| &it.id);
    let room = Room::beside(&facts.spec.tags);
    for table in &facts.chosen_tables {
        for destination in facts.destinations.iter().copied() {
            if !leads_to(table, destination, id) {
                record.add_route(room, &table.id, destination);
            }
        }
    }
    if let Some(group) = facts.group {
        for rule in &facts.rules {
            if !group.ingress.contains(rule) || facts.has_rule(group, rule) {
                record.add_rule(room, &group.id, rule);
            }
        }
    }
    record
}

/// Whether a table has a route for the destination to the connection.
fn leads_to(
    table: &RouteTable,
    destination: Cidr,
    connection: Option<&PeeringConnectionId>,
) -> bool {
    let mut routes = table.routes.iter();
    routes.any(|it| it.destination == destination && is_to(&it.target, connection))
}

fn is_to(target: &RouteTarget, connection: Option<&PeeringConnectionId>) -> bool {
    match target {
        RouteTarget::Peering(id) => Some(id) == connection,
        RouteTarget::Local | RouteTarget::Other(_) => false,
    }
}
