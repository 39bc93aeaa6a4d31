//! What to take away, and in which order.

use std::collections::BTreeSet;

use super::checks;
use super::commands;
use super::plan::{SERVICE_GONE_USUALLY, is_going, mark};
use super::principals;
use super::references;
use super::snapshot::{Snapshot, group_name, is_deleted};
use super::spec::{EndpointChoice, HerokuTeardown, PrivateLinkSpec};
use super::steps::{self, KIND, scope};
use super::zones::forms;
use crate::model::{ConnectionStatus, EndpointState};
use crate::provider::{
    AddonHandle, Ec2Call, EndpointConnection, HerokuCall, PrivateLink, SecurityGroup, VpcEndpoint,
};
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
pub(super) fn tear_down(spec: &PrivateLinkSpec, seen: &Snapshot) -> Plan {
    let scope = scope(spec, &seen.caller, &seen.region);
    let addon = &commands::addon(spec, seen);
    let mut plan = Builder::new(KIND, &spec.link, scope.clone(), Goal::TornDown);
    plan.check(steps::CHECK_CALLER, scope.acting(), Ok(()));
    check_identity(spec, seen, &mut plan);
    let sentence = match seen.owned_group(spec) {
        Some(group) => format!("{} ({}) is the link's own", group.id, group.name),
        None => format!("no security group {} is the link's own", group_name(spec)),
    };
    plan.check(steps::CHECK_GROUPS, sentence, Ok(()));
    if let Some(group) = seen.owned_group(spec) {
        plan.check(
            steps::CHECK_REFERENCES,
            format!("no rule of another security group refers to {}", group.id),
            references::check(group, &seen.referring),
        );
        for note in references::stale(group, &seen.referring) {
            plan.note(note);
        }
    }
    if spec.heroku_teardown != HerokuTeardown::Keep && seen.addon().is_none() {
        let sentence = format!("add-on {addon} is known, whose endpoint service is to be changed");
        let unknown = checks::one_addon(spec, seen).map(drop).map_err(|blocker| Blocker {
            remedy: format!(
                "{}; if the add-on is gone, let the spec's `heroku-teardown` keep what is on \
                 Heroku's side",
                blocker.remedy
            ),
            ..blocker
        });
        plan.check(steps::CHECK_ADDON, sentence, unknown);
    }
    for copy in seen.group_copies(spec) {
        plan.note(format!(
            "{} ({}) stays: it carries the link's tags, and is not the link's own group {}",
            copy.id,
            copy.name,
            group_name(spec)
        ));
    }
    for stranger in seen.strangers(spec) {
        plan.note(match &spec.endpoint {
            EndpointChoice::Existing(id) if *id == stranger.id => {
                format!("{id} stays: the spec names it to be used as it is")
            }
            _ => format!("{} stays: it carries no tag of this link", stranger.id),
        });
    }
    let link = seen.private_link.as_ref();
    let service_is_free = check_connections(spec, seen, link);
    if let Err(blocker) = &service_is_free {
        plan.check(
            steps::CHECK_ADDON,
            format!("no other endpoint needs the endpoint service of {addon}"),
            Err(blocker.clone()),
        );
    }
    let gate = plan.is_open();
    mark(spec, seen, &mut plan, gate);
    endpoints(spec, seen, &mut plan);
    group(spec, seen, &mut plan);
    heroku_side(spec, seen, addon, &mut plan, link);
    plan.finish()
}

/// Every endpoint that carries the link's id is the link's own; the sentence says which were compared.
fn check_identity(spec: &PrivateLinkSpec, seen: &Snapshot, plan: &mut Builder) {
    let (link, vpc, target) = (&spec.link, &spec.vpc, seen.owner(spec).leads_to());
    let own = seen.owned(spec);
    let identity = checks::identity(spec, seen);
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

fn endpoints(spec: &PrivateLinkSpec, seen: &Snapshot, plan: &mut Builder) {
    let gate = plan.is_open();
    let owned = seen.owned(spec);
    for endpoint in &owned {
        let id = &endpoint.id;
        let call = plan.ec2(Ec2Call::DeleteEndpoint { endpoint: id.clone() });
        let sentence = format!("{id} goes");
        plan.act_one(gate, steps::DELETE_ENDPOINT, id.as_str(), sentence, Need::Call(call));
    }
    let going: Vec<_> = seen
        .endpoints
        .iter()
        .filter(|endpoint| {
            seen.claim(spec, endpoint).is_own() && endpoint.state == EndpointState::Deleting
        })
        .map(|endpoint| &endpoint.id)
        .collect();
    let progress = if owned.is_empty() {
        Progress::gone(&going, ENDPOINT_GONE_USUALLY, spec.deadlines.endpoint_deletion)
    } else {
        Progress::NotStarted
    };
    plan.wait(steps::ENDPOINT_GONE, "the link's own endpoint is gone".to_owned(), None, progress);
}

fn group(spec: &PrivateLinkSpec, seen: &Snapshot, plan: &mut Builder) {
    let Some(group) = seen.owned_group(spec) else {
        return;
    };
    let progress = if let Some(stranger) = foreign_user(spec, seen, group) {
        Progress::Blocked(Blocker::new(
            Code::SecurityGroupInUse,
            format!(
                "{} still carries {}, the link's own security group, and {}",
                stranger.id,
                group.id,
                ownership::stranger(&stranger.tags)
            ),
            format!(
                "take the group away from it, or delete it; if it is the link's, tag it {}",
                seen.owner(spec).marks()
            ),
        ))
    } else if seen.interfaces.is_empty() {
        Progress::Done
    } else {
        let using = list(
            seen.interfaces
                .iter()
                .map(|interface| format!("{} ({})", interface.id, interface.description)),
        );
        Progress::waiting(
            format!("interfaces that still use {}: {using}", group.id),
            INTERFACES_GONE_USUALLY,
            spec.deadlines.interfaces,
        )
    };
    plan.wait(
        steps::INTERFACES_GONE,
        format!("no interface uses {} any more", group.id),
        None,
        progress,
    );
    let sentence = format!("security group {} ({}) goes", group.name, group.id);
    let call = plan.ec2(Ec2Call::DeleteSecurityGroup { group: group.id.clone() });
    plan.act(steps::DELETE_GROUP, sentence, Need::Call(call));
}

/// An endpoint that is not the link's own, and carries its group.
fn foreign_user<'a>(
    spec: &PrivateLinkSpec,
    seen: &'a Snapshot,
    group: &SecurityGroup,
) -> Option<&'a VpcEndpoint> {
    seen.neighbours.iter().flatten().find(|endpoint| {
        endpoint.groups.contains(&group.id)
            && !is_deleted(&endpoint.state)
            && !seen.claim(spec, endpoint).is_own()
    })
}

fn heroku_side(
    spec: &PrivateLinkSpec,
    seen: &Snapshot,
    addon: &AddonHandle,
    plan: &mut Builder,
    link: Option<&PrivateLink>,
) {
    let Some(link) = link else { return };
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
            let wanted = seen.principals(spec);
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
                    spec.deadlines.endpoint_service_deletion,
                )
            } else {
                Progress::NotStarted
            };
            plan.wait(
                steps::SERVICE_GONE,
                format!("the endpoint service of {addon} is gone"),
                None,
                progress,
            );
        }
    }
}

/// Nobody else would be cut off by what the teardown does on Heroku's side.
fn check_connections(
    spec: &PrivateLinkSpec,
    seen: &Snapshot,
    link: Option<&PrivateLink>,
) -> Result<(), Blocker> {
    let Some(link) = link else { return Ok(()) };
    let principals = seen.principals(spec);
    let endangered: Vec<_> = link
        .connections
        .iter()
        .filter(|connection| is_somebody_elses(spec, seen, connection))
        .filter(|connection| match spec.heroku_teardown {
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

fn is_somebody_elses(
    spec: &PrivateLinkSpec,
    seen: &Snapshot,
    connection: &EndpointConnection,
) -> bool {
    let is_ours = seen.endpoints.iter().any(|endpoint| {
        connection.endpoint.as_ref() == Some(&endpoint.id)
            && (seen.claim(spec, endpoint).is_own() || is_deleted(&endpoint.state))
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
    use crate::provider::{Addon, CallerIdentity};

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
            namesake: None,
            endpoints: Vec::new(),
            neighbours: None,
            interfaces: Vec::new(),
            referring: Vec::new(),
            connections: Vec::new(),
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
                let plan = tear_down(&spec, &seen);
                let blocked = plan.blockers().any(|b| b.code == "others-are-connected");
                assert_eq!(blocked, refused, "{endpoint:?} {owner:?} {status} {policy:?}");
            }
        }
    }
}
