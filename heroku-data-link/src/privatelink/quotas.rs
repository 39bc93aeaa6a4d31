//! Limits of AWS that are looked at before anything is made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::facts::{Facts, is_deleted};
use super::spec::PrivateLinkSpec;
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::provider::{IngressRule, SecurityGroup, VpcEndpoint};
use crate::reconcile::{Blocker, Code, list, rules};

/// AWS's limits for the account. The defaults are AWS's own; an account may have had them raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Quotas {
    /// Interface and Gateway Load Balancer endpoints per VPC (quota L-29B6F2EB): 50.
    pub endpoints_per_vpc: usize,
    /// Inbound IPv4 rules per security group (quota L-0EA8095F): 60.
    pub rules_per_group: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { endpoints_per_vpc: 50, rules_per_group: 60 }
    }
}

/// There is room for one more endpoint.
pub(super) fn endpoint(spec: &PrivateLinkSpec, neighbours: &[VpcEndpoint]) -> Result<(), Blocker> {
    let (count, limit) = (live(neighbours), spec.quotas.endpoints_per_vpc);
    if count < limit {
        return Ok(());
    }
    Err(Blocker::new(
        Code::EndpointQuota,
        format!("{} has {count} endpoints, and AWS allows {limit} in a VPC", spec.vpc),
        "delete one that is not needed, or have the quota L-29B6F2EB raised and tell the spec",
    ))
}

/// There is room for the rules of the link's own group, while those that they replace are still
/// there: nothing is revoked before its replacement is in place.
pub(super) fn rules(
    spec: &PrivateLinkSpec,
    wanted: &BTreeSet<IngressRule>,
    group: Option<&SecurityGroup>,
) -> Result<(), Blocker> {
    let limit = spec.quotas.rules_per_group;
    let count = wanted.len();
    if count > limit {
        return Err(Blocker::new(
            Code::RuleQuota,
            format!("the clients need {count} rules, and AWS allows {limit} in a security group"),
            "name wider blocks or a security group, or have the quota L-0EA8095F raised and tell \
             the spec",
        ));
    }
    let Some(group) = group else { return Ok(()) };
    // AWS counts rules for IPv6 addresses by themselves.
    let there = group.ingress.iter().filter(|rule| !rule.is_ipv6()).count();
    let missing = rules::missing_from(&group.ingress, wanted).count();
    if missing == 0 || there + missing <= limit {
        return Ok(());
    }
    let surplus = rules::missing_from(wanted, &group.ingress).filter(|rule| !rule.is_ipv6());
    let excess = there + missing - limit;
    Err(Blocker::new(
        Code::RuleQuotaForReplacement,
        format!(
            "{} has {there} inbound rules and needs {missing} more, and AWS allows {limit} in a \
             security group; the rules that are no longer wanted are revoked only once the new \
             ones are in place",
            group.id
        ),
        format!(
            "change the clients in several steps, have the quota L-0EA8095F raised and tell the \
             spec, or revoke {excess} by hand: {}",
            list(surplus.take(excess))
        ),
    ))
}

/// What of the quotas was looked at, for people.
pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let Facts { spec, seen, .. } = *facts;
    match &seen.neighbours {
        Some(neighbours) => format!(
            "{} has room for an endpoint: {} of {} are there",
            spec.vpc,
            live(neighbours),
            spec.quotas.endpoints_per_vpc
        ),
        None => format!("{} has the endpoint", spec.vpc),
    }
}

fn live(endpoints: &[VpcEndpoint]) -> usize {
    endpoints.iter().filter(|endpoint| !is_deleted(&endpoint.state)).count()
}
