//! Plans of add-ons.

use std::fmt;

use super::DataService;
use super::text::Rule;

text_type! {
    /// A plan, `service:plan`, such as `heroku-redis:private-3`.
    PlanName, "plan name", check, "^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$"
}

/// The part of a plan that decides whether it can be reached privately.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanTier {
    /// For Private Spaces.
    Private,
    /// For Shield Spaces.
    Shield,
    /// Postgres Advanced, which has no PrivateLink, in a space or not.
    Advanced,
    /// Another, by the first word of the plan in lower case: `premium`, `mini`.
    Other(String),
}

impl PlanName {
    /// The part before the colon: the slug of the add-on service.
    pub fn service_slug(&self) -> &str {
        self.split().0
    }

    /// The service, if it is one that can be reached privately.
    pub fn service(&self) -> Option<DataService> {
        DataService::from_slug(self.service_slug())
    }

    /// The part after the colon.
    pub fn plan(&self) -> &str {
        self.split().1
    }

    /// The tier, as the plan's name tells it in any case.
    pub fn tier(&self) -> PlanTier {
        let plan = self.plan().to_ascii_lowercase();
        let advanced = plan.starts_with("advanced") || plan.starts_with("performance");
        if advanced && self.service() == Some(DataService::Postgres) {
            return PlanTier::Advanced;
        }
        match plan.split('-').next().unwrap_or(&plan) {
            "private" => PlanTier::Private,
            "shield" => PlanTier::Shield,
            other => PlanTier::Other(other.to_owned()),
        }
    }

    fn split(&self) -> (&str, &str) {
        self.as_str().split_once(':').unwrap_or((self.as_str(), ""))
    }
}

impl PlanTier {
    /// Whether data plans of this tier have PrivateLink.
    pub fn has_private_link(&self) -> bool {
        match self {
            Self::Private | Self::Shield => true,
            Self::Advanced | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for PlanTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Private => "private",
            Self::Shield => "shield",
            Self::Advanced => "advanced",
            Self::Other(word) => word,
        })
    }
}

fn check(text: &str) -> Result<(), Rule> {
    let Some((service, plan)) = text.split_once(':') else {
        return Err("it must read service:plan, such as heroku-redis:private-3".into());
    };
    let valid = |part: &str| {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(valid)
    };
    if valid(service) && valid(plan) {
        return Ok(());
    }
    Err("both sides of the colon must have only ASCII letters, digits, \"-\", \"_\" and \".\""
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn a_plan_tells_its_service_and_tier() {
        use DataService::{Kafka, KeyValueStore, Postgres};
        let other = |word: &str| PlanTier::Other(word.to_owned());
        for (text, service, tier) in [
            ("heroku-redis:private-3", Some(KeyValueStore), PlanTier::Private),
            ("heroku-redis:shield", Some(KeyValueStore), PlanTier::Shield),
            ("heroku-redis:premium-0", Some(KeyValueStore), other("premium")),
            ("heroku-redis:advanced-1", Some(KeyValueStore), other("advanced")),
            ("heroku-redis:privateer-1", Some(KeyValueStore), other("privateer")),
            ("heroku-kafka:private-standard-2", Some(Kafka), PlanTier::Private),
            ("heroku-kafka:standard-2", Some(Kafka), other("standard")),
            ("heroku-postgresql:shield-0", Some(Postgres), PlanTier::Shield),
            ("heroku-postgresql:advanced", Some(Postgres), PlanTier::Advanced),
            ("heroku-postgresql:advanced-private", Some(Postgres), PlanTier::Advanced),
            ("heroku-postgresql:performance-4", Some(Postgres), PlanTier::Advanced),
            ("papertrail:choklad", None, other("choklad")),
            ("Heroku-Redis:Private-3", Some(KeyValueStore), PlanTier::Private),
            ("HEROKU-POSTGRESQL:ADVANCED-1", Some(Postgres), PlanTier::Advanced),
            ("heroku-redis:Premium-0", Some(KeyValueStore), other("premium")),
        ] {
            accepts::<PlanName>(&[text]);
            let plan: PlanName = text.parse().unwrap();
            assert_eq!((plan.service(), plan.tier()), (service, tier), "{text}");
            assert_eq!(format!("{}:{}", plan.service_slug(), plan.plan()), text);
        }
        let tiers = [PlanTier::Private, PlanTier::Shield, PlanTier::Advanced, other("mini")];
        let linked = tiers.each_ref().map(PlanTier::has_private_link);
        assert_eq!(linked, [true, true, false, false]);
        let printed = tiers.map(|tier| tier.to_string());
        assert_eq!(printed, ["private", "shield", "advanced", "mini"]);
    }

    #[test]
    fn refusals() {
        let shape = "it must read service:plan, such as heroku-redis:private-3";
        let sides = "both sides of the colon must have only ASCII letters, digits, \"-\", \"_\" \
                     and \".\"";
        for (text, rule) in [
            ("", shape),
            ("private-3", shape),
            (":", sides),
            ("heroku-redis:", sides),
            (":private-3", sides),
            ("a:b:c", sides),
            ("a/b:c", sides),
            ("a:b c", sides),
        ] {
            refuses::<PlanName>(&[(text, &format!("{text:?} is not a plan name: {rule}"))]);
        }
    }
}
