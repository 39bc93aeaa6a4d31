//! What to take away, and in which order.

use std::collections::BTreeSet;

use super::checks;
use super::commands;
use super::copies;
use super::facts::{Facts, is_deleted, is_going};
use super::plan::{SERVICE_GONE_USUALLY, mark};
use super::principals;
use super::references;
use super::spec::{EndpointChoice, HerokuTeardown};
use super::steps::{self, KIND, scope};
use super::zones::forms;
use crate::model::{ConnectionStatus, EndpointState};
use crate::provider::{Ec2Call, EndpointConnection, HerokuCall, SecurityGroup, VpcEndpoint};
use crate::reconcile::ownership::Claim;
use crate::reconcile::{
    Blocker, Builder, Code, Goal, Need, Plan, Progress, Usual, list, ownership,
};

/// A deleted endpoint is gone within minutes.
const ENDPOINT_GONE_USUALLY: Usual = Usual::secs(30, 180);
/// Its interfaces linger a little longer.
const INTERFACES_GONE_USUALLY: Usual = Usual::secs(30, 180);

/// The plan that leads to a torn-down link.
///
/// The endpoint goes first, then its interfaces, then the group that they use, then what the spec
/// allows on Heroku's side.
pub(super) fn tear_down(facts: &Facts<'_>) -> Plan {
    let Facts { spec, seen, .. } = *facts;
    let scope = scope(spec, &seen.caller, &seen.region);
    let addon = &facts.handle;
    let mut plan = Builder::new(KIND, &spec.link, scope.clone(), Goal::TornDown);
    plan.check(steps::CHECK_CALLER, scope.acting(), Ok(()));
    check_identity(facts, &mut plan);
    let sentence = match facts.own_group {
        Some(group) => format!("{} ({}) is the link's own", group.id, group.name),
        None => format!("no security group {} is the link's own", facts.group_name),
    };
    plan.check(steps::CHECK_GROUPS, sentence, Ok(()));
    if let Some(group) = facts.own_group {
        plan.check(
            steps::CHECK_REFERENCES,
            format!("no rule of another security group refers to {}", group.id),
            references::check(group, &seen.referring),
        );
        for note in references::stale(group, &seen.referring) {
            plan.note(note);
        }
    }
    if spec.heroku_teardown != HerokuTeardown::Keep && facts.addon.is_none() {
        let sentence = format!("add-on {addon} is known, whose endpoint service is to be changed");
        let unknown = checks::one_addon(facts).map(drop).map_err(|blocker| Blocker {
            remedy: format!(
                "{}; if the add-on is gone, let the spec's `heroku-teardown` keep what is on \
                 Heroku's side",
                blocker.remedy
            ),
            ..blocker
        });
        plan.check(steps::CHECK_ADDON, sentence, unknown);
    }
    for copy in group_copies(facts) {
        plan.note(format!(
            "{} ({}) stays: it carries the link's tags, and is not the link's own group {}",
            copy.id, copy.name, facts.group_name
        ));
    }
    for foreign in &facts.foreign_endpoints {
        plan.note(match &spec.endpoint {
            EndpointChoice::Existing(id) if *id == foreign.id => {
                format!("{id} stays: the spec names it to be used as it is")
            }
            _ => format!("{} stays: it carries no tag of this link", foreign.id),
        });
    }
    let service_is_free = check_connections(facts);
    if let Err(blocker) = &service_is_free {
        plan.check(
            steps::CHECK_ADDON,
            format!("no other endpoint needs the endpoint service of {addon}"),
            Err(blocker.clone()),
        );
    }
    let gate = plan.is_open();
    mark(facts, &mut plan, gate);
    endpoints(facts, &mut plan);
    group(facts, &mut plan);
    heroku_side(facts, &mut plan);
    copies::tear_down(facts, &mut plan);
    plan.finish()
}

/// Groups that carry the link's id and are not of its name or VPC: tags can be copied.
fn group_copies<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a SecurityGroup> {
    facts.seen.groups.iter().filter(|group| {
        ownership::is_owned(&facts.spec.link, &group.tags)
            && facts.group_claim(group) == Claim::Foreign
    })
}

/// Every endpoint that carries the link's id is the link's own; the sentence says which were compared.
fn check_identity(facts: &Facts<'_>, plan: &mut Builder) {
    let (link, vpc, target) = (&facts.spec.link, &facts.spec.vpc, facts.owner.leads_to());
    let own = &facts.own_endpoints;
    let identity = checks::identity(facts);
    let sentence = match &identity {
        Err(_) => format!("what carries the id of link {link} leads from {vpc} to {target}"),
        Ok(()) if own.is_empty() => {
            format!("no endpoint carries the tag {}={link}", ownership::LINK_TAG)
        }
        Ok(()) => {
            let ids = list(own.iter().map(|it| &it.id));
            format!("link {link} has {ids}, from {vpc} to {target}")
        }
    };
    plan.check(steps::CHECK_ENDPOINTS, sentence, identity);
}

fn endpoints(facts: &Facts<'_>, plan: &mut Builder) {
    let gate = plan.is_open();
    for endpoint in &facts.own_endpoints {
        let id = &endpoint.id;
        let call = plan.ec2(Ec2Call::DeleteEndpoint { endpoint: id.clone() });
        let sentence = format!("{id} goes");
        plan.act_one(gate, steps::DELETE_ENDPOINT, id.as_str(), sentence, Need::Call(call));
    }
    let going: Vec<_> = facts
        .seen
        .endpoints
        .iter()
        .filter(|endpoint| {
            facts.endpoint_claim(endpoint).is_own() && endpoint.state == EndpointState::Deleting
        })
        .map(|endpoint| &endpoint.id)
        .collect();
    let progress = if facts.own_endpoints.is_empty() {
        Progress::gone(&going, ENDPOINT_GONE_USUALLY)
    } else {
        Progress::NotStarted
    };
    let ids: Vec<_> = facts.own_endpoints.iter().map(|it| &it.id).chain(going).collect();
    let region = &facts.seen.region;
    let until = commands::endpoints_gone(region, &ids, facts.spec.deadlines.endpoint_deletion);
    let sentence = "the link's own endpoint is gone".to_owned();
    plan.wait(steps::ENDPOINT_GONE, sentence, None, until, progress);
}

fn group(facts: &Facts<'_>, plan: &mut Builder) {
    let Some(group) = facts.own_group else {
        return;
    };
    let progress = if let Some(foreign) = foreign_user(facts, group) {
        Progress::Blocked(Blocker::new(
            Code::SecurityGroupInUse,
            format!(
                "{} still carries {}, the link's own security group, and {}",
                foreign.id,
                group.id,
                ownership::belongs_to(&foreign.tags)
            ),
            format!(
                "take the group away from it, or delete it; if it is the link's, tag it {}",
                facts.owner.marks()
            ),
        ))
    } else if facts.seen.interfaces.is_empty() {
        Progress::Done
    } else {
        let using = list(
            facts
                .seen
                .interfaces
                .iter()
                .map(|interface| format!("{} ({})", interface.id, interface.description)),
        );
        Progress::waiting(
            format!("interfaces that still use {}: {using}", group.id),
            INTERFACES_GONE_USUALLY,
        )
    };
    plan.wait(
        steps::INTERFACES_GONE,
        format!("no interface uses {} any more", group.id),
        None,
        commands::unused(&facts.seen.region, &group.id, facts.spec.deadlines.interfaces),
        progress,
    );
    let sentence = format!("security group {} ({}) goes", group.name, group.id);
    let call = plan.ec2(Ec2Call::DeleteSecurityGroup { group: group.id.clone() });
    plan.act(steps::DELETE_GROUP, sentence, Need::Call(call));
}

/// An endpoint that is not the link's own, and carries its group.
fn foreign_user<'a>(facts: &Facts<'a>, group: &SecurityGroup) -> Option<&'a VpcEndpoint> {
    facts.seen.neighbours.iter().flatten().find(|endpoint| {
        endpoint.groups.contains(&group.id)
            && !is_deleted(&endpoint.state)
            && !facts.endpoint_claim(endpoint).is_own()
    })
}

fn heroku_side(facts: &Facts<'_>, plan: &mut Builder) {
    let Facts { spec, seen, .. } = *facts;
    let addon = &facts.handle;
    let Some(link) = &seen.private_link else { return };
    let stays = match spec.heroku_teardown {
        HerokuTeardown::Keep | HerokuTeardown::Disallow => !is_going(&link.status),
        HerokuTeardown::Delete => false,
    };
    for note in principals::notes(Some(link).filter(|_| stays), addon) {
        plan.note(note);
    }
    match spec.heroku_teardown {
        HerokuTeardown::Keep => {
            plan.note(format!("the endpoint service of {addon} stays, as the spec says"));
        }
        HerokuTeardown::Disallow => {
            let wanted = &facts.principals;
            let there: BTreeSet<_> = link
                .allowed_accounts
                .iter()
                .filter_map(|account| account.principal.known().cloned())
                .filter(|principal| wanted.contains(principal))
                .collect();
            if !there.is_empty() {
                let sentence = format!("disallow {}", forms(&there));
                let call = HerokuCall::Disallow { addon: addon.clone(), principals: there };
                plan.act(steps::DISALLOW, sentence, Need::Call(call.into()));
            }
        }
        HerokuTeardown::Delete => {
            let going = is_going(&link.status);
            let call = HerokuCall::DeleteEndpointService { addon: addon.clone() };
            plan.act(
                steps::DELETE_SERVICE,
                format!("the endpoint service of {addon} goes"),
                Need::unless(going, call.into()),
            );
            let progress = if going {
                Progress::waiting(
                    format!("Heroku to delete the endpoint service of {addon}"),
                    SERVICE_GONE_USUALLY,
                )
            } else {
                Progress::NotStarted
            };
            plan.wait(
                steps::SERVICE_GONE,
                format!("the endpoint service of {addon} is gone"),
                None,
                commands::service_gone(addon, spec.deadlines.endpoint_service_deletion),
                progress,
            );
        }
    }
}

/// Nobody else would be cut off by what the teardown does on Heroku's side.
fn check_connections(facts: &Facts<'_>) -> Result<(), Blocker> {
    let Some(link) = &facts.seen.private_link else { return Ok(()) };
    let principals = &facts.principals;
    // Heroku lists an endpoint some time after AWS does.
    let unlisted = facts.foreign_endpoints.iter().filter(|endpoint| {
        let is_it = |it: &EndpointConnection| it.endpoint.as_ref() == Some(&endpoint.id);
        facts.spec.heroku_teardown != HerokuTeardown::Keep && !link.connections.iter().any(is_it)
    });
    let endangered: Vec<_> = link
        .connections
        .iter()
        .filter(|connection| is_somebody_elses(facts, connection))
        .filter(|connection| match facts.spec.heroku_teardown {
            HerokuTeardown::Keep => false,
            HerokuTeardown::Delete => true,
            // An owner that Heroku does not tell may be anyone, so also one of these.
            HerokuTeardown::Disallow => connection.owner.as_ref().is_none_or(|owner| {
                principals.iter().any(|principal| principal.account() == owner.account())
            }),
        })
        .map(|connection| {
            connection
                .endpoint
                .as_ref()
                .map_or("an endpoint unknown to this version", AsRef::as_ref)
        })
        .chain(unlisted.map(|endpoint| endpoint.id.as_str()))
        .collect();
    if endangered.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::OthersAreConnected,
        format!(
            "{} is connected to the endpoint service too and would be cut off",
            list(endangered)
        ),
        "let the spec keep the endpoint service and its principals, or disconnect the others first",
    ))
}

fn is_somebody_elses(facts: &Facts<'_>, connection: &EndpointConnection) -> bool {
    let is_ours = facts.seen.endpoints.iter().any(|endpoint| {
        connection.endpoint.as_ref() == Some(&endpoint.id)
            && (facts.endpoint_claim(endpoint).is_own() || is_deleted(&endpoint.state))
    });
    let is_over = match connection.status {
        ConnectionStatus::Rejected
        | ConnectionStatus::Failed
        | ConnectionStatus::Deleting
        | ConnectionStatus::Deleted => true,
        ConnectionStatus::PendingAcceptance
        | ConnectionStatus::Pending
        | ConnectionStatus::Available
        | ConnectionStatus::Other(_) => false,
    };
    !is_ours && !is_over
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Home;
    use crate::model::{AddonRef, AwsPrincipal, PrivateLinkStatus};
    use crate::privatelink::snapshot::Snapshot;
    use crate::privatelink::spec::PrivateLinkSpec;
    use crate::provider::{Addon, CallerIdentity, PrivateLink};

    /// A world in which there is nothing but an endpoint service with one connection.
    fn seen(connection: EndpointConnection) -> Snapshot {
        Snapshot {
            caller: CallerIdentity {
                account: "123456789101".parse().unwrap(),
                arn: "arn:aws:iam::123456789101:user/x".parse().unwrap(),
            },
            region: "us-east-1".parse().unwrap(),
            addons: vec![Addon {
                id: "5bbf672c-0000-4000-8000-f1dcb96784db".parse().unwrap(),
                name: "redis-1".parse().unwrap(),
                app: "app".parse().unwrap(),
                plan: "heroku-redis:private-7".parse().unwrap(),
                state: crate::model::AddonState::Provisioned,
            }],
            home: Home::default(),
            private_link: Some(PrivateLink {
                status: PrivateLinkStatus::Operational,
                service_name: "com.amazonaws.vpce.us-east-1.vpce-svc-1".parse().ok(),
                allowed_accounts: Vec::new(),
                connections: vec![connection],
            }),
            vpc: None,
            subnets: Vec::new(),
            service: None,
            groups: Vec::new(),
            groups_of_endpoint: Vec::new(),
            acls: None,
            group_of_same_name: None,
            endpoints: Vec::new(),
            neighbours: None,
            interfaces: Vec::new(),
            referring: Vec::new(),
            connections: Vec::new(),
            bundle_sources: std::collections::BTreeMap::new(),
            copies: Vec::new(),
        }
    }

    #[test]
    fn whatever_is_not_known_to_be_ours_or_over_counts_as_somebody_elses() {
        let theirs: AwsPrincipal = "999999999999".parse().unwrap();
        let ours: AwsPrincipal = "123456789101".parse().unwrap();
        let available = ConnectionStatus::Available;
        // Endpoint, owner, status; whether deleting, and disallowing, is refused.
        let table = [
            (Some("vpce-1"), Some(&theirs), available.clone(), true, false),
            (Some("vpce-1"), Some(&ours), available.clone(), true, true),
            (Some("vpce-1"), None, available.clone(), true, true),
            (None, None, available, true, true),
            (None, Some(&theirs), ConnectionStatus::from("Hibernating"), true, false),
            (Some("vpce-1"), Some(&ours), ConnectionStatus::Deleted, false, false),
        ];
        for (endpoint, owner, status, no_deletion, no_disallowing) in table {
            let seen = seen(EndpointConnection {
                endpoint: endpoint.map(|id| id.parse().unwrap()),
                hostname: None,
                owner: owner.cloned(),
                status: status.clone(),
            });
            let mut spec = PrivateLinkSpec::new(
                "demo".parse().unwrap(),
                "redis-1".parse::<AddonRef>().unwrap(),
                "vpc-1".parse().unwrap(),
            );
            for (policy, refused) in [
                (HerokuTeardown::Keep, false),
                (HerokuTeardown::Delete, no_deletion),
                (HerokuTeardown::Disallow, no_disallowing),
            ] {
                spec.heroku_teardown = policy;
                let plan = tear_down(&Facts::of(&spec, &seen));
                let blocked = plan.blockers().any(|b| b.code == "others-are-connected");
                assert_eq!(blocked, refused, "{endpoint:?} {owner:?} {status} {policy:?}");
            }
        }
    }
}
