use std::collections::BTreeSet;

use super::json::Json;
use super::matching::Match;
use super::statement::{Effect, Rule, texts};
use crate::model::{AccountId, Arn, AwsPrincipal, PrincipalKind};

/// The member that holds accounts, users and roles.
pub(super) const AWS: &str = "AWS";
/// How the ids of users and roles begin (IAM, "Unique identifiers"). KMS shows them in place of
/// the ARN once the user or role is deleted.
const UNIQUE_ID_PREFIXES: [&str; 2] = ["AIDA", "AROA"];

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Principals {
    Any(BTreeSet<Who>),
    AllBut(BTreeSet<Who>),
}

/// One principal, however it is spelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Everyone,
    /// An account, a user or a role.
    Aws(AwsPrincipal),
    /// A session, a deleted user or role, a service, an identity provider.
    Other {
        kind: String,
        text: String,
    },
}

/// Reads the value of `Principal` or `NotPrincipal`.
pub(super) fn read(member: &str, value: &Json) -> Result<BTreeSet<Who>, Rule> {
    match value {
        Json::Text(text) if text == "*" => Ok(BTreeSet::from([Who::Everyone])),
        Json::Object(members) => {
            let mut all = BTreeSet::new();
            for (kind, value) in members {
                let names = texts(&format!("{member}.{kind}"), value)?;
                all.extend(names.into_iter().map(|text| Who::read(kind, text)));
            }
            Ok(all)
        }
        _ => Err(format!("must have \"*\" or an object as {member:?}").into()),
    }
}

impl Principals {
    /// Whether a statement of this effect is about a principal.
    pub(super) fn include(&self, effect: Effect, asked: &AwsPrincipal) -> Match {
        let any = |all: &BTreeSet<Who>| {
            all.iter().map(|who| who.includes(asked)).max().unwrap_or(Match::No)
        };
        match (self, effect) {
            (Self::Any(all), _) => any(all),
            // Whom it lets in besides is not worth relying on: AWS advises against the form.
            (Self::AllBut(all), Effect::Allow) => match any(all) {
                Match::Yes => Match::No,
                Match::Perhaps | Match::No => Match::Perhaps,
            },
            // To except an account does not except its users and roles.
            (Self::AllBut(all), Effect::Deny) => match any(all) {
                Match::Yes | Match::Perhaps => Match::Perhaps,
                Match::No => Match::Yes,
            },
        }
    }

    /// Ids of users and roles that are deleted.
    pub(super) fn deleted(&self) -> impl Iterator<Item = &str> {
        let (Self::Any(all) | Self::AllBut(all)) = self;
        all.iter().filter_map(|who| match who {
            Who::Other { kind, text } if kind == AWS && is_unique_id(text) => Some(text.as_str()),
            Who::Everyone | Who::Aws(_) | Who::Other { .. } => None,
        })
    }
}

impl Who {
    fn read(kind: &str, text: String) -> Self {
        if kind == AWS {
            if text == "*" {
                return Self::Everyone;
            }
            // Of the short forms, policies know only the bare account.
            let is_arn = text.starts_with("arn:");
            if is_arn || text.parse::<AccountId>().is_ok() {
                if let Ok(principal) = text.parse() {
                    return Self::Aws(principal);
                }
            }
        }
        Self::Other { kind: kind.to_owned(), text }
    }

    /// Partitions are not compared for accounts: KMS takes no principal of another partition, and
    /// a bare account id names none.
    fn includes(&self, asked: &AwsPrincipal) -> Match {
        match self {
            Self::Everyone => Match::Yes,
            Self::Aws(named) if named.account() != asked.account() => Match::No,
            Self::Aws(named) if named == asked => Match::Yes,
            Self::Aws(named) => match (named.kind(), asked.kind()) {
                (PrincipalKind::Root, _) => Match::Yes,
                // A part of the account.
                (PrincipalKind::User | PrincipalKind::Role, PrincipalKind::Root) => Match::Perhaps,
                (
                    PrincipalKind::User | PrincipalKind::Role,
                    PrincipalKind::User | PrincipalKind::Role,
                ) => Match::No,
            },
            Self::Other { kind, text } => match kind.as_str() {
                AWS => {
                    let arn = text.parse::<Arn>();
                    let is_of_account =
                        arn.is_ok_and(|arn| arn.account() == Some(asked.account().as_str()));
                    if is_of_account { Match::Perhaps } else { Match::No }
                }
                "Service" | "Federated" => Match::No,
                _ => Match::Perhaps,
            },
        }
    }
}

fn is_unique_id(text: &str) -> bool {
    UNIQUE_ID_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
