use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::check::PolicyRequest;
use super::condition::Condition;
use super::error::{PolicyError, StatementName};
use super::json::{Json, Members, serialize_members};
use super::matching::{Match, Patterns, fits, fits_in_any_case};
use super::principals::{self, Principals};
use crate::reconcile::shortened;

/// Why a statement is refused, as the end of a sentence: `must have "Effect"`.
pub(super) type Rule = Cow<'static, str>;

const MEMBERS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// A statement: as it was written, and what it means.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    members: Members,
    meaning: Meaning,
}

/// What KMS decides by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meaning {
    pub(super) effect: Effect,
    pub(super) principals: Principals,
    /// In lower case: the names of actions have no case.
    pub(super) actions: Patterns,
    pub(super) resources: Patterns,
    pub(super) condition: Condition,
    /// Members that IAM did not know when this was written.
    pub(super) others: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    Allow,
    Deny,
}

impl Statement {
    pub(super) fn read(at: usize, value: Json) -> Result<Self, PolicyError> {
        let Json::Object(members) = value else {
            let statement = StatementName { number: at + 1, sid: None };
            return Err(PolicyError::Statement { statement, rule: "must be an object".into() });
        };
        match Meaning::read(&members) {
            Ok(meaning) => Ok(Self { members, meaning }),
            Err(rule) => Err(PolicyError::Statement { statement: name(&members, at), rule }),
        }
    }

    /// One of our own, whose meaning is that of its members.
    pub(super) fn of_ours(members: Members, meaning: Meaning) -> Self {
        Self { members, meaning }
    }

    pub(super) fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    pub(super) fn sid(&self) -> Option<&str> {
        sid(&self.members)
    }

    /// The members that another statement in its place does not have, each as `name value`.
    pub(super) fn lost_in(&self, new: &Self) -> Vec<String> {
        let (old, new) = (&self.meaning, &new.meaning);
        let is_lost = |name: &str| match name {
            "Action" | "NotAction" => old.actions != new.actions,
            "Resource" | "NotResource" => old.resources != new.resources,
            "Condition" => old.condition != new.condition,
            name => old.others.contains_key(name),
        };
        let lost = self.members.iter().filter(|(name, _)| is_lost(name));
        lost.map(|(name, value)| format!("{name} {}", shortened(&value.to_string()))).collect()
    }

    pub(super) fn name(&self, at: usize) -> StatementName {
        name(&self.members, at)
    }
}

impl Meaning {
    fn read(members: &Members) -> Result<Self, Rule> {
        check_spelling(members, &MEMBERS)?;
        let get = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, it)| it);
        if !matches!(get("Sid"), None | Some(Json::Text(_))) {
            return Err("must have a text as \"Sid\"".into());
        }
        let effect = match get("Effect") {
            Some(Json::Text(effect)) if effect == "Allow" => Effect::Allow,
            Some(Json::Text(effect)) if effect == "Deny" => Effect::Deny,
            _ => return Err("must have \"Allow\" or \"Deny\" as \"Effect\"".into()),
        };
        let principals = match one_of("Principal", "NotPrincipal", get)? {
            Some((name, false, value)) => Principals::Any(principals::read(name, value)?),
            Some((name, true, value)) => Principals::AllBut(principals::read(name, value)?),
            None => return Err("must have \"Principal\" or \"NotPrincipal\"".into()),
        };
        let patterns = |name, negated, read: fn(String) -> String| {
            Ok::<_, Rule>(match one_of(name, negated, get)? {
                None => Patterns::Absent,
                Some((name, is_negated, value)) => {
                    let texts = texts(name, value)?.into_iter().map(read).collect();
                    if is_negated { Patterns::AllBut(texts) } else { Patterns::Any(texts) }
                }
            })
        };
        Ok(Self {
            effect,
            principals,
            actions: patterns("Action", "NotAction", |action| action.to_ascii_lowercase())?,
            resources: patterns("Resource", "NotResource", |resource| resource)?,
            condition: get("Condition").map(Condition::read).transpose()?.unwrap_or_default(),
            others: members
                .iter()
                .filter(|(name, _)| !MEMBERS.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.canonical()))
                .collect(),
        })
    }

    pub(super) fn is_incomplete(&self) -> bool {
        self.actions == Patterns::Absent || self.resources == Patterns::Absent
    }

    /// Whether the statement is about a request, its condition aside.
    pub(super) fn concerns(&self, request: &PolicyRequest<'_>) -> Match {
        let principal = self.principals.include(self.effect, request.principal);
        if principal == Match::No {
            return Match::No;
        }
        let action = |pattern: &str| fits_in_any_case(pattern, request.action).into();
        let resource = |pattern: &str| match request.key {
            _ if pattern == "*" => Match::Yes,
            // A policy variable, or a key that is not known yet.
            _ if pattern.contains("${") => Match::Perhaps,
            Some(key) => fits(pattern, key.as_str()).into(),
            None => Match::Perhaps,
        };
        principal.min(self.actions.covers(action)).min(self.resources.covers(resource))
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_members(&self.members, serializer)
    }
}

fn sid(members: &Members) -> Option<&str> {
    members.iter().find_map(|(name, value)| match value {
        Json::Text(sid) if name == "Sid" => Some(sid.as_str()),
        _ => None,
    })
}

fn name(members: &Members, at: usize) -> StatementName {
    StatementName { number: at + 1, sid: sid(members).map(ToOwned::to_owned) }
}

/// The value of one of two members that exclude each other, and whether it is the second.
fn one_of<'a>(
    name: &'static str,
    negated: &'static str,
    get: impl Fn(&str) -> Option<&'a Json>,
) -> Result<Option<(&'static str, bool, &'a Json)>, Rule> {
    match (get(name), get(negated)) {
        (Some(_), Some(_)) => Err(format!("must not have both {name:?} and {negated:?}").into()),
        (Some(value), None) => Ok(Some((name, false, value))),
        (None, Some(value)) => Ok(Some((negated, true, value))),
        (None, None) => Ok(None),
    }
}

/// Refuses `effect` for `Effect`: a member that is taken for an unknown one would change what the
/// policy means.
pub(super) fn check_spelling(members: &Members, known: &[&str]) -> Result<(), Rule> {
    for (name, _) in members {
        if let Some(right) = known.iter().find(|it| it.eq_ignore_ascii_case(name) && *it != name) {
            return Err(format!("must spell {name:?} as {right:?}").into());
        }
    }
    Ok(())
}

/// One text or a list of texts. Numbers and booleans are taken as texts, as IAM does.
pub(super) fn texts(name: &str, value: &Json) -> Result<BTreeSet<String>, Rule> {
    let one = |value: &Json| match value {
        Json::Text(text) => Ok(text.clone()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Null | Json::List(_) | Json::Object(_) => {
            Err(Rule::from(format!("must have a text or a list of texts as {name:?}")))
        }
    };
    match value {
        Json::List(list) => list.iter().map(one).collect(),
        value => Ok(BTreeSet::from([one(value)?])),
    }
}
