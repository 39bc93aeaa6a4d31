use std::fmt;

use serde::Serialize;

use super::error::{PolicyError, StatementName};
use super::matching::Match;
use super::statement::{Effect, Statement};
use super::{KeyPolicy, Parties};
use crate::model::{AwsPrincipal, KeyArn};

/// What Heroku Data does with a key: what the console's `kms:Encrypt`, `kms:Decrypt`,
/// `kms:ReEncrypt*`, `kms:GenerateDataKey*` and `kms:DescribeKey` stand for.
pub(super) const USE: [&str; 9] = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:DescribeKey",
];
/// How Heroku Data passes the use of a key on to AWS resources such as volumes.
pub(super) const GRANTS: [&str; 3] = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];
/// What the owner must never lose.
const PUT_KEY_POLICY: &str = "kms:PutKeyPolicy";

/// Something that somebody wants to do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRequest<'a> {
    /// Who: an account means whomever the account gives the right to.
    pub principal: &'a AwsPrincipal,
    /// What, such as `kms:Decrypt`; in any case, without wildcards.
    pub action: &'a str,
    /// The key, where it is known: a statement may name it instead of `*`.
    pub key: Option<&'a KeyArn>,
    /// Whether an AWS service asks on the principal's behalf. Counts for grants alone.
    pub grant_is_for_aws_resource: bool,
}

/// Why a policy does not permit a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// No statement grants it.
    NotGranted,
    /// A statement grants it under a condition that does not hold, or that cannot be judged here.
    OtherCondition {
        /// Which.
        statement: StatementName,
    },
    /// A statement denies it.
    Denied {
        /// Which.
        statement: StatementName,
    },
    /// A statement denies it to a part of the account, or under a condition that cannot be judged
    /// here.
    PerhapsDenied {
        /// Which.
        statement: StatementName,
    },
}

/// A permission that somebody lacks. `Display` says which, why, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct MissingPermission {
    /// Who lacks it.
    pub principal: AwsPrincipal,
    /// The action, such as `kms:CreateGrant`.
    pub action: &'static str,
    /// Why.
    pub why: Refusal,
}

impl KeyPolicy {
    /// Whether the policy permits a request: for certain, and no statement denies it.
    pub fn allows(&self, request: &PolicyRequest<'_>) -> bool {
        self.decide(request).is_ok()
    }

    /// Whether the policy permits a request, and if not, why.
    ///
    /// # Errors
    /// The reason. What cannot be judged here, such as most conditions, does not grant anything,
    /// and may deny it.
    pub fn decide(&self, request: &PolicyRequest<'_>) -> Result<(), Refusal> {
        let mut perhaps = None;
        for (at, statement) in self.of_effect(Effect::Deny) {
            let meaning = statement.meaning();
            match meaning.concerns(request).min(meaning.condition.holds(request)) {
                Match::Yes => return Err(Refusal::Denied { statement: statement.name(at) }),
                Match::Perhaps => {
                    perhaps.get_or_insert((at, statement));
                }
                Match::No => {}
            }
        }
        self.granted(request)?;
        match perhaps {
            Some((at, statement)) => Err(Refusal::PerhapsDenied { statement: statement.name(at) }),
            None => Ok(()),
        }
    }

    /// What the parties lack: Heroku Data to use the key, and the owner to change the policy.
    pub fn missing(&self, parties: &Parties) -> Vec<MissingPermission> {
        let heroku = parties.heroku_root();
        let mut missing: Vec<_> = USE
            .into_iter()
            .chain(GRANTS)
            .filter_map(|action| {
                let request = heroku_request(&heroku, action, parties);
                let why = self.decide(&request).err()?;
                Some(MissingPermission { principal: heroku.clone(), action, why })
            })
            .collect();
        if let Err(why) = self.owner_keeps_control(parties) {
            let principal = parties.owner_root();
            missing.push(MissingPermission { principal, action: PUT_KEY_POLICY, why });
        }
        missing
    }

    /// Refuses a policy that would leave nobody in the owner's account who may change it.
    ///
    /// The account itself counts, whose users and roles IAM then decides about, and the
    /// [administrator](Parties::administrator). A denial that may not apply is left to KMS, which
    /// knows the caller and checks the same.
    ///
    /// # Errors
    /// [`PolicyError::LockOut`].
    pub fn check_lock_out(&self, parties: &Parties) -> Result<(), PolicyError> {
        let denied_by = match self.owner_keeps_control(parties) {
            Ok(()) => return Ok(()),
            Err(Refusal::NotGranted | Refusal::OtherCondition { .. }) => None,
            Err(Refusal::Denied { statement } | Refusal::PerhapsDenied { statement }) => {
                Some(statement)
            }
        };
        Err(PolicyError::LockOut { owner: parties.owner_root(), denied_by })
    }

    fn owner_keeps_control(&self, parties: &Parties) -> Result<(), Refusal> {
        let root = parties.owner_root();
        let may = |principal| {
            let request = PolicyRequest {
                principal,
                action: PUT_KEY_POLICY,
                key: parties.key.as_ref(),
                grant_is_for_aws_resource: false,
            };
            match self.decide(&request) {
                Err(Refusal::PerhapsDenied { .. }) => Ok(()),
                decided => decided,
            }
        };
        let administrator =
            parties.administrator.as_ref().filter(|it| it.account() == &parties.owner);
        may(&root).or_else(|why| administrator.map_or(Err(why), may))
    }

    /// Whether statements grant a request, denials aside.
    pub(super) fn granted(&self, request: &PolicyRequest<'_>) -> Result<(), Refusal> {
        let mut conditional = None;
        for (at, statement) in self.of_effect(Effect::Allow) {
            let meaning = statement.meaning();
            if meaning.concerns(request) != Match::Yes {
                continue;
            }
            match meaning.condition.holds(request) {
                Match::Yes => return Ok(()),
                Match::Perhaps | Match::No => {
                    conditional.get_or_insert((at, statement));
                }
            }
        }
        Err(match conditional {
            Some((at, it)) => Refusal::OtherCondition { statement: it.name(at) },
            None => Refusal::NotGranted,
        })
    }

    fn of_effect(&self, effect: Effect) -> impl Iterator<Item = (usize, &Statement)> {
        self.statements.iter().enumerate().filter(move |(_, it)| it.meaning().effect == effect)
    }
}

/// What Heroku Data asks of KMS: itself to use the key, and services to pass that on.
pub(super) fn heroku_request<'a>(
    heroku: &'a AwsPrincipal,
    action: &'a str,
    parties: &'a Parties,
) -> PolicyRequest<'a> {
    PolicyRequest {
        principal: heroku,
        action,
        key: parties.key.as_ref(),
        grant_is_for_aws_resource: true,
    }
}

impl fmt::Display for MissingPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lacks {}: {}", self.principal, self.action, self.why)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted => f.write_str("no statement of the key policy grants it; add one"),
            Self::OtherCondition { statement } => write!(
                f,
                "statement {statement} grants it under another condition; add a statement without \
                 it"
            ),
            Self::Denied { statement } => write!(
                f,
                "statement {statement} denies it; except its account there by \
                 aws:PrincipalAccount"
            ),
            Self::PerhapsDenied { statement } => write!(
                f,
                "statement {statement} denies it in some cases, perhaps in this one; except its \
                 account there by aws:PrincipalAccount"
            ),
        }
    }
}
