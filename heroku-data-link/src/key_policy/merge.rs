use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::check::{GRANTS, USE, heroku_request};
use super::condition::{Condition, GRANT_IS_FOR_AWS_RESOURCE};
use super::json::Json;
use super::matching::Patterns;
use super::principals::{AWS, Principals, Who};
use super::statement::{Effect, Meaning, Statement};
use super::{KeyPolicy, Parties, PolicyError, StatementName};
use crate::model::AwsPrincipal;
use crate::reconcile::list;

/// A statement that a merge replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    statement: StatementName,
    /// Its members that are not in the new one, each with its name, as JSON.
    removed: Vec<String>,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "statement {} of the key's policy is replaced, and grants more than before: it loses {}",
            self.statement,
            list(&self.removed)
        )
    }
}

/// What a statement of ours grants.
#[derive(Debug, Clone, Copy)]
enum Ours {
    Owner,
    Use,
    Grants,
}

impl Ours {
    /// The `Sid`. The console's own are others, so that its statements are never taken for ours.
    fn sid(self) -> &'static str {
        match self {
            Self::Owner => "KeyOwner",
            Self::Use => "HerokuDataUse",
            Self::Grants => "HerokuDataGrants",
        }
    }

    /// What stands in the statement.
    fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Owner => &["kms:*"],
            Self::Use => &[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            Self::Grants => &GRANTS,
        }
    }

    /// What must be granted by it, or by others.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Owner => &[],
            Self::Use => &USE,
            Self::Grants => &GRANTS,
        }
    }

    fn statement(self, sid: &str, principal: &AwsPrincipal) -> Statement {
        let member = |name: &str, value: Json| (name.to_owned(), value);
        let actions = self.actions();
        let mut members = vec![
            member("Sid", Json::text(sid)),
            member("Effect", Json::text("Allow")),
            member("Principal", Json::Object(vec![member(AWS, Json::text(principal.arn()))])),
            member(
                "Action",
                match actions {
                    [one] => Json::text(*one),
                    list => Json::List(list.iter().map(|action| Json::text(*action)).collect()),
                },
            ),
            member("Resource", Json::text("*")),
        ];
        let mut condition = Condition::default();
        if matches!(self, Self::Grants) {
            let values = vec![member(GRANT_IS_FOR_AWS_RESOURCE, Json::text("true"))];
            let operators = Json::Object(vec![member("Bool", Json::Object(values))]);
            members.push(member("Condition", operators));
            condition = Condition::only_for_aws_resources();
        }
        let meaning = Meaning {
            effect: Effect::Allow,
            principals: Principals::Any(BTreeSet::from([Who::Aws(principal.clone())])),
            actions: Patterns::Any(actions.iter().map(|it| it.to_ascii_lowercase()).collect()),
            resources: Patterns::Any(BTreeSet::from(["*".to_owned()])),
            condition,
            others: BTreeMap::new(),
        };
        Statement::of_ours(members, meaning)
    }

    /// Whether a statement is the one of this kind that a former merge made.
    fn is(self, statement: &Statement, principal: &AwsPrincipal) -> bool {
        let meaning = statement.meaning();
        let is_our_sid = statement.sid().and_then(|sid| sid.strip_prefix(self.sid()));
        is_our_sid.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
            && meaning.effect == Effect::Allow
            && meaning.principals == Principals::Any(BTreeSet::from([Who::Aws(principal.clone())]))
    }
}

/// All three of them.
pub(super) fn statements_for(parties: &Parties) -> Vec<Statement> {
    let (owner, heroku) = (parties.owner_root(), parties.heroku_root());
    [(Ours::Owner, &owner), (Ours::Use, &heroku), (Ours::Grants, &heroku)]
        .map(|(ours, principal)| ours.statement(ours.sid(), principal))
        .into()
}

impl KeyPolicy {
    /// The policy with what Heroku Data needs besides.
    ///
    /// A policy that grants everything comes back as it is. Otherwise one statement is added for
    /// the use of the key and one for grants, or the one of a former merge is mended; statements
    /// of others stay as they were written. A denial stays, too: look at
    /// [`missing`](Self::missing) of the result.
    ///
    /// # Errors
    /// [`PolicyError::LockOut`] when nobody in the owner's account could change the result, and
    /// [`PolicyError::TooLong`].
    pub fn merge(&self, parties: &Parties) -> Result<Self, PolicyError> {
        self.merge_and_tell(parties).map(|(merged, _)| merged)
    }

    /// The same, with the statements of a former merge that are replaced: somebody may have narrowed
    /// them on purpose.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub(crate) fn merge_and_tell(
        &self,
        parties: &Parties,
    ) -> Result<(Self, Vec<Replaced>), PolicyError> {
        let mut merged = self.clone();
        let mut replaced = Vec::new();
        let heroku = parties.heroku_root();
        for ours in [Ours::Use, Ours::Grants] {
            let is_granted =
                |action: &&str| merged.granted(&heroku_request(&heroku, action, parties)).is_ok();
            if !ours.needed().iter().all(is_granted) {
                replaced.extend(merged.grant(ours, &heroku));
            }
        }
        merged.check_lock_out(parties)?;
        Ok((merged.checked()?, replaced))
    }

    fn grant(&mut self, ours: Ours, principal: &AwsPrincipal) -> Option<Replaced> {
        let mut all = self.statements.iter_mut().enumerate();
        if let Some((at, mine)) = all.find(|(_, it)| ours.is(it, principal)) {
            let sid = mine.sid().unwrap_or(ours.sid()).to_owned();
            let new = ours.statement(&sid, principal);
            let replaced = Replaced { statement: mine.name(at), removed: mine.lost_in(&new) };
            *mine = new;
            return Some(replaced);
        }
        let taken: BTreeSet<&str> = self.statements.iter().filter_map(Statement::sid).collect();
        let sids = (2..=self.statements.len() + 1).map(|number| format!("{}{number}", ours.sid()));
        let sid = std::iter::once(ours.sid().to_owned())
            .chain(sids)
            .find(|sid| !taken.contains(sid.as_str()))
            .unwrap_or_else(|| ours.sid().to_owned());
        self.statements.push(ours.statement(&sid, principal));
        self.is_single = false;
        None
    }
}
