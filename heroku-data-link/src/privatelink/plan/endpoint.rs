//! The endpoint on AWS's side.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::{EndpointState, SubnetId};
use crate::privatelink::commands;
use crate::privatelink::snapshot::{Snapshot, endpoint_request, group_name};
use crate::privatelink::spec::{EndpointChoice, PrivateLinkSpec};
use crate::privatelink::steps;
use crate::privatelink::zones::{self, Pick};
use crate::provider::{Ec2Call, Ec2Resource, EndpointChange, VpcEndpoint};
use crate::reconcile::ownership::Claim;
use crate::reconcile::{Blocker, Builder, Need, Progress, Usual, list};

/// Heroku's documents say that a new endpoint is available after 5 to 10 minutes.
const ENDPOINT_USUALLY: Usual = Usual::secs(300, 600);

impl Planner<'_> {
    pub(super) fn endpoint(&mut self) {
        let endpoint = self.seen.endpoint(self.spec);
        if let EndpointChoice::Existing(id) = &self.spec.endpoint {
            self.plan.note(format!("{id} is used as it is, and never changed or deleted"));
            self.await_available(endpoint);
            return;
        }
        let in_use = endpoint.map(|endpoint| endpoint.subnets.clone()).unwrap_or_default();
        let offered = self.seen.service.as_ref().and_then(|service| service.zones.as_ref());
        let sentence = "one subnet in every zone that the VPC and the service share".to_owned();
        let pick = if self.seen.service.is_some() || endpoint.is_some() {
            match zones::pick(&self.seen.subnets, offered, &in_use) {
                Ok(pick) => {
                    let sentence = format!("{sentence}: {}", list(&pick.chosen));
                    self.plan.check(steps::CHECK_ZONES, sentence, Ok(()));
                    for (subnet, reason) in &pick.left_out {
                        self.plan.note(format!("{subnet} is left out: {reason}"));
                    }
                    Some(pick)
                }
                Err(blocker) => {
                    self.plan.check(steps::CHECK_ZONES, sentence, Err(blocker));
                    None
                }
            }
        } else {
            self.plan.check_later(steps::CHECK_ZONES, sentence);
            None
        };
        let gate = self.plan.is_open();
        mark(self.spec, self.seen, &mut self.plan, gate);
        let gate = self.security_group();
        self.create_endpoint(gate, endpoint, pick.as_ref());
        self.await_available(endpoint);
        // What follows an adoption is shown before it.
        let endpoint = endpoint.or(self.adoptable(endpoint)).cloned();
        if let (Some(endpoint), Some(pick)) = (&endpoint, &pick) {
            self.modify(endpoint, pick);
        }
    }

    /// The endpoint that the spec lets us adopt, if there is exactly one that is nobody's.
    fn adoptable(&self, own: Option<&VpcEndpoint>) -> Option<&VpcEndpoint> {
        match (&self.spec.endpoint, self.seen.strangers(self.spec).as_slice()) {
            (EndpointChoice::Adopt, [stranger]) if own.is_none() => Some(*stranger),
            _ => None,
        }
    }

    fn create_endpoint(&mut self, gate: bool, endpoint: Option<&VpcEndpoint>, pick: Option<&Pick>) {
        let (spec, seen) = (self.spec, self.seen);
        if let Some(id) = self.adoptable(endpoint).map(|stranger| stranger.id.clone()) {
            let sentence = format!("tag {id} as the link's own, which a teardown deletes");
            let (resource, tags) = (Ec2Resource::Endpoint(id), seen.owner(spec).tags());
            let call = self.plan.ec2(Ec2Call::Tag { resource, tags });
            self.plan.act(steps::ADOPT_ENDPOINT, sentence, Need::Call(call));
            return;
        }
        let mut request = endpoint_request(spec, seen);
        request.subnets = pick.map(|pick| pick.chosen.clone()).unwrap_or_default();
        let is_known = request.service.is_some() && pick.is_some() && !request.groups.is_empty();
        let call = self.plan.ec2(Ec2Call::CreateEndpoint(request));
        let need = match endpoint {
            Some(_) => Need::Nothing,
            None if is_known => Need::Call(call),
            None => Need::Incomplete(call),
        };
        let sentence = format!("interface endpoint in {} for {}", spec.vpc, self.addon);
        self.plan.act_one(gate, steps::CREATE_ENDPOINT, "", sentence, need);
        // Never two of our own: a crash may have made a second one, and each costs money.
        let gate = self.plan.is_open();
        for surplus in seen.owned(spec) {
            if endpoint.is_some_and(|endpoint| endpoint.id != surplus.id) {
                let id = &surplus.id;
                let call = self.plan.ec2(Ec2Call::DeleteEndpoint { endpoint: id.clone() });
                self.plan.act_one(
                    gate,
                    steps::DELETE_ENDPOINT,
                    id.as_str(),
                    format!("{id} is one endpoint too many"),
                    Need::Call(call),
                );
            }
        }
    }

    fn await_available(&mut self, endpoint: Option<&VpcEndpoint>) {
        self.plan.wait(
            steps::AWAIT_AVAILABLE,
            match endpoint {
                Some(endpoint) => format!("{} is available", endpoint.id),
                None => "the endpoint is available".to_owned(),
            },
            Some(commands::endpoint(&self.seen.region, endpoint.map(|endpoint| &endpoint.id))),
            available(self.spec, endpoint),
        );
    }

    /// Whether a subnet may replace another one of its zone: then the old one must go in an earlier
    /// call. A subnet that was not read, as the spec does not name it, may be of any zone.
    fn clashes(&self, change: &EndpointChange) -> bool {
        let zone_of = |id: &SubnetId| {
            self.seen.subnets.iter().find(|subnet| subnet.id == *id).map(|subnet| &subnet.zone_id)
        };
        let gained: BTreeSet<_> = change.add_subnets.iter().filter_map(zone_of).collect();
        !gained.is_empty()
            && change
                .remove_subnets
                .iter()
                .any(|id| zone_of(id).is_none_or(|zone| gained.contains(zone)))
    }

    /// Subnets and groups that differ from the spec, changed in place.
    fn modify(&mut self, endpoint: &VpcEndpoint, pick: &Pick) {
        let groups = self.seen.endpoint_groups(self.spec);
        // The link's own group may still have to be made.
        let new_group = self.spec.owns_group() && groups.is_empty();
        let mut change = EndpointChange {
            add_subnets: pick.chosen.difference(&endpoint.subnets).cloned().collect(),
            remove_subnets: endpoint.subnets.difference(&pick.chosen).cloned().collect(),
            ..EndpointChange::default()
        };
        if !groups.is_empty() || new_group {
            change.add_groups = groups.difference(&endpoint.groups).cloned().collect();
            change.remove_groups = endpoint.groups.difference(&groups).cloned().collect();
        }
        if change.is_empty() && !new_group {
            return;
        }
        if self.clashes(&change) {
            if change.remove_subnets.len() == endpoint.subnets.len() {
                let blocker = Blocker::new(
                    "only-subnets-replaced",
                    format!(
                        "{} would have to lose {}, all that it has, before it can get {}: EC2 \
                         refuses two subnets of one zone",
                        endpoint.id,
                        list(&change.remove_subnets),
                        list(&change.add_subnets)
                    ),
                    "let the spec keep one of them, or add a subnet of another zone, until the \
                     others are replaced",
                );
                let sentence = format!("{} as the spec says", endpoint.id);
                self.plan.check(steps::MODIFY_ENDPOINT, sentence, Err(blocker));
                return;
            }
            change.add_subnets.clear();
        }
        let new_group = new_group.then(|| group_name(self.spec));
        let sentence = format!(
            "{} as the spec says: {}",
            endpoint.id,
            describe(&change, new_group.as_deref())
        );
        let endpoint = endpoint.id.clone();
        let call = self.plan.ec2(Ec2Call::ModifyEndpoint { endpoint, change });
        let need = match new_group {
            Some(_) => Need::Incomplete(call),
            None => Need::Call(call),
        };
        self.plan.act(steps::MODIFY_ENDPOINT, sentence, need);
    }
}

/// The state table of an endpoint on its way to work.
fn available(spec: &PrivateLinkSpec, endpoint: Option<&VpcEndpoint>) -> Progress {
    let Some(endpoint) = endpoint else {
        return Progress::NotStarted;
    };
    let waiting = |what: &str| {
        Progress::waiting(
            format!("{what} {}, which is {}", endpoint.id, endpoint.state),
            ENDPOINT_USUALLY,
            spec.deadlines.endpoint,
        )
    };
    let blocked = |remedy: &str| {
        let reason = endpoint.last_error.as_deref().map(|e| format!(": {e}")).unwrap_or_default();
        Progress::Blocked(Blocker::new(
            "endpoint-state",
            format!("AWS says that {} is {}{reason}", endpoint.id, endpoint.state),
            remedy,
        ))
    };
    match &endpoint.state {
        EndpointState::Available => Progress::Done,
        EndpointState::PendingAcceptance => waiting("Heroku to accept"),
        EndpointState::Pending | EndpointState::Partial => waiting("AWS to finish"),
        EndpointState::Rejected => {
            blocked("see that the principal is allowed, tear the link down and establish it again")
        }
        EndpointState::Failed | EndpointState::Expired => {
            blocked("tear the link down and establish it again")
        }
        EndpointState::Deleting | EndpointState::Deleted | EndpointState::Other(_) => {
            blocked("look at the endpoint in the AWS console")
        }
    }
}

/// Tags what is recognised as the link's own, and does not say what it was made for.
pub(in crate::privatelink) fn mark(
    spec: &PrivateLinkSpec,
    seen: &Snapshot,
    plan: &mut Builder,
    gate: bool,
) {
    let tags = seen.owner(spec).tags();
    let leads_to = seen.owner(spec).leads_to();
    for endpoint in seen.owned(spec) {
        if seen.claim(spec, endpoint) == Claim::Unmarked {
            let id = &endpoint.id;
            let (resource, tags) = (Ec2Resource::Endpoint(id.clone()), tags.clone());
            let call = plan.ec2(Ec2Call::Tag { resource, tags });
            let sentence = format!("tag {id} as made for {leads_to}");
            plan.act_one(gate, steps::TAG_ENDPOINT, id.as_str(), sentence, Need::Call(call));
        }
    }
    if let Some(group) = seen.owned_group(spec) {
        if seen.group_claim(spec, group) == Claim::Unmarked {
            let sentence = format!("tag {} as made for {leads_to}", group.id);
            let resource = Ec2Resource::SecurityGroup(group.id.clone());
            let call = plan.ec2(Ec2Call::Tag { resource, tags });
            plan.act_one(gate, steps::TAG_GROUP, "", sentence, Need::Call(call));
        }
    }
}

fn describe(change: &EndpointChange, new_group: Option<&str>) -> String {
    let part = |verb: &str, ids: String| (!ids.is_empty()).then(|| format!("{verb} {ids}"));
    [
        part("add", list(&change.add_subnets)),
        part("remove", list(&change.remove_subnets)),
        part("add", list(&change.add_groups)),
        new_group.map(|name| format!("add the new security group {name}")),
        part("remove", list(&change.remove_groups)),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}
