//! What must hold before anything is changed.

use super::facts::{Facts, Own};
use super::remembered::SHOWN_WITHIN;
use super::spec::{EncryptionSpec, KeyChoice};
use crate::home;
use crate::key_access::{checks::named_key, written_key};
use crate::model::{AddonState, KeyArn, KeyState, PlanTier};
use crate::provider::Key;
use crate::reconcile::ownership::{self, Claim};
use crate::reconcile::{Blocker, Code, list, shortened};

/// What KMS calls a symmetric key.
const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// What KMS calls a key for encryption and decryption.
const ENCRYPTS: &str = "ENCRYPT_DECRYPT";

/// The plan is one that takes a customer's key.
pub(super) fn plan(spec: &EncryptionSpec) -> Result<(), Blocker> {
    if spec.plan.service().is_none() {
        return Err(Blocker::new(
            Code::UnsupportedService,
            format!("{} takes no key of the customer", spec.plan.service_slug()),
            "a customer's key is for heroku-redis, heroku-kafka and heroku-postgresql",
        ));
    }
    match spec.plan.tier() {
        PlanTier::Private | PlanTier::Shield => {}
        tier @ (PlanTier::Advanced | PlanTier::Other(_)) => {
            return Err(Blocker::new(
                Code::PlanWithoutCustomerKeys,
                format!(
                    "{} is a {tier} plan, and a customer's key needs a private or shield plan",
                    spec.plan
                ),
                "name a private or shield plan; an add-on on another one moves by a migration",
            ));
        }
    }
    let option = spec.key_option.as_str();
    if matches!(option, "fork" | "follow") {
        return Err(Blocker::new(
            Code::UnusableKeyOption,
            format!("{option:?} cannot be the option that takes the key"),
            format!("leave `key-option` out for {:?}", super::KEY_OPTION),
        ));
    }
    Ok(())
}

const HOME: home::Words = home::Words {
    app: "the app",
    unknown_app: "check its name, and use a token of a member of the app's team",
    feature: "a customer's key",
    resident: |space| format!("space {}", space.name),
    other_region: |region| {
        format!("use a key in {region}: Heroku takes one of the add-on's own region only")
    },
};

/// The app is in a space of the key's region, and of the plan's kind.
pub(super) fn region(facts: &Facts) -> Result<(), Blocker> {
    let (spec, seen) = (facts.spec, facts.seen);
    let space = seen.home.space_in(&seen.region, &HOME)?;
    let tier = spec.plan.tier();
    let fits = match &tier {
        PlanTier::Private => !space.shield,
        PlanTier::Shield => space.shield,
        // Refused for itself, before.
        PlanTier::Advanced | PlanTier::Other(_) => true,
    };
    if fits {
        return Ok(());
    }
    let (kind, other) = if space.shield { ("Shield", "shield") } else { ("Private", "private") };
    Err(Blocker::new(
        Code::PlanOfAnotherSpace,
        format!("space {} is a {kind} Space, and the plan is a {tier} plan", space.name),
        format!("use a {other} plan"),
    ))
}

/// The key is there or can be made, is the link's or the spec's, and can be used.
pub(super) fn key(facts: &Facts) -> Result<(), Blocker> {
    let seen = facts.seen;
    match &facts.spec.key {
        KeyChoice::Existing { key, .. } => {
            named_key(key, &seen.region, &seen.caller.account, facts.key.is_some())
        }
        KeyChoice::Owned { .. } => own_key(facts),
    }?;
    facts.key.map_or(Ok(()), usable)
}

fn own_key(facts: &Facts) -> Result<(), Blocker> {
    let (spec, keys, owner) = (facts.spec, &facts.seen.keys, &facts.owner);
    let tag = format!("{}={}", ownership::LINK_TAG, spec.link);
    if facts.candidates.len() > 1 {
        return Err(several_keys(facts));
    }
    if let Some((key, missing)) = keys.missing.as_ref().filter(|(_, it)| *it >= SHOWN_WITHIN) {
        return Err(Blocker::new(
            Code::KeyNotShown,
            format!(
                "link {} has made or seen key {key}, and KMS has not shown it for {} min; no \
                 second one is made",
                spec.link,
                missing.as_secs() / 60
            ),
            "check that these credentials may describe the key and list keys, and run again; if it \
             was deleted on purpose, begin with a new workflow, which remembers no key",
        ));
    }
    if let Some(key) = facts.key.filter(|_| owner.claim(&keys.tags) == Claim::Elsewhere) {
        return Err(Blocker::new(
            Code::LinkIdInUse,
            format!(
                "{} carries the tag {tag} and {}; the spec is about {}",
                key.arn,
                ownership::made_for(&keys.tags),
                spec.addon
            ),
            format!(
                "choose another link id; to use the key for this add-on as well, name the key by its \
                 ARN; if the add-on was renamed, tag the key {}",
                owner.marks()
            ),
        ));
    }
    // An alias is given on purpose, and tags are copied by accident.
    let is_copy = facts.own == Own::ByTags && !keys.is_remembered;
    if let Some(key) = facts.key.filter(|_| is_copy) {
        return Err(Blocker::new(
            Code::TagsOfAnotherKey,
            format!(
                "{} carries the tag {tag}, and not the description {:?} that the link's own key \
                 is made with: its tags may be copied",
                key.arn, facts.description
            ),
            format!(
                "take the tag away from it; or give it the alias {}, which makes it the link's own, \
                 policy and rotation included; or name the key by its ARN to use it as it is",
                spec.alias().map_or_else(String::new, |alias| alias.to_string())
            ),
        ));
    }
    match facts.key.filter(|_| facts.own == Own::No) {
        Some(key) if !keys.has_alias => Err(Blocker::new(
            Code::KeyNotOurs,
            format!(
                "link {} has made or seen key {}, which belongs to link {} now",
                spec.link,
                key.arn,
                ownership::owner(&keys.tags).unwrap_or("of nobody")
            ),
            format!(
                "tag it {tag}, or name the key by its ARN to use it as it is; to have a new one made, \
                 begin with a new workflow, which remembers no key"
            ),
        )),
        Some(key) => Err(Blocker::new(
            Code::AliasNotOurs,
            format!(
                "the link's alias names {}, which {}",
                key.arn,
                match ownership::owner(&keys.tags) {
                    Some(link) => format!("belongs to link {link}"),
                    None => format!("does not carry the tag {tag}"),
                }
            ),
            "name the key by its ARN to use it as it is, tag it, or choose another alias",
        )),
        None => Ok(()),
    }
}

/// Several keys may be the link's: which of them is in use, and how to get out.
fn several_keys(facts: &Facts) -> Blocker {
    let (spec, keys, candidates) = (facts.spec, &facts.seen.keys, &facts.candidates);
    let is_under =
        |key: &KeyArn| facts.addon_key.is_some_and(|has| written_key::is(has, key) == Some(true));
    let alias = spec.alias().map_or_else(String::new, |alias| alias.to_string());
    let named = candidates.first().copied().filter(|_| keys.has_alias);
    let described = candidates.iter().map(|&key| {
        let mut uses = Vec::new();
        if named == Some(key) {
            uses.push(format!("which {alias} names"));
        }
        if is_under(key) {
            uses.push(format!("which encrypts {}", spec.addon));
        }
        if keys.missing.as_ref().is_some_and(|(missing, _)| missing == key) {
            uses.push("which this workflow made or saw, and which is not shown now".to_owned());
        }
        if uses.is_empty() {
            uses.push("which no alias of the link names".to_owned());
        }
        format!("{key}, {}", uses.join(" and "))
    });
    let described: Vec<_> = described.collect();
    let in_use = candidates.iter().copied().find(|key| is_under(key));
    let keep = match (in_use, named) {
        (Some(key), Some(named)) if key != named => {
            format!("keep {key}, which encrypts {}: let {alias} name it instead", spec.addon)
        }
        (Some(key), None) => {
            format!("keep {key}, which encrypts {}: give it the alias {alias}", spec.addon)
        }
        (Some(key), Some(_)) | (None, Some(key)) => format!("keep {key}"),
        (None, None) => format!("give the alias {alias} to the one to keep"),
    };
    Blocker::new(
        Code::SeveralKeys,
        format!("link {} has several keys: {}", spec.link, described.join("; ")),
        format!(
            "{keep}; schedule the deletion of the others once no add-on uses them; drive a link \
             from one process at a time"
        ),
    )
}

/// The key encrypts and decrypts, and nothing forbids it.
fn usable(key: &Key) -> Result<(), Blocker> {
    if key.is_aws_managed {
        return Err(Blocker::new(
            Code::KeyOfAws,
            format!("{} is managed by AWS, and nobody can let Heroku use it", key.arn),
            "use a key that you manage",
        ));
    }
    if key.spec != SYMMETRIC || key.usage != ENCRYPTS {
        return Err(Blocker::new(
            Code::KeyNotSymmetric,
            format!("{} is {} for {}", key.arn, key.spec, key.usage),
            format!("use a key that is {SYMMETRIC} for {ENCRYPTS}: backups take no other"),
        ));
    }
    let arn = &key.arn;
    match &key.state {
        KeyState::Enabled => Ok(()),
        KeyState::Disabled => Err(Blocker::new(
            Code::KeyDisabled,
            format!("{arn} is disabled, and whatever it encrypts cannot be read"),
            "enable it, if it was not disabled on purpose",
        )),
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => Err(Blocker::new(
            Code::KeyPendingDeletion,
            format!("{arn} is about to be deleted"),
            "cancel its deletion and enable it, or use another key",
        )),
        state @ (KeyState::Creating
        | KeyState::Updating
        | KeyState::PendingImport
        | KeyState::Unavailable
        | KeyState::Other(_)) => Err(Blocker::new(
            Code::KeyState,
            format!("KMS says that {arn} is {state}"),
            "bring it to the state Enabled, or use another key",
        )),
    }
}

/// An add-on of the spec's name is the app's, of the spec's service, and has the key.
pub(super) fn addon(facts: &Facts) -> Result<(), Blocker> {
    let (spec, wanted) = (facts.spec, &facts.candidates);
    let Some(addon) = &facts.seen.addon else { return name_is_free(facts) };
    let name = &addon.name;
    if addon.app != spec.app {
        return Err(Blocker::new(
            Code::AddonOfAnotherApp,
            format!("{name} belongs to app {}, not to {}", addon.app, spec.app),
            "choose another name, or name that app",
        ));
    }
    if addon.plan.service() != spec.plan.service() {
        return Err(Blocker::new(
            Code::AddonOfAnotherService,
            format!("{name} is {}, not {}", addon.plan, spec.plan.service_slug()),
            "choose another name, or name that plan",
        ));
    }
    match &addon.state {
        AddonState::Provisioned | AddonState::Provisioning => {}
        AddonState::Deprovisioning | AddonState::Deprovisioned | AddonState::Other(_) => {
            return Err(Blocker::new(
                Code::AddonNotProvisioned,
                format!("{name} is {}", addon.state),
                "choose another name; if it was given up while being made, the policy of its key \
                 is the usual reason",
            ));
        }
    }
    let Some(service) = facts.service else { return Ok(()) };
    let remedy = "a key cannot be given to an add-on later: choose another name, and migrate the \
                  data to the new add-on";
    let Some(has) = service.encryption_key.as_deref() else {
        return Err(Blocker::new(
            Code::AddonWithoutKey,
            format!("{name} was made without a key of the customer"),
            remedy,
        ));
    };
    // Of several keys, another check says which is in use.
    let matches: Vec<_> = wanted.iter().map(|key| written_key::is(has, key)).collect();
    if matches.contains(&Some(true)) {
        return Ok(());
    }
    if matches.contains(&None) {
        return Err(Blocker::new(
            Code::AddonKeyUnreadable,
            format!(
                "Heroku writes the key of {name} as {:?}, which cannot be compared with {}",
                shortened(has),
                list(wanted)
            ),
            "look up the add-on's key in Heroku's dashboard; if it is another one, choose another \
             name, and migrate the data to the new add-on",
        ));
    }
    let wanted = if wanted.is_empty() {
        "the link's own, which is not there".to_owned()
    } else {
        list(wanted)
    };
    Err(Blocker::new(
        Code::AddonUnderAnotherKey,
        format!("{name} is encrypted under {has}, not under {wanted}"),
        format!("name that key by its ARN; {remedy}"),
    ))
}

/// Heroku does not refuse the name for an add-on that is not shown.
fn name_is_free(facts: &Facts) -> Result<(), Blocker> {
    let (name, taken) = (&facts.spec.addon, facts.seen.name_taken);
    if taken < SHOWN_WITHIN {
        return Ok(());
    }
    Err(Blocker::new(
        Code::AddonNameTaken,
        format!(
            "Heroku has said for {} min that the name {name} is taken, and shows no such add-on \
             to this token",
            taken.as_secs() / 60
        ),
        "choose another name, or use a token that may see the add-on",
    ))
}
