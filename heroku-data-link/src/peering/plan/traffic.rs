//! What lets traffic through an active connection: routes, and rules for what dynos may reach.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::PeeringConnectionId;
use crate::peering::spec::RouteTableChoice;
use crate::peering::steps;
use crate::provider::{Ec2Call, Route, RouteRequest, RouteTable, RouteTarget};
use crate::reconcile::{Need, list};

impl Planner<'_> {
    pub(super) fn routes(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let connection = seen.connection(spec).map(|it| &it.id);
        // What follows an adoption is shown before it.
        let connection = connection.or_else(|| seen.adoptable(spec).map(|it| &it.id));
        let destinations = seen.destinations(spec);
        self.clean_up(connection);
        self.record(connection);
        let gate = self.plan.is_open();
        for table in seen.chosen(spec) {
            for destination in destinations.iter().copied() {
                let there = table.routes.iter().any(|route| {
                    route.destination == destination && is_to(&route.target, connection)
                });
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
        if spec.route_tables != RouteTableChoice::All {
            let alone: Vec<_> = seen
                .tables_of(spec)
                .filter(|table| !seen.is_chosen(spec, table))
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
        let (spec, seen) = (self.spec, self.seen);
        let Some(id) = connection.filter(|_| spec.owns_connection()) else { return };
        // An adoption records it by itself.
        if seen.connection(spec).is_none() {
            return;
        }
        let wanted = seen.wanted_record(spec);
        if wanted == seen.record_of(spec, id) {
            return;
        }
        let sentence = format!("record in the tags of {id} which routes and rules the link makes");
        self.tag(steps::RECORD, id, sentence, wanted.tags());
    }

    /// Routes that lead nowhere, to a connection that the link had, are deleted where the link has
    /// made them: they may take the place of new ones.
    fn clean_up(&mut self, connection: Option<&PeeringConnectionId>) {
        let (spec, seen) = (self.spec, self.seen);
        let former: BTreeSet<_> = seen.former(spec).map(|it| &it.id).collect();
        let gate = self.plan.is_open();
        for (table, route) in
            seen.routes_to(spec, |id| former.contains(id) && Some(id) != connection)
        {
            let RouteTarget::Peering(id) = &route.target else { continue };
            if !seen.record_of(spec, id).has_route(&table.id, route.destination) {
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
        let (spec, seen) = (self.spec, self.seen);
        if !spec.owns_connection() {
            return;
        }
        let destinations = seen.destinations(spec);
        let gate = self.plan.is_open();
        for (table, route) in seen.routes_to(spec, |id| Some(id) == connection) {
            if seen.is_chosen(spec, table) && destinations.contains(&route.destination) {
                continue;
            }
            let (id, destination) = (&table.id, &route.destination);
            if spec.exclusive_routes {
                let sentence = format!("{id} no longer leads {destination} to the space");
                self.delete_route(gate, table, route, sentence);
            } else {
                let is_own = connection.is_some_and(|connection| {
                    seen.record_of(spec, connection).has_route(id, *destination)
                });
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
        let (spec, seen) = (self.spec, self.seen);
        let (Some(inbound), Some((group, rules))) = (&spec.inbound, seen.inbound(spec)) else {
            return;
        };
        let gate = self.plan.is_open();
        for rule in &rules {
            let text = rule.to_string();
            let call = self.plan.ec2(Ec2Call::AuthorizeIngress {
                group: Some(inbound.security_group.clone()),
                rule: rule.clone(),
            });
            let need = match group {
                Some(group) if group.ingress.contains(rule) => Need::Nothing,
                Some(_) => Need::Call(call),
                None => Need::Incomplete(call),
            };
            let sentence = format!("let dynos in: {text}");
            self.plan.act_one(gate, steps::AUTHORIZE, &text, sentence, need);
        }
    }
}

fn is_to(target: &RouteTarget, connection: Option<&PeeringConnectionId>) -> bool {
    match target {
        RouteTarget::Peering(id) => Some(id) == connection,
        RouteTarget::Local | RouteTarget::Other(_) => false,
    }
}
