//! Links of one document that cannot both be there.

use std::collections::BTreeMap;

use super::document::{FleetLink, Problem};
use crate::link::LinkSpec;
use crate::model::AccountId;
use crate::privatelink::PrivateLinkSpec;

/// What is found: the later link is named with the earlier one. `account_of` says which links are in
/// one account, as far as that is known; else each target is one.
pub(super) fn of(
    links: &[FleetLink],
    account_of: impl Fn(&FleetLink) -> Option<AccountId>,
) -> Vec<Problem> {
    let mut first: BTreeMap<(String, Claim), &FleetLink> = BTreeMap::new();
    let mut problems = Vec::new();
    for link in links {
        let account = account_of(link);
        let account =
            account.map_or_else(|| link.target.to_string(), |account| account.to_string());
        for claim in claims(link) {
            let scope = if claim.is_of_account { account.clone() } else { String::new() };
            if let Some(earlier) = first.get(&(scope.clone(), claim.clone())) {
                let problem = format!("{} as {} {}", claim.what, earlier.place(), claim.why);
                problems.push(Problem { place: link.place(), problem });
            } else {
                first.insert((scope, claim), link);
            }
        }
    }
    problems.extend(exclusive(links));
    problems
}

/// What only one link may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    what: String,
    why: &'static str,
    /// Whether links of different accounts may both have it.
    is_of_account: bool,
}

fn claims(link: &FleetLink) -> Vec<Claim> {
    let claim = |is_of_account, what: String, why| Claim { what, why, is_of_account };
    let id = claim(
        true,
        format!("it has the id {}", link.spec.link()),
        "has in the same account; each id marks what one link owns",
    );
    let own = match &link.spec {
        LinkSpec::PrivateLink(spec) => claim(
            false,
            format!("it connects {} with {}", spec.vpc, spec.addon),
            "does; one endpoint does that job",
        ),
        LinkSpec::Peering(spec) => claim(
            false,
            format!("it peers {} with the space {}", spec.vpc, spec.space),
            "does; AWS takes one peering of the same two VPCs",
        ),
        LinkSpec::Encryption(spec) => claim(
            false,
            format!("it makes the add-on {}", spec.addon),
            "does; an add-on's name is unique on all of Heroku",
        ),
        LinkSpec::KeyAccess(spec) => claim(
            false,
            format!("it decides about the use of {}", spec.key),
            "does; two links would undo each other's work",
        ),
    };
    vec![id, own]
}

/// A list of principals that is exclusive disallows those of any other link to the same add-on.
fn exclusive(links: &[FleetLink]) -> impl Iterator<Item = Problem> {
    links.iter().filter_map(|link| {
        let spec = private_link(link).filter(|spec| spec.exclusive_principals)?;
        let other = links.iter().find(|other| {
            private_link(other).is_some_and(|it| it.addon == spec.addon && it.vpc != spec.vpc)
        })?;
        Some(Problem {
            place: link.place(),
            problem: format!(
                "its exclusive-principals disallow those of {}, which connects another VPC with {}; \
                 list the principals of both and let neither be exclusive",
                other.place(),
                spec.addon
            ),
        })
    })
}

fn private_link(link: &FleetLink) -> Option<&PrivateLinkSpec> {
    match &link.spec {
        LinkSpec::PrivateLink(spec) => Some(spec),
        LinkSpec::Peering(_) | LinkSpec::Encryption(_) | LinkSpec::KeyAccess(_) => None,
    }
}
