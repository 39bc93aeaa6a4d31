//! What must hold of a key before anything is done with it.

use super::facts::{Facts, Use};
use super::spec::Ending;
use super::unknown_user::UnknownUser;
use crate::model::{AccountId, AwsRegion, KeyArn};
use crate::reconcile::{Blocker, Code, list};

/// A key that is named by its ARN can be asked for, and is there.
pub(crate) fn named_key(
    key: &KeyArn,
    region: &AwsRegion,
    account: &AccountId,
    is_there: bool,
) -> Result<(), Blocker> {
    if key.region() != region {
        return Err(Blocker::new(
            Code::KeyOfAnotherRegion,
            format!("{key} is in {}, and these AWS credentials speak to {region}", key.region()),
            "use a key and credentials of the add-on's region: Heroku takes no key of another",
        ));
    }
    if key.account() != account {
        return Err(Blocker::new(
            Code::KeyOfAnotherAccount,
            format!("{key} belongs to account {}, and the credentials to {account}", key.account()),
            "use credentials of the key's account: no other can read its policy",
        ));
    }
    if !is_there {
        return Err(Blocker::new(
            Code::UnknownKey,
            format!("{key} cannot be found"),
            "check the id, the region and the credentials",
        ));
    }
    Ok(())
}

/// The key is there, and in a state that can be changed.
pub(super) fn key(facts: &Facts) -> Result<(), Blocker> {
    let (key, seen) = (&facts.spec.key, facts.seen);
    named_key(key, &seen.region, &seen.caller.account, seen.key.is_some())?;
    let odd = match &seen.key {
        Some(found) if found.is_aws_managed => "managed by AWS",
        Some(found) if facts.state == Use::Odd => found.state.as_str(),
        Some(_) | None => return Ok(()),
    };
    Err(Blocker::new(
        Code::KeyState,
        format!("{key} is {odd}"),
        "only a key that is yours, and enabled, disabled or to be deleted, can be changed",
    ))
}

/// A key that is to be deleted has no users, known or not.
pub(super) fn users(facts: &Facts) -> Result<(), Blocker> {
    let (spec, seen) = (facts.spec, facts.seen);
    match spec.ending {
        Ending::ScheduleDeletion(_) if !seen.used.is_empty() => Err(Blocker::new(
            Code::KeyInUse,
            format!("{} is used by {}", spec.key, facts.users),
            "migrate the data to an add-on under another key, and destroy the old one first",
        )),
        Ending::ScheduleDeletion(_) if !seen.unknown.is_empty() => Err(Blocker::new(
            Code::KeyPerhapsInUse,
            format!("{} may be used by: {}", spec.key, sentences(&seen.unknown)),
            "run again once they can be read and their services answer; or make sure that none of \
             them uses the key, and delete it by hand",
        )),
        Ending::Disable | Ending::ScheduleDeletion(_) => Ok(()),
    }
}

/// Somebody has seen what comes of the ending, and said yes to it.
pub(super) fn confirmation(facts: &Facts) -> Result<(), Blocker> {
    let (spec, seen) = (facts.spec, facts.seen);
    let remedy = "look at the consequences, and confirm them by naming the key";
    let Some(confirmation) = &spec.confirmation else {
        return Err(Blocker::new(
            Code::NotConfirmed,
            format!("nobody has confirmed {} {}", spec.ending, spec.key),
            remedy,
        ));
    };
    if confirmation.key != spec.key || confirmation.ending != spec.ending {
        return Err(Blocker::new(
            Code::ConfirmationOfSomethingElse,
            format!(
                "what was confirmed is {} {}, not {} {}",
                confirmation.ending, confirmation.key, spec.ending, spec.key
            ),
            remedy,
        ));
    }
    let new: Vec<_> = seen
        .used
        .iter()
        .filter(|used| !confirmation.covers(used.user.id))
        .map(|used| &used.user.addon)
        .collect();
    let unknown = confirmation.uncovered(&seen.unknown);
    let stops = (!new.is_empty()).then(|| format!("{} would stop as well", list(new)));
    let may_stop =
        (!unknown.is_empty()).then(|| format!("these may stop as well: {}", sentences(unknown)));
    let problems: Vec<_> = stops.into_iter().chain(may_stop).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let problem = format!("{}, which nobody has confirmed", problems.join("; and "));
    Err(Blocker::new(Code::ConsequencesChanged, problem, remedy))
}

/// Each has commas of its own.
fn sentences<'a>(users: impl IntoIterator<Item = &'a UnknownUser>) -> String {
    users.into_iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
