//! What the open steps of a plan add to the bills of both clouds.

use std::fmt;

use serde::Serialize;

use super::plan::{Cloud, Plan, Status, StepName};
use crate::bundle::SECRETS_MANAGER;
use crate::model::{AwsRegion, PlanName};
use crate::provider::{Call, Ec2Call, HerokuCall, KmsCall, SinkCall};

/// What is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Charge {
    /// An interface endpoint, in each of its zones and for each hour that is begun, from its creation
    /// to its deletion: also while nobody has accepted it.
    InterfaceEndpoint,
    /// What an interface endpoint processes, in both directions.
    EndpointData,
    /// What crosses zones over a peering. The peering itself costs nothing, nor does what stays in a
    /// zone.
    PeeringData,
    /// A customer managed key, until its deletion is scheduled.
    Key,
    /// The older material of a key that rotates: one from the first rotation on, two from the second
    /// on, and never more.
    RotatedKey,
    /// A secret of Secrets Manager, until its deletion.
    Secret,
    /// An add-on of this plan.
    Addon(PlanName),
}

/// What the units of a [`Cost`] are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Per {
    /// Each for every hour.
    Hour,
    /// Each for every month, of which a part is billed as such.
    Month,
    /// Each gigabyte.
    Gigabyte,
}

/// What a cloud's price list says, where it says the same of all commercial regions of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ListPrice {
    /// In hundredths of a US dollar, for one unit.
    pub cents: u32,
    /// The month in which the list said so, such as `2026-03`.
    pub as_of: &'static str,
}

/// What a step adds to a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Cost {
    /// The step.
    pub step: StepName,
    /// What is billed.
    pub charge: Charge,
    /// How many units; `None` where that depends on use, or on what the plan does not know yet.
    pub units: Option<usize>,
    /// What they are counted by.
    pub per: Per,
    /// Who bills.
    pub biller: Cloud,
    /// What one unit costs, where one figure is true.
    pub list_price: Option<ListPrice>,
    /// The page that tells what it costs.
    pub source: &'static str,
}

/// AWS had one price for a key everywhere, with that of its rotations, when it was looked at last.
const KEY_PRICE: ListPrice = ListPrice { cents: 100, as_of: "2026-03" };

impl Charge {
    fn per(&self) -> Per {
        match self {
            Self::InterfaceEndpoint => Per::Hour,
            Self::EndpointData | Self::PeeringData => Per::Gigabyte,
            Self::Key | Self::RotatedKey | Self::Secret | Self::Addon(_) => Per::Month,
        }
    }

    fn biller(&self) -> Cloud {
        match self {
            Self::InterfaceEndpoint
            | Self::EndpointData
            | Self::PeeringData
            | Self::Key
            | Self::RotatedKey
            | Self::Secret => Cloud::Aws,
            Self::Addon(_) => Cloud::Heroku,
        }
    }

    fn source(&self) -> &'static str {
        match self {
            Self::InterfaceEndpoint | Self::EndpointData => {
                "https://aws.amazon.com/privatelink/pricing/"
            }
            Self::PeeringData => "https://aws.amazon.com/ec2/pricing/on-demand/",
            Self::Key | Self::RotatedKey => "https://aws.amazon.com/kms/pricing/",
            Self::Secret => "https://aws.amazon.com/secrets-manager/pricing/",
            Self::Addon(_) => "https://www.heroku.com/pricing/",
        }
    }

    fn list_price(&self, region: Option<&AwsRegion>) -> Option<ListPrice> {
        match self {
            Self::Key | Self::RotatedKey if region.is_some_and(is_commercial) => Some(KEY_PRICE),
            Self::Key
            | Self::RotatedKey
            | Self::InterfaceEndpoint
            | Self::EndpointData
            | Self::PeeringData
            | Self::Secret
            | Self::Addon(_) => None,
        }
    }
}

/// Whether a region is of the partition `aws`; the others have price lists of their own.
fn is_commercial(region: &AwsRegion) -> bool {
    !["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"]
        .iter()
        .any(|start| region.as_str().starts_with(start))
}

impl Plan {
    /// What the open steps add to the bills, in units: what is billed, by whom, and how it is counted.
    ///
    /// It is derived from the calls of the plan alone. A plan that is settled, adopts what exists or
    /// only deletes adds nothing. Prices are not: they differ by region and contract, so a figure
    /// stands only where AWS has the same everywhere, with its date. Not listed are requests to KMS,
    /// and what traffic costs on its way to an endpoint.
    pub fn costs(&self) -> Vec<Cost> {
        let open = self.steps.iter().filter(|step| step.status != Status::Done);
        let calls = open.filter_map(|step| step.call.as_ref().map(|call| (step, call)));
        let mut costs = Vec::new();
        for (step, call) in calls {
            let region = match call {
                Call::Ec2 { region, .. } | Call::Kms { region, .. } => Some(region),
                Call::Heroku { .. } | Call::Sink { .. } => None,
            };
            costs.extend(charges(call).into_iter().map(|(charge, units)| Cost {
                step: step.name.clone(),
                units,
                per: charge.per(),
                biller: charge.biller(),
                list_price: charge.list_price(region),
                source: charge.source(),
                charge,
            }));
        }
        costs
    }
}

/// What a call adds, with its units.
fn charges(call: &Call) -> Vec<(Charge, Option<usize>)> {
    match call {
        Call::Ec2 { request, .. } => match request {
            Ec2Call::CreateEndpoint(request) => {
                // The subnets are known only when the zones of the service are.
                let zones = Some(request.subnets.len()).filter(|zones| *zones > 0);
                vec![(Charge::InterfaceEndpoint, zones), (Charge::EndpointData, None)]
            }
            Ec2Call::ModifyEndpoint { change, .. } => {
                let more = change.add_subnets.len().saturating_sub(change.remove_subnets.len());
                if more > 0 { vec![(Charge::InterfaceEndpoint, Some(more))] } else { vec![] }
            }
            Ec2Call::CreatePeering(_) => vec![(Charge::PeeringData, None)],
            Ec2Call::CreateSecurityGroup(_)
            | Ec2Call::AuthorizeIngress { .. }
            | Ec2Call::RevokeIngress { .. }
            | Ec2Call::DeleteSecurityGroup { .. }
            | Ec2Call::DeleteEndpoint { .. }
            | Ec2Call::DeletePeering { .. }
            | Ec2Call::CreateRoute(_)
            | Ec2Call::DeleteRoute { .. }
            | Ec2Call::Tag { .. } => vec![],
        },
        Call::Kms { request, .. } => match request {
            // A key whose deletion is scheduled is not billed, until that is cancelled.
            KmsCall::CreateKey(_) | KmsCall::CancelDeletion { .. } => vec![(Charge::Key, Some(1))],
            KmsCall::EnableRotation { .. } => vec![(Charge::RotatedKey, Some(2))],
            KmsCall::CreateAlias { .. }
            | KmsCall::TagKey { .. }
            | KmsCall::PutPolicy { .. }
            | KmsCall::EnableKey { .. }
            | KmsCall::DisableKey { .. }
            | KmsCall::ScheduleDeletion { .. } => vec![],
        },
        Call::Heroku { request } => match request {
            HerokuCall::CreateAddon(request) => {
                vec![(Charge::Addon(request.plan.clone()), Some(1))]
            }
            HerokuCall::CreateEndpointService { .. }
            | HerokuCall::Allow { .. }
            | HerokuCall::Disallow { .. }
            | HerokuCall::DeleteEndpointService { .. }
            | HerokuCall::AcceptPeering { .. }
            | HerokuCall::Unfollow { .. }
            | HerokuCall::Attach(_) => vec![],
        },
        Call::Sink { request } => match request {
            SinkCall::Deliver { at, replaces: false, .. } if at.to.as_str() == SECRETS_MANAGER => {
                vec![(Charge::Secret, Some(1))]
            }
            SinkCall::Deliver { .. } | SinkCall::Remove { .. } => vec![],
        },
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceEndpoint => f.write_str("zone of an interface endpoint"),
            Self::EndpointData => f.write_str("data through the interface endpoint"),
            Self::PeeringData => f.write_str("data over the peering that crosses zones"),
            Self::Key => f.write_str("KMS key"),
            Self::RotatedKey => f.write_str("older material of the KMS key, as it rotates"),
            Self::Secret => f.write_str("secret of Secrets Manager"),
            Self::Addon(plan) => write!(f, "add-on of the plan {plan}"),
        }
    }
}

/// One line, such as `aws: 2 × zone of an interface endpoint, per hour (https://…)`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let biller = self.biller.as_str();
        write!(f, "{biller}: ")?;
        match (self.units, &self.charge) {
            (Some(units), Charge::RotatedKey) => write!(f, "up to {units} × ")?,
            (Some(units), _) => write!(f, "{units} × ")?,
            (None, _) => {}
        }
        let per = match self.per {
            Per::Hour => "per hour",
            Per::Month => "per month",
            Per::Gigabyte => "per gigabyte",
        };
        write!(f, "{}, {per}", self.charge)?;
        if let Some(ListPrice { cents, as_of }) = self.list_price {
            write!(f, ", ${}.{:02} each as of {as_of}", cents / 100, cents % 100)?;
        }
        write!(f, " ({})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_said_of_commercial_regions_alone() {
        for (region, expected) in [
            ("us-east-1", Some(KEY_PRICE)),
            ("ap-northeast-1", Some(KEY_PRICE)),
            ("cn-north-1", None),
            ("us-gov-west-1", None),
            ("us-iso-east-1", None),
        ] {
            let region = region.parse().unwrap();
            assert_eq!(Charge::Key.list_price(Some(&region)), expected, "{region}");
            assert_eq!(Charge::InterfaceEndpoint.list_price(Some(&region)), None, "{region}");
        }
    }
}
