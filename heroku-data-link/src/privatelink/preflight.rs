//! Which calls of a job can be rehearsed, and with what.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::plan::{endpoint_request, group_request};
use super::run::PrivateLinkWorkflow;
use super::{steps, zones};
use crate::provider::{
    Ec2Call, EndpointChange, IngressRule, IngressSource, ProviderResult, operation as op,
};
use crate::reconcile::{Fresh, Goal, Preflight};

impl PrivateLinkWorkflow {
    /// Asks AWS whether the caller may make the calls of this link, and changes nothing.
    ///
    /// A call can be rehearsed when what it is about is there: those that change or delete the
    /// endpoint and its security group, only once they are. Run it before
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
        let mut calls = group_calls(&mut found, &facts);
        calls.extend(endpoint_calls(&mut found, &facts));
        found.calls(aws, calls).await?;
        Ok(found)
    }
}

/// The calls on the link's own security group that can be written down today.
fn group_calls(found: &mut Preflight, facts: &Facts<'_>) -> Vec<Ec2Call> {
    if !facts.spec.owns_group() {
        return Vec::new();
    }
    let Some(group) = facts.own_group else {
        for action in [
            op::AUTHORIZE_SECURITY_GROUP_INGRESS,
            op::REVOKE_SECURITY_GROUP_INGRESS,
            op::DELETE_SECURITY_GROUP,
        ] {
            found.untold(action, "there is no security group of the link yet");
        }
        return vec![Ec2Call::CreateSecurityGroup(group_request(facts))];
    };
    let id = group.id.clone();
    let ports = facts.data_service.and_then(|service| service.ports().first().copied());
    let source = IngressSource::Group(id.clone());
    let rule = group.ingress.first().cloned().or_else(|| Some(IngressRule::tcp(ports?, source)));
    let mut calls = vec![Ec2Call::DeleteSecurityGroup { group: id.clone() }];
    if let Some(rule) = rule {
        let group = Some(id.clone());
        calls.push(Ec2Call::AuthorizeIngress { group, rule: rule.clone() });
        calls.push(Ec2Call::RevokeIngress { group: id, rule });
    }
    calls
}

/// The calls on the link's own endpoint that can be written down today.
fn endpoint_calls(found: &mut Preflight, facts: &Facts<'_>) -> Vec<Ec2Call> {
    if !facts.spec.owns_endpoint() {
        return Vec::new();
    }
    if let Some(endpoint) = facts.endpoint {
        let change =
            EndpointChange { add_groups: endpoint.groups.clone(), ..EndpointChange::default() };
        let endpoint = &endpoint.id;
        return vec![
            Ec2Call::ModifyEndpoint { endpoint: endpoint.clone(), change, new_group: false },
            Ec2Call::DeleteEndpoint { endpoint: endpoint.clone() },
        ];
    }
    for action in [op::MODIFY_VPC_ENDPOINT, op::DELETE_VPC_ENDPOINTS] {
        found.untold(action, "there is no endpoint of the link yet");
    }
    let Some(service) = &facts.seen.service else {
        found.untold(op::CREATE_VPC_ENDPOINT, "AWS does not see the endpoint service yet");
        return Vec::new();
    };
    match zones::pick(&facts.seen.subnets, service.zones.as_ref(), &BTreeSet::new()) {
        Ok(pick) => {
            let mut request = endpoint_request(facts);
            request.subnets = pick.chosen;
            vec![Ec2Call::CreateEndpoint(request)]
        }
        Err(blocker) => {
            found.untold(op::CREATE_VPC_ENDPOINT, blocker.problem);
            Vec::new()
        }
    }
}
