//! The endpoint on AWS's side.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::{EndpointServiceName, EndpointState, SubnetId};
use crate::privatelink::commands;
use crate::privatelink::facts::Facts;
use crate::privatelink::spec::EndpointChoice;
use crate::privatelink::steps;
use crate::privatelink::zones::{self, Pick};
use crate::provider::{Ec2Call, Ec2Resource, EndpointChange, EndpointRequest, VpcEndpoint};
use crate::reconcile::ownership::{self, Claim};
use crate::reconcile::{Blocker, Builder, Code, Need, Progress, Until, Usual, list};

/// Heroku's documents say that a new endpoint is available after 5 to 10 minutes.
const ENDPOINT_USUALLY: Usual = Usual::secs(300, 600);

impl Planner<'_> {
    pub(super) fn endpoint(&mut self) {
        let facts = self.facts;
        let Facts { spec, endpoint, .. } = *facts;
        if let EndpointChoice::Existing(id) = &spec.endpoint {
            self.plan.note(format!("{id} is used as it is, and never changed or deleted"));
            self.await_available();
            return;
        }
        let sentence = "one subnet in every zone that the VPC and the service share".to_owned();
        let pick = match zones::of(facts) {
            Some(Ok(pick)) => {
                let sentence = format!("{sentence}: {}", list(&pick.chosen));
                self.plan.check(steps::CHECK_ZONES, sentence, Ok(()));
                for (subnet, reason) in &pick.left_out {
                    self.plan.note(format!("{subnet} is left out: {reason}"));
                }
                Some(pick)
            }
            Some(Err(blocker)) => {
                self.plan.check(steps::CHECK_ZONES, sentence, Err(blocker));
                None
            }
            None => {
                self.plan.check_until(steps::CHECK_ZONES, sentence, self.zones());
                None
            }
        };
        let gate = self.plan.is_open();
        mark(facts, &mut self.plan, gate);
        let gate = self.security_group();
        self.create_endpoint(gate, pick.as_ref());
        self.await_available();
        // What follows an adoption is shown before it.
        if let (Some(endpoint), Some(pick)) = (endpoint.or(facts.adoptable), &pick) {
            self.modify(endpoint, pick);
        }
    }

    /// How a person picks subnets once the service's zones are known.
    fn zones(&self) -> Until {
        let Facts { spec, seen, .. } = *self.facts;
        let pick = zones::pick(&seen.subnets, None, &BTreeSet::new());
        let chosen = pick.map(|pick| pick.chosen).unwrap_or_default();
        let subnets = seen.subnets.iter().filter(|subnet| chosen.contains(&subnet.id));
        let service = self.facts.service_to_be().map(EndpointServiceName::as_str);
        commands::zones(&seen.region, service, subnets, spec.deadlines.visibility)
    }

    fn create_endpoint(&mut self, gate: bool, pick: Option<&Pick>) {
        let facts = self.facts;
        if let Some(adoptable) = facts.adoptable {
            let id = &adoptable.id;
            let sentence = format!("tag {id} as the link's own, which a teardown deletes");
            let (resource, tags) = (Ec2Resource::Endpoint(id.clone()), facts.owner.tags());
            let call = self.plan.ec2(Ec2Call::Tag { resource, tags });
            self.plan.act(steps::ADOPT_ENDPOINT, sentence, Need::Call(call));
            return;
        }
        let mut request = endpoint_request(facts);
        request.subnets = pick.map(|pick| pick.chosen.clone()).unwrap_or_default();
        let is_known = request.service.is_some() && pick.is_some() && !request.groups.is_empty();
        let call = self.plan.ec2(Ec2Call::CreateEndpoint(request));
        let need = match facts.endpoint {
            Some(_) => Need::Nothing,
            None if is_known => Need::Call(call),
            None => Need::Incomplete(call),
        };
        let sentence = format!("interface endpoint in {} for {}", facts.spec.vpc, facts.handle);
        self.plan.act_one(gate, steps::CREATE_ENDPOINT, "", sentence, need);
        // Never two of our own: a crash may have made a second one, and each costs money.
        let gate = self.plan.is_open();
        for surplus in &facts.own_endpoints {
            if facts.endpoint.is_some_and(|endpoint| endpoint.id != surplus.id) {
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

    fn await_available(&mut self) {
        let Facts { spec, seen, endpoint, .. } = *self.facts;
        self.plan.wait(
            steps::AWAIT_AVAILABLE,
            match endpoint {
                Some(endpoint) => format!("{} is available", endpoint.id),
                None => "the endpoint is available".to_owned(),
            },
            Some(commands::endpoint(&seen.region, endpoint.map(|endpoint| &endpoint.id))),
            commands::available(
                &seen.region,
                endpoint.or(self.facts.adoptable).map(|endpoint| &endpoint.id),
                spec.deadlines.endpoint,
            ),
            available(endpoint),
        );
    }

    /// Whether a subnet may replace another one of its zone: then the old one must go in an earlier
    /// call. A subnet that was not read, as the spec does not name it, may be of any zone.
    fn clashes(&self, change: &EndpointChange) -> bool {
        let zone_of = |id: &SubnetId| {
            let subnet = self.facts.seen.subnets.iter().find(|subnet| subnet.id == *id);
            subnet.map(|subnet| &subnet.zone_id)
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
        let facts = self.facts;
        let groups = &facts.endpoint_groups;
        // The link's own group may still have to be made.
        let new_group = facts.spec.owns_group() && groups.is_empty();
        let mut change = EndpointChange {
            add_subnets: pick.chosen.difference(&endpoint.subnets).cloned().collect(),
            remove_subnets: endpoint.subnets.difference(&pick.chosen).cloned().collect(),
            ..EndpointChange::default()
        };
        if !groups.is_empty() || new_group {
            change.add_groups = groups.difference(&endpoint.groups).cloned().collect();
            change.remove_groups = endpoint.groups.difference(groups).cloned().collect();
        }
        if change.is_empty() && !new_group {
            return;
        }
        if self.clashes(&change) {
            if change.remove_subnets.len() == endpoint.subnets.len() {
                let blocker = Blocker::new(
                    Code::OnlySubnetsReplaced,
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
        let new_group = new_group.then_some(facts.group_name.as_str());
        let sentence =
            format!("{} as the spec says: {}", endpoint.id, describe(&change, new_group));
        let endpoint = endpoint.id.clone();
        let new = new_group.is_some();
        let call = self.plan.ec2(Ec2Call::ModifyEndpoint { endpoint, change, new_group: new });
        let need = match new_group {
            Some(_) => Need::Incomplete(call),
            None => Need::Call(call),
        };
        self.plan.act(steps::MODIFY_ENDPOINT, sentence, need);
    }
}

/// The state table of an endpoint on its way to work.
fn available(endpoint: Option<&VpcEndpoint>) -> Progress {
    let Some(endpoint) = endpoint else {
        return Progress::NotStarted;
    };
    let waiting = |what: &str| {
        Progress::waiting(
            format!("{what} {}, which is {}", endpoint.id, endpoint.state),
            ENDPOINT_USUALLY,
        )
    };
    let blocked = |code: Code, remedy: &str| {
        let reason = endpoint.last_error.as_deref().map(|e| format!(": {e}")).unwrap_or_default();
        Progress::Blocked(Blocker::new(
            code,
            format!("AWS says that {} is {}{reason}", endpoint.id, endpoint.state),
            remedy,
        ))
    };
    match &endpoint.state {
        EndpointState::Available => Progress::Done,
        EndpointState::PendingAcceptance => waiting("Heroku to accept"),
        EndpointState::Pending | EndpointState::Partial => waiting("AWS to finish"),
        EndpointState::Rejected => blocked(
            Code::EndpointRejected,
            "see that the principal is allowed, tear the link down and establish it again",
        ),
        EndpointState::Failed => blocked(
            Code::EndpointFailed,
            "clear what AWS says, tear the link down and establish it again",
        ),
        EndpointState::Expired => {
            blocked(Code::EndpointExpired, "tear the link down and establish it again")
        }
        EndpointState::Deleting | EndpointState::Deleted | EndpointState::Other(_) => {
            blocked(Code::EndpointState, "look at the endpoint in the AWS console")
        }
    }
}

/// The endpoint to be made, as far as what it needs is known, but for its subnets.
pub(in crate::privatelink) fn endpoint_request(facts: &Facts<'_>) -> EndpointRequest {
    let Facts { spec, seen, .. } = *facts;
    let is_of_link = |it: &&VpcEndpoint| ownership::is_owned(&spec.link, &it.tags);
    let of_link = seen.endpoints.iter().filter(is_of_link);
    EndpointRequest {
        link: spec.link.clone(),
        vpc: spec.vpc.clone(),
        service: facts.service_to_be().cloned(),
        subnets: BTreeSet::new(),
        groups: facts.endpoint_groups.clone(),
        tags: facts.owner.tags_of_new(),
        tombstones: of_link.map(|it| it.id.clone()).collect(),
    }
}

/// Tags what is recognised as the link's own, and does not say what it was made for.
pub(in crate::privatelink) fn mark(facts: &Facts<'_>, plan: &mut Builder, gate: bool) {
    let tags = facts.owner.tags();
    let leads_to = facts.owner.leads_to();
    for endpoint in &facts.own_endpoints {
        if facts.endpoint_claim(endpoint) == Claim::Unmarked {
            let id = &endpoint.id;
            let (resource, tags) = (Ec2Resource::Endpoint(id.clone()), tags.clone());
            let call = plan.ec2(Ec2Call::Tag { resource, tags });
            let sentence = format!("tag {id} as made for {leads_to}");
            plan.act_one(gate, steps::TAG_ENDPOINT, id.as_str(), sentence, Need::Call(call));
        }
    }
    if let Some(group) = facts.own_group {
        if facts.group_claim(group) == Claim::Unmarked {
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
