//! What to take away, and in which order.

use std::collections::BTreeSet;

use super::action::Action;
use super::checks;
use super::commands::Cli;
use super::plan::GONE_USUALLY;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, PeeringSpec};
use super::states::{ACTIVE_USUALLY, Stage, stage};
use super::steps::{Kind, WORKFLOW, scope};
use crate::model::RouteState;
use crate::provider::{PeeringConnection, Route, RouteTable, RouteTarget};
use crate::reconcile::{Builder, Goal, Need, Plan, Progress, list};

/// The plan that leads to a torn-down link.
///
/// Routes and rules go first, so that nothing is led into a connection that is no more; then the
/// connection, which Heroku's side leaves with it.
pub(super) fn tear_down(spec: &PeeringSpec, seen: &Snapshot) -> Plan<Action> {
    let scope = scope(spec, &seen.caller, &seen.region);
    let owned = seen.owned(spec);
    let cli = Cli::new(spec, &scope, owned.first().map(|it| &it.id));
    let mut plan = Builder::new(WORKFLOW, &spec.link, scope.clone(), Goal::TornDown);
    plan.check(Kind::CheckCaller, scope.acting(), Ok(()));
    plan.check(
        Kind::CheckConnections,
        format!("connections of link {} join {} and {}", spec.link, spec.vpc, spec.space),
        checks::used_elsewhere(spec, seen),
    );
    plan.check(
        Kind::CheckTables,
        format!("routes are looked for in all tables of {}", spec.vpc),
        Ok(()),
    );
    let gate = plan.is_open();
    routes(spec, seen, &cli, &mut plan, gate);
    inbound(spec, seen, &cli, &mut plan, gate);
    connections(spec, seen, &cli, &mut plan, &owned);
    plan.finish()
}

fn routes(
    spec: &PeeringSpec,
    seen: &Snapshot,
    cli: &Cli<'_>,
    plan: &mut Builder<Action>,
    gate: bool,
) {
    for (table, route) in own_routes(spec, seen) {
        let (id, destination) = (&table.id, route.destination);
        plan.act(
            gate,
            Kind::DeleteRoute,
            &format!("{id} {destination}"),
            format!("{id} no longer leads {destination} to {}", route.target),
            Some(cli.delete_route(id, destination)),
            Need::Call(Action::DeleteRoute(id.clone(), destination)),
        );
    }
    let targets = seen.route_targets(spec);
    let destinations = seen.destinations(spec);
    for (table, route) in seen.routes_to(spec, |id| !targets.contains(id)) {
        if route.state == RouteState::Blackhole && destinations.contains(&route.destination) {
            plan.note(format!(
                "{} leads {} to {}, which is gone and not known to be this link's; if it was, run \
                 {}",
                table.id,
                route.destination,
                route.target,
                cli.delete_route(&table.id, route.destination)
            ));
        }
    }
}

/// The routes that are the link's own: all to a connection of its own, and those that the spec
/// asks for to one that it names.
fn own_routes<'a>(spec: &'a PeeringSpec, seen: &'a Snapshot) -> Vec<(&'a RouteTable, &'a Route)> {
    let targets = seen.route_targets(spec);
    let destinations = seen.destinations(spec);
    let named = match &spec.peering {
        PeeringChoice::Existing(id) => Some(id),
        PeeringChoice::Owned | PeeringChoice::Adopt => None,
    };
    let mut routes = seen.routes_to(spec, |id| targets.contains(id));
    routes.retain(|(table, route)| match &route.target {
        RouteTarget::Peering(id) if Some(id) == named => {
            seen.is_chosen(spec, table) && destinations.contains(&route.destination)
        }
        RouteTarget::Peering(_) => true,
        RouteTarget::Local | RouteTarget::Other(_) => false,
    });
    routes
}

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
    if rules.is_empty() {
        plan.note(format!(
            "which rules of {id} let dynos in cannot be told, as Heroku says nothing of space {}",
            spec.space
        ));
    }
    let there: BTreeSet<_> = group.map(|group| &group.ingress).into_iter().flatten().collect();
    plan.check(
        Kind::CheckGroup,
        format!("of the rules of {id}, exactly those go that the spec asks for"),
        Ok(()),
    );
    for rule in rules.iter().filter(|rule| there.contains(rule)) {
        let text = rule.to_string();
        plan.act(
            gate,
            Kind::Revoke,
            &text,
            format!("no longer let dynos in: {text}"),
            Some(cli.ec2.revoke(id, rule)),
            Need::Call(Action::Revoke(id.clone(), rule.clone())),
        );
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
