//! Which calls of a job can be rehearsed, and with what.

use super::facts::Facts;
use super::plan::request;
use super::run::PeeringWorkflow;
use super::steps;
use crate::provider::{Ec2Call, ProviderResult, RouteRequest, operation as op};
use crate::reconcile::{Fresh, Goal, Preflight};

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
        let (spec, aws) = (&self.spec, &*self.clouds.aws);
        let mut found = Preflight::default();
        if !found.reads(aws, spec, steps::ALL).await? {
            return Ok(found);
        }
        let seen = self.observe(Goal::Established, &Fresh::nothing()).await?;
        let facts = Facts::of(spec, &seen);
        let mut calls = connection_calls(&mut found, &facts);
        calls.extend(inbound_calls(&facts));
        found.calls(aws, calls).await?;
        Ok(found)
    }
}

/// The calls on the connection and its routes that can be written down today.
fn connection_calls(found: &mut Preflight, facts: &Facts<'_>) -> Vec<Ec2Call> {
    let Some(connection) = facts.connection.map(|it| it.id.clone()) else {
        for action in [op::DELETE_VPC_PEERING_CONNECTION, op::CREATE_ROUTE, op::DELETE_ROUTE] {
            found.untold(action, "there is no connection of the link yet");
        }
        let request = request(facts);
        if request.bind().is_err() {
            found.untold(op::CREATE_VPC_PEERING_CONNECTION, "Heroku does not say whom to ask");
            return Vec::new();
        }
        return vec![Ec2Call::CreatePeering(request)];
    };
    let mut calls = Vec::new();
    if facts.spec.owns_connection() {
        calls.push(Ec2Call::DeletePeering { peering: connection.clone() });
    }
    let destination = facts.destinations.iter().next().copied();
    if let (Some(table), Some(destination)) = (facts.chosen_tables.first(), destination) {
        let table = table.id.clone();
        calls.push(Ec2Call::DeleteRoute { table: table.clone(), destination });
        let peering = Some(connection);
        calls.push(Ec2Call::CreateRoute(RouteRequest { table, destination, peering }));
    }
    calls
}

fn inbound_calls(facts: &Facts<'_>) -> Vec<Ec2Call> {
    let rule = facts.group.map(|group| group.id.clone()).zip(facts.rules.first().cloned());
    rule.into_iter()
        .flat_map(|(group, rule)| {
            [
                Ec2Call::AuthorizeIngress { group: Some(group.clone()), rule: rule.clone() },
                Ec2Call::RevokeIngress { group, rule },
            ]
        })
        .collect()
}
