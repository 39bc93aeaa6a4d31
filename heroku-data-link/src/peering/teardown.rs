//! What to take away, and in which order.

use super::checks;
use super::commands;
use super::facts::Facts;
use super::plan::{GONE, GONE_USUALLY, revoke_former};
use super::spec::PeeringChoice;
use super::states::{ACTIVE_USUALLY, Stage, stage};
use super::steps::{self, KIND, scope};
use crate::model::RouteState;
use crate::provider::{Ec2Call, PeeringConnection, RouteTarget};
use crate::reconcile::{Builder, Goal, Need, Plan, Progress, list, ownership};

/// What AWS calls a connection that it has finished.
const SETTLED: [&str; 3] = ["pending-acceptance", "active", "deleted"];

/// The plan that leads to a torn-down link.
///
/// Routes and rules go first, so that nothing is led into a connection that is no more; then the
/// connection, which Heroku's side leaves with it.
pub(super) fn tear_down(facts: &Facts<'_>) -> Plan {
    let Facts { spec, seen, .. } = *facts;
    let scope = scope(spec, &seen.caller, &seen.region);
    let mut plan = Builder::new(KIND, &spec.link, scope, Goal::TornDown);
    let acting = plan.scope().acting();
    plan.check(steps::CHECK_CALLER, acting, Ok(()));
    check_identity(facts, &mut plan);
    let count = facts.tables.len();
    let sentence =
        format!("{count} route tables of {} were searched for the link's routes", spec.vpc);
    plan.check(steps::CHECK_TABLES, sentence, Ok(()));
    let gate = plan.is_open();
    routes(facts, &mut plan, gate);
    inbound(facts, &mut plan, gate);
    revoke_former(facts, &mut plan, gate);
    connections(facts, &mut plan);
    plan.finish()
}

/// Every live connection that carries the link's id is the link's own; the sentence says which were
/// compared.
fn check_identity(facts: &Facts<'_>, plan: &mut Builder) {
    let (link, vpc, target) = (&facts.spec.link, &facts.spec.vpc, facts.owner.leads_to());
    let own = &facts.own_connections;
    let identity = checks::identity(facts);
    let sentence = match &identity {
        Err(_) => format!("what carries the id of link {link} joins {vpc} and space {target}"),
        Ok(()) if own.is_empty() => {
            format!("no live connection carries the tag {}={link}", ownership::LINK_TAG)
        }
        Ok(()) => {
            let ids = list(own.iter().map(|it| &it.id));
            format!("link {link} has {ids}, between {vpc} and space {target}")
        }
    };
    plan.check(steps::CHECK_CONNECTIONS, sentence, identity);
}

/// Routes carry no tags: those go that the link's connection says are the link's own.
fn routes(facts: &Facts<'_>, plan: &mut Builder, gate: bool) {
    let destinations = &facts.destinations;
    for (table, route) in facts.routes_to(|_| true) {
        let RouteTarget::Peering(peering) = &route.target else { continue };
        let (id, destination) = (&table.id, route.destination);
        let is_target = facts.route_targets.contains(peering);
        let is_asked_for = facts.is_chosen(table) && destinations.contains(&destination);
        let is_own = facts.has_route(peering, table, destination)
            || (is_target && is_asked_for && facts.spec.teardown.delete_unrecorded);
        let call = plan.ec2(Ec2Call::DeleteRoute { table: id.clone(), destination });
        if is_own {
            let detail = format!("{id} {destination}");
            let sentence = format!("{id} no longer leads {destination} to {peering}");
            plan.act_one(gate, steps::DELETE_ROUTE, &detail, sentence, Need::Call(call));
        } else if is_target {
            plan.note(format!(
                "{id} leads {destination} to {peering}: it stays, as nothing records that this \
                 link made the route; to delete it, run {call}"
            ));
        } else if route.state == RouteState::Blackhole && destinations.contains(&destination) {
            plan.note(format!(
                "{id} leads {destination} to {peering}, which is gone and not known to be this \
                 link's; if it was, run {call}"
            ));
        }
    }
}

/// Rules of a group that is not the link's own: those go that the link's connection says are the
/// link's own.
fn inbound(facts: &Facts<'_>, plan: &mut Builder, gate: bool) {
    let Some(inbound) = &facts.spec.inbound else { return };
    let id = &inbound.security_group;
    if facts.spec.teardown.keep_inbound {
        plan.note(format!("the rules of {id} stay, as the spec says"));
        return;
    }
    let Some(group) = facts.group else { return };
    let sentence = format!("{id} was searched for the link's rules");
    plan.check(steps::CHECK_GROUP, sentence, Ok(()));
    // Also rules for blocks that Heroku no longer names, or does not name at all.
    for rule in &group.ingress {
        let is_own = facts.has_rule(group, rule)
            || (facts.rules.contains(rule) && facts.spec.teardown.delete_unrecorded);
        let call = plan.ec2(Ec2Call::RevokeIngress { group: id.clone(), rule: rule.clone() });
        if is_own {
            let text = rule.to_string();
            let sentence = format!("{id} no longer allows {text}");
            plan.act_one(gate, steps::REVOKE, &text, sentence, Need::Call(call));
        } else if facts.rules.contains(rule) {
            plan.note(format!(
                "{id} allows {rule}: it stays, as nothing records that this link made the rule; to \
                 delete it, run {call}"
            ));
        }
    }
}

fn connections(facts: &Facts<'_>, plan: &mut Builder) {
    let spec = facts.spec;
    let owned = &facts.own_connections;
    if let PeeringChoice::Existing(id) = &spec.peering {
        plan.note(format!("{id} stays: the spec names it to be used as it is"));
    }
    if spec.teardown.keep_connection {
        if let Some(first) = owned.first() {
            plan.note(format!("{} stays, as the spec says", first.id));
        }
        return;
    }
    let region = &facts.seen.region;
    let own: Vec<_> = owned.iter().map(|it| &it.id).collect();
    // EC2 refuses to delete what it is still making.
    let is_unsettled = |it: &&&PeeringConnection| {
        matches!(stage(&it.status), Stage::Initiating | Stage::Provisioning)
    };
    let unsettled: Vec<_> = owned.iter().filter(is_unsettled).collect();
    if !unsettled.is_empty() {
        let ids = list(unsettled.iter().map(|it| format!("{}, which is {}", it.id, it.status)));
        plan.wait(
            steps::AWAIT_SETTLED,
            "the connection can be deleted".to_owned(),
            None,
            commands::none_but(region, &own, SETTLED, spec.deadlines.activation),
            Progress::waiting(format!("AWS to finish {ids}"), ACTIVE_USUALLY),
        );
    }
    let gate = plan.is_open();
    for connection in owned {
        let id = &connection.id;
        let call = plan.ec2(Ec2Call::DeletePeering { peering: id.clone() });
        let sentence = format!("{id} goes");
        plan.act_one(gate, steps::DELETE_CONNECTION, id.as_str(), sentence, Need::Call(call));
    }
    let progress = if owned.is_empty() {
        Progress::gone(&facts.going, GONE_USUALLY)
    } else {
        Progress::NotStarted
    };
    let ids: Vec<_> = own.into_iter().chain(facts.going.iter().copied()).collect();
    let until = commands::none_but(region, &ids, GONE, spec.deadlines.deletion);
    let sentence = "the link's own connection is gone".to_owned();
    plan.wait(steps::CONNECTION_GONE, sentence, None, until, progress);
}
