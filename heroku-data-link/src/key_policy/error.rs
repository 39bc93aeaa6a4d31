use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::LONGEST_KEY_POLICY;
use crate::model::AwsPrincipal;

/// Why a text is no key policy, or not one that a key should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is not JSON.
    #[error("the key policy is not JSON: {problem}")]
    Json {
        /// What is wrong, with line and column.
        problem: String,
    },
    /// The document as a whole breaks a rule.
    #[error("the key policy {rule}")]
    Document {
        /// The rule, such as `must have "Statement"`.
        rule: Cow<'static, str>,
    },
    /// A statement breaks a rule.
    #[error("statement {statement} of the key policy {rule}")]
    Statement {
        /// Which.
        statement: StatementName,
        /// The rule, such as `must have "Effect"`.
        rule: Cow<'static, str>,
    },
    /// It is longer than KMS takes.
    #[error(
        "the key policy is {length} bytes long, and KMS takes no more than {LONGEST_KEY_POLICY}: \
         remove statements that are not needed any more"
    )]
    TooLong {
        /// Its length in bytes, without white space; with it where that alone is too much.
        length: usize,
    },
    /// Nobody in the owner's account could change the policy any more.
    #[error("{}", lock_out(owner, denied_by.as_ref()))]
    LockOut {
        /// The owner's account.
        owner: AwsPrincipal,
        /// The statement that forbids it; `None` when none grants it.
        denied_by: Option<StatementName>,
    },
}

impl PolicyError {
    pub(super) fn document(rule: impl Into<Cow<'static, str>>) -> Self {
        Self::Document { rule: rule.into() }
    }
}

fn lock_out(owner: &AwsPrincipal, denied_by: Option<&StatementName>) -> String {
    let remedy = match denied_by {
        Some(statement) => format!("statement {statement} denies it; remove that statement"),
        None => format!("no statement grants it; grant kms:* to {owner}"),
    };
    format!("the key policy would lock the key's owner out of kms:PutKeyPolicy: {remedy}")
}

/// Names a statement of a policy: by its `Sid`, or else by its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StatementName {
    /// Its place in the policy, from 1.
    pub number: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
}

impl fmt::Display for StatementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(f, "{sid:?}"),
            None => write!(f, "{}", self.number),
        }
    }
}
