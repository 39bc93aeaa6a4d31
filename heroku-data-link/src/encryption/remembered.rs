//! What an encryption link takes into its driver's memory, so that it never has two keys.

use std::time::Duration;

use super::facts::{Facts, Own};
use crate::provider::{Call, HerokuCall, KmsCall};
use crate::reconcile::{Matter, Memory, Moment};

/// For how long a cloud may not show what it said is there, before that needs somebody's eyes.
pub(super) const SHOWN_WITHIN: Duration = Duration::from_secs(600);

/// Takes in what was seen. What was seen once, and is then missing from a read that lags, is missing
/// anew: the quiet time of an earlier time must not count.
pub(super) fn notice(facts: &Facts, memory: &mut Memory, now: Moment) {
    let (seen, keys) = (facts.seen, &facts.seen.keys);
    if let Some(key) = facts.key.filter(|_| facts.own == Own::Surely && keys.missing.is_none()) {
        memory.saw(&key.arn);
    }
    if keys.missing.is_some() {
        memory.spell_goes_on(Matter::KeyMissing, now);
    } else {
        memory.end_spell(Matter::KeyMissing);
    }
    // Forgotten once it was told, so that running again tries again.
    if seen.addon.is_some() || seen.name_taken >= SHOWN_WITHIN {
        memory.end_spell(Matter::NameTaken);
    }
    let only = facts.key.filter(|_| !keys.has_alias && keys.missing.is_none());
    memory.retain_wanted(|call| match call {
        Call::Kms { request: KmsCall::CreateKey(_), .. } => facts.candidates.is_empty(),
        Call::Kms { request: KmsCall::CreateAlias { key, .. }, .. } => {
            only.map(|only| &only.arn) == key.as_ref()
        }
        Call::Heroku { request: HerokuCall::CreateAddon(_) } => seen.addon.is_none(),
        Call::Ec2 { .. } | Call::Kms { .. } | Call::Heroku { .. } | Call::Sink { .. } => false,
    });
}
