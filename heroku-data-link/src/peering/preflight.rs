//! Which calls of a job can be rehearsed, and with what.

use super::action::request;
use super::run::PeeringWorkflow;
use super::snapshot::Snapshot;
use super::spec::{PeeringSpec, RouteTableChoice};
use crate::provider::{NewRoute, ProviderResult, Rehearsal, operation as op};
use crate::reconcile::{Goal, Preflight, Workflow};

const MUTATIONS: [&str; 4] = [
    op::CREATE_VPC_PEERING_CONNECTION,
    op::DELETE_VPC_PEERING_CONNECTION,
    op::CREATE_ROUTE,
    op::DELETE_ROUTE,
];

impl PeeringWorkflow {
    /// Asks AWS whether the caller may make the calls of this link, and changes nothing.
    ///
    /// A call can be rehearsed when what it is about is there: those on routes, and the deletion of
    /// the connection, only once the connection is. Run it before
    /// [`establish`](crate::reconcile::Driver::establish) to learn what is missing for the
    /// beginning, and again afterwards for the rest. An action that is missing under a condition
    /// of the policy counts as missing.
    ///
    /// # Errors
    ///
    /// When a cloud cannot be asked. Emulators that know no rehearsals make the calls.
    pub async fn preflight(&self) -> ProviderResult<Preflight> {
        let (spec, aws) = (self.spec(), self.aws());
        let mut found = Preflight::default();
        if !found.reads(aws, &reads(spec), &MUTATIONS).await? {
            return Ok(found);
        }
        let seen = self.observe(Goal::Established).await?;
        let mut calls = connection_calls(&mut found, spec, &seen);
        calls.extend(inbound_calls(spec, &seen));
        found.rehearse(aws, &calls).await?;
        Ok(found)
    }
}

fn reads(spec: &PeeringSpec) -> Vec<Rehearsal> {
    let mut reads = vec![
        Rehearsal::DescribeVpcs,
        Rehearsal::DescribePeeringConnections,
        Rehearsal::DescribeRouteTables,
    ];
    if matches!(spec.route_tables, RouteTableChoice::OfSubnets(_)) {
        reads.push(Rehearsal::DescribeSubnets);
    }
    if spec.inbound.is_some() {
        reads.push(Rehearsal::DescribeSecurityGroups);
    }
    reads
}

/// The calls on the connection and its routes that can be written down today.
fn connection_calls(found: &mut Preflight, spec: &PeeringSpec, seen: &Snapshot) -> Vec<Rehearsal> {
    let Some(connection) = seen.connection(spec).map(|it| it.id.clone()) else {
        for action in [op::DELETE_VPC_PEERING_CONNECTION, op::CREATE_ROUTE, op::DELETE_ROUTE] {
            found.untold(action, "there is no connection of the link yet");
        }
        let Some(request) = request(spec, seen) else {
            found.untold(op::CREATE_VPC_PEERING_CONNECTION, "Heroku does not say whom to ask");
            return Vec::new();
        };
        return vec![Rehearsal::CreatePeeringConnection(request)];
    };
    let mut calls = Vec::new();
    if spec.owns_connection() {
        calls.push(Rehearsal::DeletePeeringConnection(connection.clone()));
    }
    let destination = seen.destinations(spec).into_iter().next();
    if let (Some(table), Some(destination)) = (seen.chosen(spec).next(), destination) {
        let table = table.id.clone();
        calls.push(Rehearsal::DeleteRoute(table.clone(), destination));
        calls.push(Rehearsal::CreateRoute(NewRoute { table, destination, peering: connection }));
    }
    calls
}

fn inbound_calls(spec: &PeeringSpec, seen: &Snapshot) -> Vec<Rehearsal> {
    let rule = seen
        .inbound(spec)
        .and_then(|(group, rules)| Some((group?.id.clone(), rules.into_iter().next()?)));
    rule.into_iter()
        .flat_map(|(group, rule)| {
            [
                Rehearsal::AuthorizeIngress(group.clone(), rule.clone()),
                Rehearsal::RevokeIngress(group, rule),
            ]
        })
        .collect()
}
