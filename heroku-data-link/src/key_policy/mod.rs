//! The policy of a KMS key: what it lets the owner and Heroku Data do.

mod check;
mod condition;
mod error;
mod json;
mod matching;
mod merge;
mod principals;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use self::json::{Json, Members};
use self::statement::{Meaning, Statement};
use crate::model::{AccountId, AwsPrincipal, KeyArn};

pub use self::check::{MissingPermission, PolicyRequest, Refusal};
pub use self::error::{PolicyError, StatementName};
pub(crate) use self::merge::Replaced;

/// The longest policy that KMS takes, in bytes (KMS quotas).
pub const LONGEST_KEY_POLICY: usize = 32 * 1024;

/// The longest text that is read as a policy, white space included, in bytes (the most that KMS's
/// API takes as a parameter).
const LONGEST_TEXT: usize = 128 * 1024;

/// What a document without `Version` means (IAM).
const OLD_VERSION: &str = "2008-10-17";
/// The version of a policy that is written today (IAM).
const VERSION: &str = "2012-10-17";

/// Whom a key's policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// The account that owns the key.
    pub owner: AccountId,
    /// `aws`, or another partition.
    pub partition: String,
    /// The account from which Heroku Data uses the key.
    pub heroku: AccountId,
    /// The key, where there is one already: a statement may name it instead of `*`.
    pub key: Option<KeyArn>,
    /// Who administers the key, where that is not left to the owner's IAM: a user or a role that
    /// the policy names.
    pub administrator: Option<AwsPrincipal>,
}

impl Parties {
    /// An owner in the partition `aws`, and Heroku Data's usual account.
    pub fn new(owner: AccountId) -> Self {
        Self {
            owner,
            partition: "aws".to_owned(),
            heroku: AccountId::heroku_data(),
            key: None,
            administrator: None,
        }
    }

    /// A key with its owner and partition, and Heroku Data's usual account.
    pub fn of_key(key: &KeyArn) -> Self {
        let partition = key.partition().to_owned();
        Self { partition, key: Some(key.clone()), ..Self::new(key.account().clone()) }
    }

    /// The owner's account as a principal.
    fn owner_root(&self) -> AwsPrincipal {
        AwsPrincipal::root_in(&self.partition, self.owner.clone())
    }

    /// Heroku Data's account as a principal.
    fn heroku_root(&self) -> AwsPrincipal {
        AwsPrincipal::root_in(&self.partition, self.heroku.clone())
    }
}

/// The policy of a KMS key.
///
/// It is read with all the freedom that IAM gives (one statement or a list, a string or a list of
/// one, an account's id or its ARN), and printed as it was read but for white space: in one line,
/// or indented with `{:#}`. The one line is never longer than [`LONGEST_KEY_POLICY`].
///
/// Two policies are equal when KMS decides the same by both. Order, repetition, spelling, `Id` and
/// `Sid` make no difference.
///
/// ```
/// use heroku_data_link::key_policy::{KeyPolicy, Parties};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let parties = Parties::new("111122223333".parse()?);
/// let current: KeyPolicy = r#"{
///     "Version": "2012-10-17",
///     "Statement": {
///         "Effect": "Allow", "Principal": { "AWS": "111122223333" },
///         "Action": "kms:*", "Resource": "*"
///     }
/// }"#
/// .parse()?;
/// let missing = current.missing(&parties);
/// assert_eq!(
///     missing[0].to_string(),
///     "arn:aws:iam::021876802972:root lacks kms:Encrypt: no statement of the key policy grants it; \
///      add one"
/// );
///
/// let merged = current.merge(&parties)?;
/// assert!(merged.missing(&parties).is_empty());
/// assert_eq!(merged, KeyPolicy::for_heroku(&parties));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeyPolicy {
    /// Members before `Statement`.
    head: Members,
    statements: Vec<Statement>,
    /// Members after `Statement`.
    tail: Members,
    /// Whether `Statement` is an object instead of a list.
    is_single: bool,
}

impl KeyPolicy {
    /// What a key needs for Heroku Data: the owner's account may do everything, or give that
    /// right to its users and roles; Heroku Data may use the key, and pass that on to AWS
    /// resources only.
    pub fn for_heroku(parties: &Parties) -> Self {
        Self {
            head: vec![("Version".to_owned(), Json::text(VERSION))],
            statements: merge::statements_for(parties),
            tail: Members::new(),
            is_single: false,
        }
    }

    /// Principals of users and roles that were deleted, with the statement that names them.
    ///
    /// KMS shows their ids, but may refuse to take a policy that names them.
    pub fn deleted_principals(&self) -> Vec<(StatementName, String)> {
        let of_statement = |(at, statement): (usize, &Statement)| {
            let name = statement.name(at);
            let ids = statement.meaning().principals.deleted();
            ids.map(|id| (name.clone(), id.to_owned())).collect::<Vec<_>>()
        };
        self.statements.iter().enumerate().flat_map(of_statement).collect()
    }

    /// Statements without `Action` or `Resource`, and without `NotAction` or `NotResource`.
    ///
    /// They have no effect. KMS keeps those that it has, and has refused a new policy with one since
    /// August 2025.
    pub fn incomplete_statements(&self) -> Vec<StatementName> {
        let all = self.statements.iter().enumerate();
        all.filter(|(_, statement)| statement.meaning().is_incomplete())
            .map(|(at, statement)| statement.name(at))
            .collect()
    }

    /// The policy itself, unless it is longer than KMS takes.
    fn checked(self) -> Result<Self, PolicyError> {
        let length = self.to_string().len();
        if length > LONGEST_KEY_POLICY {
            return Err(PolicyError::TooLong { length });
        }
        Ok(self)
    }

    /// What KMS decides by.
    fn meaning(&self) -> (&str, BTreeMap<&str, String>, BTreeSet<&Meaning>) {
        let mut version = OLD_VERSION;
        let mut others = BTreeMap::new();
        for (name, value) in self.head.iter().chain(&self.tail) {
            match (name.as_str(), value) {
                ("Version", Json::Text(text)) => version = text,
                ("Id", _) => {}
                (name, value) => {
                    others.insert(name, value.canonical());
                }
            }
        }
        (version, others, self.statements.iter().map(Statement::meaning).collect())
    }
}

impl PartialEq for KeyPolicy {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Eq for KeyPolicy {}

impl FromStr for KeyPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Measured before anything is built of it.
        let length = if text.len() > LONGEST_TEXT { text.len() } else { json::length(text) };
        if length > LONGEST_KEY_POLICY {
            return Err(PolicyError::TooLong { length });
        }
        let document = serde_json::from_str(text)
            .map_err(|error| PolicyError::Json { problem: error.to_string() })?;
        let Json::Object(mut head) = document else {
            return Err(PolicyError::document("must be an object"));
        };
        statement::check_spelling(&head, &["Version", "Id", "Statement"])
            .map_err(PolicyError::document)?;
        if !head.iter().all(|(name, value)| name != "Version" || matches!(value, Json::Text(_))) {
            return Err(PolicyError::document("must have a text as \"Version\""));
        }
        let Some(at) = head.iter().position(|(name, _)| name == "Statement") else {
            return Err(PolicyError::document("must have \"Statement\""));
        };
        let tail = head.split_off(at + 1);
        let (is_single, statements) = match head.pop() {
            Some((_, Json::List(list))) => (false, list),
            Some((_, one)) => (true, vec![one]),
            None => (false, Vec::new()),
        };
        let statements = statements
            .into_iter()
            .enumerate()
            .map(|(at, statement)| Statement::read(at, statement))
            .collect::<Result<_, _>>()?;
        Self { head, statements, tail, is_single }.checked()
    }
}

impl Serialize for KeyPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.head {
            map.serialize_entry(name, value)?;
        }
        match self.statements.as_slice() {
            [one] if self.is_single => map.serialize_entry("Statement", one)?,
            statements => map.serialize_entry("Statement", statements)?,
        }
        for (name, value) in &self.tail {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Display for KeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json::write(self, f)
    }
}

impl fmt::Debug for KeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPolicy({self})")
    }
}
