//! Copies of the connection at sinks: whether they are the link's own, and what they lack.

use super::facts::Facts;
use super::output::Delivered;
use super::snapshot::SeenCopy;
use super::spec::PrivateLinkSpec;
use super::steps;
use crate::bundle::{
    Bundle, BundleError, CopyTeardown, Destination, PARAMETER_STORE, SECRETS_MANAGER,
};
use crate::model::{DataService, Stamp};
use crate::provider::{Retry, SinkCall, StoredCopy};
use crate::reconcile::ownership::{self, Claim, Claimed};
use crate::reconcile::{Blocker, Builder, Code, Need, Progress, StepKind, Until, Usual};

/// A sink answers within seconds, unless it is down.
const SINK_USUALLY: Usual = Usual::secs(5, 60);

/// A copy that the spec asks for, and that was looked at.
struct Copy<'a> {
    at: &'a Destination,
    /// What its steps are called after: unique in a plan.
    detail: String,
    found: Found<'a>,
}

/// What is to be there, without its text.
struct Wanted {
    stamp: Stamp,
    bytes: usize,
}

enum Found<'a> {
    /// What is there, and how many bytes the sink takes.
    Stored(Option<&'a StoredCopy>, Option<usize>),
    /// The sink does not answer at the moment.
    Unreachable(String),
    /// Somebody has to change something first.
    Unusable(Blocker),
}

fn copies<'a>(facts: &Facts<'a>) -> Vec<Copy<'a>> {
    let mut copies: Vec<Copy<'a>> = Vec::new();
    for (at, seen) in facts.spec.deliver.iter().zip(&facts.seen.copies) {
        let Some(seen) = seen else { continue };
        let is_same = |it: &&Copy<'_>| (&it.at.to, &it.at.name) == (&at.to, &at.name);
        let former = copies.iter().filter(is_same).count();
        let (detail, found) = match former {
            0 => (at.to_string(), found(at, seen)),
            more => {
                let blocker = Blocker::new(
                    Code::CopyNamedTwice,
                    format!("the spec delivers to {at} more than once"),
                    "leave all but one of them out, or change their names",
                );
                (format!("{at} ({})", more + 1), Found::Unusable(blocker))
            }
        };
        copies.push(Copy { at, detail, found });
    }
    copies
}

fn found<'a>(at: &Destination, seen: &'a SeenCopy) -> Found<'a> {
    Found::Unusable(match seen {
        SeenCopy::Read { stored, longest } => {
            return Found::Stored(stored.as_ref(), *longest);
        }
        SeenCopy::Unreadable(error) if error.retry() != Retry::Never => {
            return Found::Unreachable(format!("{at}, which cannot be read now: {error}"));
        }
        SeenCopy::Unreadable(error) => Blocker::new(
            Code::SinkUnusable,
            format!("{at} cannot be read: {error}"),
            "give the caller the permission, or correct the destination in the spec",
        ),
        SeenCopy::NoSink => Blocker::new(
            Code::UnknownSink,
            format!("this program offers no sink {}", at.to),
            "correct the sink's name in the spec, or use a program that offers it",
        ),
        SeenCopy::Refused(rule) => Blocker::new(
            Code::CopyRefused,
            format!("{at} cannot be kept so: {rule}"),
            "change the destination in the spec as the rule says",
        ),
    })
}

impl Copy<'_> {
    fn claim(&self, facts: &Facts<'_>) -> Claim {
        match self.found {
            Found::Stored(Some(stored), _) => facts.owner.claim(&stored.tags),
            Found::Stored(None, _) | Found::Unreachable(_) | Found::Unusable(_) => Claim::Foreign,
        }
    }

    /// The sink can be used, and what is there is the link's own.
    fn check(&self, facts: &Facts<'_>) -> Result<(), Blocker> {
        let stored = match &self.found {
            Found::Unusable(blocker) => return Err(blocker.clone()),
            Found::Unreachable(_) | Found::Stored(None, _) => return Ok(()),
            Found::Stored(Some(stored), _) => stored,
        };
        let (at, owner, claim) = (self.at, &facts.owner, self.claim(facts));
        if claim == Claim::Foreign {
            return Err(Blocker::new(
                Code::CopyNotOurs,
                format!("{at} exists already, and {}", ownership::belongs_to(&stored.tags)),
                "choose another name in the spec, or delete what is there",
            ));
        }
        if stored.is_going {
            return Err(Blocker::new(
                Code::CopyBeingDeleted,
                format!("{at} is being deleted, and keeps its name until it is gone"),
                "restore it, or choose another name in the spec",
            ));
        }
        let (id, does) = (at.to_string(), "holds a connection".to_owned());
        let claimed = Claimed { id: &id, tags: &stored.tags, does, claim };
        let joins = format!("{} and {}", facts.spec.vpc, owner.leads_to());
        let unclear = "use a Heroku token that can see the add-on";
        owner.check(&claimed, &joins, ", or choose another name for the copy", unclear)
    }

    /// What is to be there.
    fn wanted(&self, facts: &Facts<'_>) -> Result<Wanted, BundleError> {
        let none = || BundleError::Missing(Vec::new());
        let endpoint = facts.endpoint.ok_or_else(none)?;
        let (vars, attachment) = (&facts.seen.bundle_sources, self.at.attachment.as_ref());
        let bundle = Bundle::from_config_vars(&endpoint.id, vars, &self.at.names, attachment)?;
        let (text, stamp) = self.at.text(&facts.spec.link, &bundle)?;
        Ok(Wanted { stamp, bytes: text.expose().len() })
    }

    /// The sink takes so many bytes.
    fn fits(&self, bytes: usize, longest: Option<usize>) -> Result<(), Blocker> {
        let Some(longest) = longest.filter(|longest| bytes > *longest) else { return Ok(()) };
        let Destination { to, .. } = self.at;
        Err(Blocker::new(
            Code::CopyTooLong,
            format!(
                "the connection is too long for {}: its {bytes} bytes are more than the {longest} that \
                 {to} takes",
                self.at
            ),
            match to.as_str() {
                PARAMETER_STORE => {
                    "deliver one value, use the advanced tier in the program that offers the sink, or \
                     deliver to secrets-manager"
                }
                _ => "deliver one value, or deliver to a sink that takes more",
            },
        ))
    }

    /// What is to be said of a copy that is there and not as it is to be.
    fn lack(&self, facts: &Facts<'_>, stored: &StoredCopy, wanted: Stamp) -> Option<&'static str> {
        if stored.stamp != Some(wanted) {
            Some(stale(facts.data_service))
        } else if self.at.kms_key.is_some() && stored.kms_key != self.at.kms_key {
            Some("the copy is kept under another key")
        } else {
            let tags_are_missing = self.claim(facts) != Claim::Own
                || !facts.owner.missing_tags(&stored.tags).is_empty();
            tags_are_missing.then_some("the copy lacks tags")
        }
    }
}

/// The sinks can be used, and what is there is the link's own.
pub(super) fn check(facts: &Facts<'_>, plan: &mut Builder) {
    for copy in copies(facts) {
        let sentence = match copy.found {
            Found::Stored(Some(_), _) => format!("{} is the link's own", copy.at),
            Found::Stored(None, _) => format!("{} does not exist yet", copy.at),
            Found::Unreachable(_) | Found::Unusable(_) => format!("{} can be used", copy.at),
        };
        plan.check_one(steps::CHECK_COPY, &copy.detail, sentence, copy.check(facts));
    }
}

/// Every copy is as it is to be.
pub(super) fn deliver(facts: &Facts<'_>, plan: &mut Builder) {
    let gate = plan.is_open();
    for copy in copies(facts) {
        let (at, detail, kind) = (copy.at, &copy.detail, deliver_kind(copy.at));
        let first = format!("deliver the connection to {at}");
        if !gate {
            plan.act_one(gate, kind, detail, first, Need::Unknown);
            continue;
        }
        let Wanted { stamp, bytes } = match copy.wanted(facts) {
            Ok(wanted) => wanted,
            // Kafka's certificates may come a little later than the URL.
            Err(error) if error.is_for_now() => {
                wait(facts, plan, kind, detail, first, error.to_string());
                continue;
            }
            Err(error) => {
                let blocker = Blocker::new(
                    Code::NothingToDeliver,
                    format!("what is to be delivered to {at} cannot be made: {error}"),
                    "correct the destination in the spec, or the app's config variables",
                );
                plan.check_one(kind, detail, first, Err(blocker));
                continue;
            }
        };
        let stored = match copy.found {
            Found::Stored(stored, longest) => match copy.fits(bytes, longest) {
                Ok(()) => stored,
                Err(blocker) => {
                    plan.check_one(kind, detail, first, Err(blocker));
                    continue;
                }
            },
            Found::Unreachable(what) => {
                wait(facts, plan, kind, detail, first, what);
                continue;
            }
            // The check has said why.
            Found::Unusable(_) => continue,
        };
        let sentence = match stored.map(|stored| copy.lack(facts, stored, stamp)) {
            Some(None) => {
                let sentence = format!("{at} has the connection");
                plan.act_one(gate, kind, detail, sentence, Need::Nothing);
                continue;
            }
            Some(Some(lack)) => format!("deliver the connection to {at} again: {lack}"),
            None => first,
        };
        let (Some(app), Some(endpoint)) = (&facts.handle.app, facts.endpoint) else { continue };
        let call = SinkCall::Deliver {
            at: at.clone(),
            link: facts.spec.link.clone(),
            app: app.clone(),
            endpoint: endpoint.id.clone(),
            stamp,
            tags: facts.owner.tags(),
            replaces: stored.is_some(),
        };
        plan.act_one(gate, kind, detail, sentence, Need::Call(call.into()));
    }
}

fn wait(
    facts: &Facts<'_>,
    plan: &mut Builder,
    kind: &StepKind<PrivateLinkSpec>,
    detail: &str,
    sentence: String,
    what: String,
) {
    // No official client shows it.
    let until = Until { signs: Vec::new(), deadline: facts.spec.deadlines.delivery };
    plan.wait_one(true, kind, detail, sentence, until, Progress::waiting(what, SINK_USUALLY));
}

/// A copy with another text than it is to have, and for how long those who read it can still connect.
fn stale(service: Option<DataService>) -> &'static str {
    match service {
        Some(DataService::Postgres) => {
            "the copy is stale, as credentials were rotated or somebody changed it; restart what reads \
             it, as Heroku ends connections with former credentials within 30 minutes, and at once \
             where the rotation was forced"
        }
        Some(DataService::KeyValueStore | DataService::Kafka) | None => {
            "the copy is stale, as credentials were rotated or somebody changed it; restart what reads \
             it, as Heroku documents no time for which former credentials still work"
        }
    }
}

/// What is there as it is to be.
pub(super) fn delivered(facts: &Facts<'_>) -> Vec<Delivered> {
    let copies = copies(facts).into_iter();
    let delivered = copies.filter_map(|copy| {
        let Wanted { stamp, .. } = copy.wanted(facts).ok()?;
        let Destination { to, name, .. } = copy.at.clone();
        Some(Delivered { to, name, stamp })
    });
    delivered.collect()
}

/// What a teardown does with the copies.
pub(super) fn tear_down(facts: &Facts<'_>, plan: &mut Builder) {
    for at in facts.spec.deliver.iter().filter(|at| at.on_teardown == CopyTeardown::Keep) {
        plan.note(format!("{at} stays, as the spec says"));
    }
    let gate = plan.is_open();
    for copy in copies(facts) {
        let (at, detail, kind) = (copy.at, &copy.detail, remove_kind(copy.at));
        let sentence = format!("delete {at}");
        match &copy.found {
            Found::Stored(Some(stored), _) if copy.claim(facts).is_own() => {
                let call =
                    SinkCall::Remove { at: at.clone(), owner: ownership::tag_of(&facts.spec.link) };
                let need = Need::unless(stored.is_going, call.into());
                plan.act_one(gate, kind, detail, sentence, need);
            }
            Found::Stored(Some(stored), _) => {
                let whose = ownership::belongs_to(&stored.tags);
                plan.note(format!("{at} stays: it is not the link's own, and {whose}"));
            }
            Found::Stored(None, _) => {
                plan.act_one(gate, kind, detail, format!("{at} does not exist"), Need::Nothing);
            }
            Found::Unreachable(what) if gate => {
                wait(facts, plan, kind, detail, sentence, what.clone());
            }
            Found::Unreachable(_) => plan.act_one(gate, kind, detail, sentence, Need::Unknown),
            Found::Unusable(blocker) => {
                plan.check_one(kind, detail, sentence, Err(blocker.clone()));
            }
        }
    }
}

/// The kind of step that delivers to a sink: it says which permissions of AWS that needs.
fn deliver_kind(at: &Destination) -> &'static StepKind<PrivateLinkSpec> {
    match at.to.as_str() {
        SECRETS_MANAGER => steps::DELIVER_SECRET,
        PARAMETER_STORE => steps::DELIVER_PARAMETER,
        _ => steps::DELIVER,
    }
}

fn remove_kind(at: &Destination) -> &'static StepKind<PrivateLinkSpec> {
    match at.to.as_str() {
        SECRETS_MANAGER => steps::REMOVE_SECRET,
        PARAMETER_STORE => steps::REMOVE_PARAMETER,
        _ => steps::REMOVE_COPY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_sink_takes_is_a_blocker() {
        let fits = |sink: &str, bytes, longest| {
            let at = Destination::new(sink.parse().unwrap(), "/prod/cache".parse().unwrap());
            let found = Found::Stored(None, longest);
            Copy { at: &at, detail: at.to_string(), found }.fits(bytes, longest)
        };
        assert_eq!(fits(PARAMETER_STORE, 4096, Some(4096)), Ok(()));
        assert_eq!(fits("file", 1_000_000, None), Ok(()));
        let blocker = fits(PARAMETER_STORE, 5120, Some(4096)).unwrap_err();
        assert_eq!(blocker.code, Code::CopyTooLong);
        assert_eq!(
            blocker.problem,
            "the connection is too long for parameter-store /prod/cache: its 5120 bytes are more than \
             the 4096 that parameter-store takes"
        );
        assert!(blocker.remedy.contains("advanced tier"), "{}", blocker.remedy);
        let blocker = fits("vault", 2, Some(1)).unwrap_err();
        assert!(!blocker.remedy.contains("advanced tier"), "{}", blocker.remedy);
    }
}
