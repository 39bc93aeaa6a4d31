//! The endpoint service on Heroku's side, up to where AWS sees it.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::{
    AllowedAccountStatus, AwsPrincipal, EndpointServiceName, EndpointState, PrivateLinkStatus,
};
use crate::privatelink::commands;
use crate::privatelink::facts::{Facts, is_going};
use crate::privatelink::principals;
use crate::privatelink::steps;
use crate::privatelink::zones::forms;
use crate::provider::{HerokuCall, PrivateLink};
use crate::reconcile::{Blocker, Code, Need, Progress, Usual, list};

/// Heroku's documents say 5 to 10 minutes; up to 15 have been seen.
const SERVICE_USUALLY: Usual = Usual::secs(300, 600);
/// A principal has been seen to be active within a minute of the service.
const PRINCIPAL_USUALLY: Usual = Usual::secs(20, 120);
/// AWS sees a new service after 30 to 60 seconds.
const VISIBLE_USUALLY: Usual = Usual::secs(20, 60);
/// A deleted endpoint service answers for some minutes.
pub(in crate::privatelink) const SERVICE_GONE_USUALLY: Usual = Usual::secs(60, 300);

impl Planner<'_> {
    pub(super) fn endpoint_service(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        let addon = &facts.handle;
        let wanted = &facts.principals;
        let principals = forms(wanted);
        let link = seen.private_link.as_ref();
        let going = link.is_some_and(|link| is_going(&link.status));
        if going {
            self.plan.wait(
                steps::SERVICE_GONE,
                format!("the former endpoint service of {addon} is gone"),
                None,
                commands::service_gone(addon, spec.deadlines.endpoint_service_deletion),
                Progress::waiting(
                    format!("Heroku to finish deleting the endpoint service of {addon}"),
                    SERVICE_GONE_USUALLY,
                ),
            );
        }
        let call =
            HerokuCall::CreateEndpointService { addon: addon.clone(), principals: wanted.clone() };
        self.plan.act(
            steps::CREATE_SERVICE,
            format!("endpoint service of {addon}, open to {principals}"),
            Need::unless(link.is_some() && !going, call.into()),
        );
        self.plan.wait(
            steps::AWAIT_OPERATIONAL,
            format!("the endpoint service of {addon} is operational"),
            Some(addon.privatelink("data:privatelink:wait", [])),
            commands::operational(addon, spec.deadlines.endpoint_service),
            operational(&addon.name, link.filter(|_| !going)),
        );
        self.principals(link.filter(|_| !going));

        let service = facts.service_to_be().map(EndpointServiceName::as_str);
        // An endpoint that has left the waiting room proves that AWS sees the service.
        let proven = facts.endpoint.is_some_and(|e| e.state == EndpointState::Available);
        let visible = if seen.service.is_some() || proven {
            Progress::Done
        } else {
            Progress::waiting(
                format!("AWS to see {}", service.unwrap_or("the endpoint service")),
                VISIBLE_USUALLY,
            )
        };
        self.plan.wait(
            steps::AWAIT_VISIBLE,
            format!("AWS sees {}", service.unwrap_or("the endpoint service")),
            Some(commands::visible_service(&seen.region, service)),
            commands::visible(&seen.region, service, spec.deadlines.visibility),
            visible,
        );
    }

    fn principals(&mut self, link: Option<&PrivateLink>) {
        let Facts { spec, handle, principals: wanted, .. } = self.facts;
        let allowed: BTreeSet<_> = link
            .into_iter()
            .flat_map(|link| &link.allowed_accounts)
            .filter_map(|account| account.principal.known().cloned())
            .collect();
        // A link that is not there yet is created with its principals.
        let missing: BTreeSet<_> =
            link.map(|_| wanted.difference(&allowed).cloned().collect()).unwrap_or_default();
        if !missing.is_empty() {
            let sentence = format!("allow {}", forms(&missing));
            let (addon, principals) = (handle.clone(), missing);
            let call = HerokuCall::Allow { addon, principals };
            self.plan.act(steps::ALLOW, sentence, Need::Call(call.into()));
        }
        let principals = forms(wanted);
        let active = if link.is_none() {
            Progress::NotStarted
        } else if link.is_some_and(|link| all_settled(link, wanted)) {
            Progress::Done
        } else {
            Progress::waiting(format!("{principals} to become active"), PRINCIPAL_USUALLY)
        };
        let until = commands::admitted(handle, wanted, spec.deadlines.principals);
        let sentence = format!("{principals} may connect");
        self.plan.wait(steps::AWAIT_ACTIVE, sentence, None, until, active);

        let extra: BTreeSet<_> = allowed.difference(wanted).cloned().collect();
        if spec.exclusive_principals && !extra.is_empty() {
            if let Some(blocker) = link.and_then(|link| unknown_admission(link, wanted, &extra)) {
                let sentence = format!("disallow {}", forms(&extra));
                self.plan.check(steps::DISALLOW, sentence, Err(blocker));
                return;
            }
            let sentence = format!("disallow {}", forms(&extra));
            let (addon, principals) = (handle.clone(), extra);
            let call = HerokuCall::Disallow { addon, principals };
            self.plan.act(steps::DISALLOW, sentence, Need::Call(call.into()));
        }
        if !spec.exclusive_principals {
            for note in principals::notes(link, handle) {
                self.plan.note(note);
            }
        } else if let Err(blocker) = principals::only_readable(link, handle) {
            let sentence = format!("only {} may connect", forms(wanted));
            self.plan.check(steps::CHECK_PRINCIPALS, sentence, Err(blocker));
        }
    }
}

fn operational(addon: &str, link: Option<&PrivateLink>) -> Progress {
    let Some(link) = link else {
        return Progress::NotStarted;
    };
    match (&link.status, &link.service_name) {
        (PrivateLinkStatus::Operational, Some(_)) => Progress::Done,
        // The name may come a moment after the status.
        (PrivateLinkStatus::Provisioning | PrivateLinkStatus::Operational, _) => Progress::waiting(
            format!("the endpoint service of {addon}, which is {}", link.status),
            SERVICE_USUALLY,
        ),
        (
            PrivateLinkStatus::Deprovisioning
            | PrivateLinkStatus::Deprovisioned
            | PrivateLinkStatus::Other(_),
            _,
        ) => Progress::Blocked(Blocker::new(
            Code::EndpointServiceState,
            format!("Heroku says that the endpoint service of {addon} is {}", link.status),
            "open a support ticket with Heroku, or delete the endpoint service and run again",
        )),
    }
}

/// A word of Heroku's that need not mean that a wanted principal may connect: then nobody else is
/// disallowed, who may be the one that connects today.
fn unknown_admission(
    link: &PrivateLink,
    wanted: &BTreeSet<AwsPrincipal>,
    extra: &BTreeSet<AwsPrincipal>,
) -> Option<Blocker> {
    let known = link
        .allowed_accounts
        .iter()
        .filter_map(|account| Some((account.principal.known()?, &account.status)));
    let words: Vec<_> = known
        .filter(|(principal, _)| wanted.contains(*principal))
        .filter_map(|(principal, status)| match status {
            AllowedAccountStatus::Provisioning
            | AllowedAccountStatus::Active
            | AllowedAccountStatus::Available => None,
            AllowedAccountStatus::Other(word) => {
                Some(format!("{} {word}", principal.heroku_form()))
            }
        })
        .collect();
    (!words.is_empty()).then(|| {
        Blocker::new(
            Code::UnknownPrincipalStatus,
            format!(
                "Heroku calls {}, which need not mean that it may connect, so {} stays allowed",
                list(words),
                forms(extra)
            ),
            "see that the principal may connect and disallow the others by hand, or let the spec \
             not be exclusive",
        )
    })
}

/// Whether every wanted principal is there and no longer being admitted. Anything but
/// `Provisioning` counts as settled, as the words for it have changed over the years.
fn all_settled(link: &PrivateLink, wanted: &BTreeSet<AwsPrincipal>) -> bool {
    wanted.iter().all(|principal| {
        link.allowed_accounts.iter().any(|account| {
            account.principal.known() == Some(principal)
                && account.status != AllowedAccountStatus::Provisioning
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::AllowedAccount;

    #[test]
    fn nobody_is_disallowed_while_heroku_calls_a_wanted_principal_by_an_unknown_word() {
        let principal = |text: &str| text.parse::<AwsPrincipal>().unwrap();
        let (wanted, extra) = (principal("123456789101"), principal("999999999999:role/old"));
        for (of_wanted, of_extra, expected) in [
            ("Active", "Revoked", false),
            ("available", "Active", false),
            ("Suspended", "Active", true),
        ] {
            let link = PrivateLink {
                status: PrivateLinkStatus::Operational,
                service_name: None,
                allowed_accounts: [(&wanted, of_wanted), (&extra, of_extra)]
                    .map(|(principal, status)| AllowedAccount {
                        principal: principal.clone().into(),
                        status: status.into(),
                    })
                    .into(),
                connections: Vec::new(),
            };
            let (wanted, extra) = ([wanted.clone()].into(), [extra.clone()].into());
            let blocker = unknown_admission(&link, &wanted, &extra);
            assert_eq!(blocker.is_some(), expected, "{of_wanted}");
            if let Some(blocker) = blocker {
                for part in ["123456789101 Suspended", "999999999999:role/old"] {
                    assert!(blocker.problem.contains(part), "{blocker}");
                }
            }
        }
    }
}
