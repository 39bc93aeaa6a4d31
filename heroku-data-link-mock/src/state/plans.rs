//! Plans of data services.

use heroku_data_link::model::{DataService, PlanName};

use super::{Refusal, Reply};

/// The last size of any plan.
const LARGEST: u8 = 14;

/// What the plans of a service begin with; a hyphen goes before a size.
fn families(service: DataService) -> &'static [&'static str] {
    match service {
        DataService::KeyValueStore => &["mini", "premium-", "private-", "shield-"],
        DataService::Kafka => &[
            "basic-",
            "standard-",
            "extended-",
            "private-standard-",
            "private-extended-",
            "shield-standard-",
            "shield-extended-",
        ],
        DataService::Postgres => &[
            "essential-",
            "standard-",
            "premium-",
            "private-",
            "shield-",
            "advanced",
            "advanced-private",
            "advanced-shield",
        ],
    }
}

/// Refuses a plan that no data service has.
pub(crate) fn check(plan: &PlanName) -> Reply<()> {
    let families = plan.service().map_or(&[][..], families);
    let is_of = |family: &&str| match plan.plan().strip_prefix(family) {
        Some("") => !family.ends_with('-'),
        Some(size) => family.ends_with('-') && size.parse().is_ok_and(|size: u8| size <= LARGEST),
        None => false,
    };
    if families.iter().any(is_of) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Couldn't find either the add-on service or the add-on plan of {:?}.",
        plan.as_str()
    )))
}

/// All plans of a service, without the service's name.
#[cfg(feature = "server")]
pub(crate) fn all(service: DataService) -> Vec<String> {
    let mut plans = Vec::new();
    for family in families(service) {
        if family.ends_with('-') {
            plans.extend((0..=LARGEST).map(|size| format!("{family}{size}")));
        } else {
            plans.push((*family).to_owned());
        }
    }
    plans
}
