//! What to take away, and in which order.

use super::action::Action;
use super::checks;
use super::commands::Cli;
use super::plan::GONE_USUALLY;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, PeeringSpec};
use super::states::{ACTIVE_USUALLY, Stage, stage};
use super::steps::{Kind, WORKFLOW, scope};
use crate::model::RouteState;
use crate::provider::{PeeringConnection, RouteTarget};
use crate::reconcile::{Builder, Goal, Need, Plan, Progress, list, ownership};

/// The plan that leads to a torn-down link.
///
/// Routes and rules go first, so that nothing is led into a connection that is no more; then the
/// connection, which Heroku's side leaves with it.
pub(super) fn tear_down(spec: &PeeringSpec, seen: &Snapshot) -> Plan<Action> {
    let scope = scope(spec, &seen.caller, &seen.region);
    let owned = seen.owned(spec);
    let cli = Cli::new(spec, &scope, seen, owned.first().map(|it| &it.id));
    let mut plan = Builder::new(WORKFLOW, &spec.link, scope.clone(), Goal::TornDown);
    plan.check(Kind::CheckCaller, scope.acting(), Ok(()));
    check_identity(spec, seen, &mut plan);
    let count = seen.tables_of(spec).count();
    let sentence =
        format!("{count} route tables of {} were searched for the link's routes", spec.vpc);
    plan.check(Kind::CheckTables, sentence, Ok(()));
    let gate = plan.is_open();
    routes(spec, seen, &cli, &mut plan, gate);
    inbound(spec, seen, &cli, &mut plan, gate);
    connections(spec, seen, &cli, &mut plan, &owned);
    plan.finish()
}

/// Every live connection that carries the link's id is the link's own; the sentence says which were
/// compared.
fn check_identity(spec: &PeeringSpec, seen: &Snapshot, plan: &mut Builder<Action>) {
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
    plan.check(Kind::CheckConnections, sentence, identity);
}

/// Routes carry no tags: those go that the link's connection says are the link's own.
fn routes(
    spec: &PeeringSpec,
    seen: &Snapshot,
    cli: &Cli<'_>,
    plan: &mut Builder<Action>,
    gate: bool,
) {
    let targets = seen.route_targets(spec);
    let destinations = seen.destinations(spec);
    for (table, route) in seen.routes_to(spec, |_| true) {
        let RouteTarget::Peering(peering) = &route.target else { continue };
        let (id, destination) = (&table.id, route.destination);
        let is_target = targets.contains(peering);
        let is_asked_for = seen.is_chosen(spec, table) && destinations.contains(&destination);
        let is_own = seen.record_of(spec, peering).has_route(id, destination)
            || (is_target && is_asked_for && spec.teardown.delete_unrecorded);
        let command = cli.delete_route(id, destination);
        if is_own {
            plan.act(
                gate,
                Kind::DeleteRoute,
                &format!("{id} {destination}"),
                format!("{id} no longer leads {destination} to {peering}"),
                Some(command),
                Need::Call(Action::DeleteRoute(id.clone(), destination)),
            );
        } else if is_target {
            plan.note(format!(
                "{id} leads {destination} to {peering}: it stays, as nothing records that this \
                 link made the route; to delete it, run {command}"
            ));
        } else if route.state == RouteState::Blackhole && destinations.contains(&destination) {
            plan.note(format!(
                "{id} leads {destination} to {peering}, which is gone and not known to be this \
                 link's; if it was, run {command}"
            ));
        }
    }
}

/// Rules of a group that is not the link's own: those go that the link's connection says are the
/// link's own.
fn inbound(
    spec: &PeeringSpec,
    seen: &Snapshot,
    cli: &Cli<'_>,
    plan: &mut Builder<Action>,
    gate: bool,
) {
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
    plan.check(Kind::CheckGroup, sentence, Ok(()));
    // Also rules for blocks that Heroku no longer names, or does not name at all.
    for rule in &group.ingress {
        let is_own = seen.has_rule(spec, group, rule)
            || (rules.contains(rule) && spec.teardown.delete_unrecorded);
        let command = cli.ec2.revoke(id, rule);
        if is_own {
            let text = rule.to_string();
            plan.act(
                gate,
                Kind::Revoke,
                &text,
                format!("{id} no longer allows {text}"),
                Some(command),
                Need::Call(Action::Revoke(id.clone(), rule.clone())),
            );
        } else if rules.contains(rule) {
            plan.note(format!(
                "{id} allows {rule}: it stays, as nothing records that this link made the rule; to \
                 delete it, run {command}"
            ));
        }
    }
}

fn connections(
    spec: &PeeringSpec,
    seen: &Snapshot,
    cli: &Cli<'_>,
    plan: &mut Builder<Action>,
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
            Kind::AwaitSettled,
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
        plan.act(
            gate,
            Kind::DeleteConnection,
            connection.id.as_str(),
            format!("{} goes", connection.id),
            Some(cli.delete(&connection.id)),
            Need::Call(Action::DeleteConnection(connection.id.clone())),
        );
    }
    let progress = if owned.is_empty() {
        Progress::gone(&seen.going(spec), GONE_USUALLY, spec.deadlines.deletion)
    } else {
        Progress::NotStarted
    };
    let sentence = "the link's own connection is gone".to_owned();
    plan.wait(Kind::ConnectionGone, sentence, None, progress);
}
