//! Which calls of a job can be rehearsed, and with what.

use std::collections::BTreeSet;

use super::run::PrivateLinkWorkflow;
use super::snapshot::{Snapshot, endpoint_request, group_request};
use super::spec::PrivateLinkSpec;
use super::{steps, zones};
use crate::provider::{
    Ec2Call, EndpointChange, IngressRule, IngressSource, ProviderResult, operation as op,
};
use crate::reconcile::{Fresh, Goal, Memory, Preflight, Workflow};

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
        let (spec, aws) = (self.spec(), self.aws());
        let mut found = Preflight::default();
        if !found.reads(aws, spec, steps::ALL).await? {
            return Ok(found);
        }
        let seen =
            self.observe(Goal::Established, &Memory::unknown(self), Fresh::nothing()).await?;
        let mut calls = group_calls(&mut found, spec, &seen);
        calls.extend(endpoint_calls(&mut found, spec, &seen));
        found.calls(aws, calls).await?;
        Ok(found)
    }
}

/// The calls on the link's own security group that can be written down today.
fn group_calls(found: &mut Preflight, spec: &PrivateLinkSpec, seen: &Snapshot) -> Vec<Ec2Call> {
    if !spec.owns_group() {
        return Vec::new();
    }
    let Some(group) = seen.owned_group(spec) else {
        for action in [
            op::AUTHORIZE_SECURITY_GROUP_INGRESS,
            op::REVOKE_SECURITY_GROUP_INGRESS,
            op::DELETE_SECURITY_GROUP,
        ] {
            found.untold(action, "there is no security group of the link yet");
        }
        return vec![Ec2Call::CreateSecurityGroup(group_request(spec, seen))];
    };
    let id = group.id.clone();
    let ports = seen.data_service().and_then(|service| service.ports().first().copied());
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
fn endpoint_calls(found: &mut Preflight, spec: &PrivateLinkSpec, seen: &Snapshot) -> Vec<Ec2Call> {
    if !spec.owns_endpoint() {
        return Vec::new();
    }
    if let Some(endpoint) = seen.endpoint(spec) {
        let change =
            EndpointChange { add_groups: endpoint.groups.clone(), ..EndpointChange::default() };
        let endpoint = &endpoint.id;
        return vec![
            Ec2Call::ModifyEndpoint { endpoint: endpoint.clone(), change },
            Ec2Call::DeleteEndpoint { endpoint: endpoint.clone() },
        ];
    }
    for action in [op::MODIFY_VPC_ENDPOINT, op::DELETE_VPC_ENDPOINTS] {
        found.untold(action, "there is no endpoint of the link yet");
    }
    let Some(service) = &seen.service else {
        found.untold(op::CREATE_VPC_ENDPOINT, "AWS does not see the endpoint service yet");
        return Vec::new();
    };
    match zones::pick(&seen.subnets, service.zones.as_ref(), &BTreeSet::new()) {
        Ok(pick) => {
            let mut request = endpoint_request(spec, seen);
            request.subnets = pick.chosen;
            vec![Ec2Call::CreateEndpoint(request)]
        }
        Err(blocker) => {
            found.untold(op::CREATE_VPC_ENDPOINT, blocker.problem);
            Vec::new()
        }
    }
}
