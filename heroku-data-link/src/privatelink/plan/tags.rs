//! The spec's own tags, on what is there without them.

use super::Planner;
use crate::privatelink::spec::PrivateLinkSpec;
use crate::privatelink::steps;
use crate::provider::{Ec2Call, Ec2Resource, Tags};
use crate::reconcile::ownership::{self, Claim};
use crate::reconcile::{Need, StepKind};

impl Planner<'_> {
    /// Last, as nothing else needs them. What is not marked as the link's own yet gets them with that.
    pub(super) fn tags(&mut self) {
        let facts = self.facts;
        let gate = self.plan.is_open();
        let endpoint = facts.endpoint.filter(|_| facts.spec.owns_endpoint());
        if let Some(endpoint) = endpoint.filter(|it| facts.endpoint_claim(it) == Claim::Own) {
            let resource = Ec2Resource::Endpoint(endpoint.id.clone());
            let detail = endpoint.id.as_str();
            self.tag(gate, steps::TAG_ENDPOINT, detail, resource, &endpoint.tags);
        }
        let group = facts.own_group.filter(|_| facts.spec.owns_group());
        if let Some(group) = group.filter(|it| facts.group_claim(it) == Claim::Own) {
            let resource = Ec2Resource::SecurityGroup(group.id.clone());
            self.tag(gate, steps::TAG_GROUP, "", resource, &group.tags);
        }
    }

    fn tag(
        &mut self,
        gate: bool,
        kind: &StepKind<PrivateLinkSpec>,
        detail: &str,
        resource: Ec2Resource,
        there: &Tags,
    ) {
        let tags = self.facts.owner.missing_tags(there);
        if tags.is_empty() {
            return;
        }
        let sentence = ownership::as_specified(resource.id(), &tags);
        if let Err(blocker) = ownership::room_for(resource.id(), there, &tags) {
            self.plan.check_one(kind, detail, sentence, Err(blocker));
            return;
        }
        let call = self.plan.ec2(Ec2Call::Tag { resource, tags });
        self.plan.act_one(gate, kind, detail, sentence, Need::Call(call));
    }
}
