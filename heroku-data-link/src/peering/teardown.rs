//! What to take away, and in which order.

use super::checks;
use super::plan::GONE_USUALLY;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, PeeringSpec};
use super::states::{ACTIVE_USUALLY, Stage, stage};
use super::steps::{self, KIND, scope};
use crate::model::RouteState;
use crate::provider::{Ec2Call, PeeringConnection, RouteTarget};
use crate::reconcile::{Builder, Goal, Need, Plan, Progress, list, ownership};

/// The plan that leads to a torn-down link.
///
/// Routes and rules go first, so that nothing is led into a connection that is no more; then the
/// connection, which Heroku's side leaves with it.
pub(super) fn tear_down(spec: &PeeringSpec, seen: &Snapshot) -> Plan {
    let scope = scope(spec, &seen.caller, &seen.region);
    let owned = seen.owned(spec);
    let mut plan = Builder::new(KIND, &spec.link, scope, Goal::TornDown);
    let acting = plan.scope().acting();
    plan.check(steps::CHECK_CALLER, acting, Ok(()));
    check_identity(spec, seen, &mut plan);
    let count = seen.tables_of(spec).count();
    let sentence =
        format!("{count} route tables of {} were searched for the link's routes", spec.vpc);
    plan.check(steps::CHECK_TABLES, sentence, Ok(()));
    let gate = plan.is_open();
    routes(spec, seen, &mut plan, gate);
    inbound(spec, seen, &mut plan, gate);
    connections(spec, seen, &mut plan, &owned);
    plan.finish()
}

/// Every live connection that carries the link's id is the link's own; the sentence says which were
/// compared.
fn check_identity(spec: &PeeringSpec, seen: &Snapshot, plan: &mut Builder) {
    let (link, vpc, target) = (&spec.link, &spec.vpc, seen.owner(spec).leads_to());
    let own = seen.owned(spec);
    let identity = checks::identity(spec, seen);
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
fn routes(spec: &PeeringSpec, seen: &Snapshot, plan: &mut Builder, gate: bool) {
    let targets = seen.route_targets(spec);
    let destinations = seen.destinations(spec);
    for (table, route) in seen.routes_to(spec, |_| true) {
        let RouteTarget::Peering(peering) = &route.target else { continue };
        let (id, destination) = (&table.id, route.destination);
        let is_target = targets.contains(peering);
        let is_asked_for = seen.is_chosen(spec, table) && destinations.contains(&destination);
        let is_own = seen.record_of(spec, peering).has_route(id, destination)
            || (is_target && is_asked_for && spec.teardown.delete_unrecorded);
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
fn inbound(spec: &PeeringSpec, seen: &Snapshot, plan: &mut Builder, gate: bool) {
    let (Some(inbound), Some((group, rules))) = (&spec.inbound, seen.inbound(spec)) else {
        return;
    };
    let id = &inbound.security_group;
    if spec.teardown.keep_inbound {
        plan.note(format!("the rules of {id} stay, as the spec says"));
        return;
    }
    let Some(group) = group else { return };
    let sentence = format!("{id} was searched for the link's rules");
    plan.check(steps::CHECK_GROUP, sentence, Ok(()));
    // Also rules for blocks that Heroku no longer names, or does not name at all.
    for rule in &group.ingress {
        let is_own = seen.has_rule(spec, group, rule)
            || (rules.contains(rule) && spec.teardown.delete_unrecorded);
        let call = plan.ec2(Ec2Call::RevokeIngress { group: id.clone(), rule: rule.clone() });
        if is_own {
            let text = rule.to_string();
            let sentence = format!("{id} no longer allows {text}");
            plan.act_one(gate, steps::REVOKE, &text, sentence, Need::Call(call));
        } else if rules.contains(rule) {
            plan.note(format!(
                "{id} allows {rule}: it stays, as nothing records that this link made the rule; to \
                 delete it, run {call}"
            ));
        }
    }
}

fn connections(
    spec: &PeeringSpec,
    seen: &Snapshot,
    plan: &mut Builder,
    owned: &[&PeeringConnection],
) {
    if let PeeringChoice::Existing(id) = &spec.peering {
        plan.note(format!("{id} stays: the spec names it to be used as it is"));
    }
    if spec.teardown.keep_connection {
        if let [first, ..] = owned {
            plan.note(format!("{} stays, as the spec says", first.id));
        }
        return;
    }
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
            Progress::waiting(
                format!("AWS to finish {ids}"),
                ACTIVE_USUALLY,
                spec.deadlines.activation,
            ),
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
        Progress::gone(&seen.going(spec), GONE_USUALLY, spec.deadlines.deletion)
    } else {
        Progress::NotStarted
    };
    let sentence = "the link's own connection is gone".to_owned();
    plan.wait(steps::CONNECTION_GONE, sentence, None, progress);
}
