//! What is given to a service when an add-on is made.

use std::collections::BTreeMap;
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AddonRef, AppName, AwsRegion, ConnectionUrl, DataService, KeyArn, PlanName, PlanTier,
};
use heroku_data_link::provider::AddonOption;

use super::addons::AddonRecord;
use super::config_vars::host_of;
use super::{Refusal, Reply, State};

/// The option that names the customer's own key.
const ENCRYPTION_KEY: &str = "encryption-key";
/// The option that names what is forked.
const FORK: &str = "fork";
/// The option that names what is followed.
const FOLLOW: &str = "follow";

/// Where the data of an add-on came from.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) source: AddonId,
    pub(crate) follows: bool,
    /// When it stopped following.
    pub(crate) unfollowed_at: Option<SystemTime>,
}

/// What the service makes of the options.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) key: Option<KeyArn>,
    pub(crate) copy: Option<Copy>,
}

impl State {
    /// Reads the options of an add-on of this plan, in an app in this region.
    pub(crate) fn read_options(
        &self,
        now: SystemTime,
        app: &AppName,
        region: &AwsRegion,
        plan: &PlanName,
        options: &BTreeMap<String, AddonOption>,
    ) -> Reply<Options> {
        let mut read = Options::default();
        for (name, value) in options {
            match name.as_str() {
                ENCRYPTION_KEY => read.key = Some(key(region, plan, value)?),
                FORK | FOLLOW if read.copy.is_some() => {
                    return Err(Refusal::invalid("An add-on is a fork or a follower, not both."));
                }
                FORK | FOLLOW => {
                    let source = self.source(now, app, plan, name, value)?;
                    let follows = name == FOLLOW;
                    read.copy = Some(Copy { source, follows, unfollowed_at: None });
                }
                // Of no interest to a link: a version, a timeout.
                _ => {}
            }
        }
        Ok(read)
    }

    /// The add-on that is to be forked or followed.
    fn source(
        &self,
        now: SystemTime,
        app: &AppName,
        plan: &PlanName,
        option: &str,
        value: &AddonOption,
    ) -> Reply<AddonId> {
        let service = plan.service();
        let text = text_of(value);
        // The value is not repeated in a refusal: it may be a URL with a password.
        let refused = |why: &str| Refusal::invalid(format!("The value of {option} {why}."));
        let found = match (service, option, text.parse::<ConnectionUrl>()) {
            (Some(DataService::Kafka) | None, _, _)
            | (Some(DataService::KeyValueStore), FOLLOW, _) => {
                let slug = plan.service_slug();
                return Err(Refusal::invalid(format!("{slug} has no option {option}.")));
            }
            (_, _, Ok(url)) => self.listening_at(&url),
            (Some(DataService::KeyValueStore), _, Err(_)) => return Err(refused("is no URL")),
            (Some(DataService::Postgres), _, Err(_)) => self.called(app, text, now),
        };
        let found = found.and_then(|id| Some((id, self.heroku.addons.get(&id)?)));
        let (id, source) = found.ok_or_else(|| refused("leads nowhere"))?;
        if source.service() != service {
            return Err(refused("is of another service"));
        }
        if !self.is_available(source, now) {
            return Err(refused("is not ready to be copied"));
        }
        Ok(id)
    }

    /// The one add-on that a name means, in the app if there is one there.
    fn called(&self, app: &AppName, text: &str, now: SystemTime) -> Option<AddonId> {
        let reference: AddonRef = text.parse().ok()?;
        let inside = self.resolve(Some(app), &reference, now);
        let found = if inside.is_empty() { self.resolve(None, &reference, now) } else { inside };
        match found.as_slice() {
            [one] => Some(one.id),
            _ => None,
        }
    }

    /// The add-on whose URL this is.
    fn listening_at(&self, url: &ConnectionUrl) -> Option<AddonId> {
        let host = url.hosts().first()?.host();
        let is_at = |(id, record): &(&AddonId, &AddonRecord)| {
            host_of(**id) == host && url.password() == Some(&record.password)
        };
        self.heroku.addons.iter().find(is_at).map(|(id, _)| *id)
    }
}

/// A switch has no text.
fn text_of(value: &AddonOption) -> &str {
    match value {
        AddonOption::Text(text) => text,
        AddonOption::Secret(secret) => secret.expose(),
        AddonOption::Flag(_) => "",
    }
}

fn key(region: &AwsRegion, plan: &PlanName, value: &AddonOption) -> Reply<KeyArn> {
    let arn = text_of(value).parse::<KeyArn>().map_err(|error| {
        Refusal::invalid(format!("The encryption key is no key: {}", error.rule()))
    })?;
    if plan.service().is_none() || !matches!(plan.tier(), PlanTier::Private | PlanTier::Shield) {
        return Err(Refusal::invalid(format!("The plan {plan} takes no encryption key.")));
    }
    if arn.region() != region {
        return Err(Refusal::invalid(format!(
            "The encryption key is in {}, and the add-on would be in {region}.",
            arn.region()
        )));
    }
    Ok(arn)
}

impl Copy {
    /// What it is, for good.
    pub(crate) fn fingerprint(&self, ever: SystemTime) -> String {
        let word = if self.is_following(ever) { "follower" } else { "copy" };
        format!("{word} of {}", self.source)
    }

    pub(crate) fn is_following(&self, at: SystemTime) -> bool {
        self.follows && self.unfollowed_at.is_none_or(|until| at < until)
    }
}
