//! Limits of AWS that are looked at before anything is made.

use serde::{Deserialize, Serialize};

use super::snapshot::{Snapshot, is_deleted};
use super::spec::PrivateLinkSpec;
use crate::provider::{IngressRule, VpcEndpoint};
use crate::reconcile::Blocker;

/// AWS's limits for the account. The defaults are AWS's own; an account may have had them raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
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
        "endpoint-quota",
        format!("{} has {count} endpoints, and AWS allows {limit} in a VPC", spec.vpc),
        "delete one that is not needed, or have the quota L-29B6F2EB raised and tell the spec",
    ))
}

/// There is room for the rules of the link's own group.
pub(super) fn rules<'a>(
    spec: &PrivateLinkSpec,
    rules: impl IntoIterator<Item = &'a IngressRule>,
) -> Result<(), Blocker> {
    let (count, limit) = (rules.into_iter().count(), spec.quotas.rules_per_group);
    if count <= limit {
        return Ok(());
    }
    Err(Blocker::new(
        "rule-quota",
        format!("the clients need {count} rules, and AWS allows {limit} in a security group"),
        "name wider blocks or a security group, or have the quota L-0EA8095F raised and tell the \
         spec",
    ))
}

/// What of the quotas was looked at, for people.
pub(super) fn sentence(spec: &PrivateLinkSpec, seen: &Snapshot) -> String {
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
