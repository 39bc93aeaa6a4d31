//! Who may connect: principals of one partition, and those that cannot be read.

use super::facts::Facts;
use super::zones::forms;
use crate::model::AllowedPrincipal;
use crate::provider::{AddonHandle, PrivateLink};
use crate::reconcile::{Blocker, Code, list};

/// All principals are of the caller's partition: AWS connects nobody across two.
pub(super) fn of_one_partition(facts: &Facts<'_>) -> Result<(), Blocker> {
    let partition = facts.seen.caller.arn.partition();
    let mut foreign = facts.principals.clone();
    foreign.retain(|principal| principal.partition() != partition);
    let Some(first) = foreign.first() else { return Ok(()) };
    Err(Blocker::new(
        Code::PrincipalOfAnotherPartition,
        format!(
            "the principals {} are of the AWS partition {}, and {} is of {partition}",
            forms(&foreign),
            first.partition(),
            facts.seen.caller.arn
        ),
        format!(
            "write principals of {partition} as ARNs, such as arn:{partition}:iam::{}:root",
            facts.seen.caller.account
        ),
    ))
}

/// What Heroku lists and this library cannot name to revoke it, each once.
pub(super) fn unreadable(link: Option<&PrivateLink>) -> Vec<AllowedPrincipal> {
    let listed = link.into_iter().flat_map(|link| &link.allowed_accounts);
    let mut odd: Vec<_> = listed
        .map(|account| account.principal.clone())
        .filter(|principal| principal.known().is_none())
        .collect();
    odd.sort();
    odd.dedup();
    odd
}

/// What a person should know of them where they may stay.
pub(super) fn notes(link: Option<&PrivateLink>, addon: &AddonHandle) -> Vec<String> {
    let odd = unreadable(link);
    let revoked = |principal: &AllowedPrincipal| {
        format!("revoke it with `{}`", addon.revoke(std::slice::from_ref(principal)))
    };
    odd.iter()
        .map(|principal| match principal {
            AllowedPrincipal::Anyone => format!(
                "warning: anyone may ask for a connection to the endpoint service of {addon}: \
                 Heroku lists {principal} among its principals; {}",
                revoked(principal)
            ),
            AllowedPrincipal::Known(_) | AllowedPrincipal::Unreadable(_)
                if principal.is_wildcard() =>
            {
                format!(
                    "warning: whoever matches {principal} may ask for a connection to the \
                     endpoint service of {addon}; {}",
                    revoked(principal)
                )
            }
            AllowedPrincipal::Known(_) | AllowedPrincipal::Unreadable(_) => format!(
                "Heroku lists {principal} among the principals of the endpoint service of \
                 {addon}, which is no account, user or role"
            ),
        })
        .collect()
}

/// Nobody is allowed who is not named, though Heroku may not let this library revoke them.
pub(super) fn only_readable(
    link: Option<&PrivateLink>,
    addon: &AddonHandle,
) -> Result<(), Blocker> {
    let odd = unreadable(link);
    if odd.is_empty() {
        return Ok(());
    }
    let (code, who) = if odd.iter().any(AllowedPrincipal::is_wildcard) {
        (Code::OpenToEverybody, "anyone may ask for a connection: ")
    } else {
        (Code::UnreadablePrincipals, "")
    };
    Err(Blocker::new(
        code,
        format!(
            "{who}Heroku lists {} among the principals of the endpoint service of {addon}, and the \
             spec allows no others than its own",
            list(&odd)
        ),
        format!(
            "revoke with `{}`; if Heroku refuses, open a support ticket, or let the spec not be \
             exclusive",
            addon.revoke(&odd)
        ),
    ))
}
