//! The link's own security group and its rules.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::DataService;
use crate::privatelink::facts::Facts;
use crate::privatelink::spec::{Clients, GroupChoice};
use crate::privatelink::steps;
use crate::provider::{Ec2Call, IngressRule, IngressSource, NewSecurityGroup};
use crate::reconcile::ownership::GROUP_NAME_TAG;
use crate::reconcile::{Need, rules};

impl Planner<'_> {
    /// Says whether the endpoint may be made: its group is there. The rules may still be on their
    /// way, as a new endpoint is not open yet anyway.
    pub(super) fn security_group(&mut self) -> bool {
        let facts = self.facts;
        if !facts.spec.owns_group() {
            return self.plan.is_open();
        }
        let group = facts.own_group;
        let call = self.plan.ec2(Ec2Call::CreateSecurityGroup(group_request(facts)));
        let name = &facts.group_name;
        if let Some(group) = group.filter(|group| group.name != *name) {
            self.plan.note(format!(
                "{} stays {}, as AWS renames no security group; the spec's name {name} is for the \
                 next one that is made",
                group.id, group.name
            ));
        }
        let name = group.map_or(name, |group| &group.name);
        let sentence = format!("security group {name}");
        self.plan.act(steps::CREATE_GROUP, sentence, Need::unless(group.is_some(), call));
        let wanted = self.rules();
        let gate = self.plan.is_open();
        for rule in &wanted {
            let text = rule.to_string();
            let call = self.plan.ec2(Ec2Call::AuthorizeIngress {
                group: group.map(|group| group.id.clone()),
                rule: rule.clone(),
            });
            let need = match group {
                Some(group) if rules::contain(&group.ingress, rule) => Need::Nothing,
                Some(_) => Need::Call(call),
                None => Need::Incomplete(call),
            };
            self.plan.act_one(gate, steps::AUTHORIZE, &text, format!("allow {text}"), need);
        }
        if wanted.iter().any(|rule| matches!(rule.source, IngressSource::PrefixList(_))) {
            self.plan.note(format!(
                "a prefix list counts as many rules as it may have entries, of the {} that AWS \
                 allows in a security group; those entries are not read here",
                facts.spec.quotas.rules_per_group
            ));
        }
        // What replaces a rule must have been seen in place before the rule is revoked: clients
        // would be cut off in between. Without any wanted rule, what is wanted is not known yet.
        let all_there = self.plan.is_open() && !wanted.is_empty();
        let surplus = group.into_iter().flat_map(|group| {
            let surplus = rules::missing_from(&wanted, &group.ingress);
            surplus.map(move |rule| (&group.id, rule))
        });
        for (group, rule) in surplus {
            let text = rule.to_string();
            let (group, rule) = (group.clone(), rule.clone());
            let call = self.plan.ec2(Ec2Call::RevokeIngress { group, rule });
            let sentence = format!("no longer allow {text}");
            self.plan.act_one(all_there, steps::REVOKE, &text, sentence, Need::Call(call));
        }
        gate
    }

    /// What the link's own group lets in: exactly the service's ports, from every client.
    pub(super) fn rules(&self) -> BTreeSet<IngressRule> {
        let GroupChoice::Owned { clients, .. } = &self.facts.spec.security_groups else {
            return BTreeSet::new();
        };
        let sources: Vec<IngressSource> = match clients {
            Clients::Vpc => self
                .facts
                .seen
                .vpc
                .iter()
                .flat_map(|vpc| vpc.cidrs.iter().copied().map(IngressSource::Cidr))
                .collect(),
            // A group is one source, also where it is named with and without its account.
            Clients::These(clients) => {
                let mut sources: Vec<IngressSource> = Vec::new();
                for client in clients.as_set().iter().rev() {
                    let source = client.source(&self.facts.seen.caller.account);
                    if !sources.iter().any(|it| it.is_same(&source)) {
                        sources.push(source);
                    }
                }
                sources
            }
        };
        let ports = self.facts.data_service.map(DataService::ports).unwrap_or_default();
        sources
            .iter()
            .flat_map(|source| ports.iter().map(|ports| IngressRule::tcp(*ports, source.clone())))
            .collect()
    }
}

/// The link's own security group, to be made.
pub(in crate::privatelink) fn group_request(facts: &Facts<'_>) -> NewSecurityGroup {
    let mut tags = facts.owner.tags_of_new();
    let mut description = format!("Clients of the endpoint of link {}", facts.spec.link);
    if let GroupChoice::Owned { clients: _, name, description: chosen } =
        &facts.spec.security_groups
    {
        tags.extend(name.iter().map(|name| (GROUP_NAME_TAG.to_owned(), name.to_string())));
        description = chosen.as_ref().map_or(description, ToString::to_string);
    }
    NewSecurityGroup {
        vpc: facts.spec.vpc.clone(),
        name: facts.group_name.clone(),
        description,
        tags,
    }
}
