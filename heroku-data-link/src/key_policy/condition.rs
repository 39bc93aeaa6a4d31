use std::collections::{BTreeMap, BTreeSet};

use super::check::PolicyRequest;
use super::json::Json;
use super::matching::{Match, fits};
use super::statement::{Rule, texts};

/// Whether a grant is asked for by an AWS service on the caller's behalf, as KMS writes it in
/// policies. The names of condition keys have no case.
pub(super) const GRANT_IS_FOR_AWS_RESOURCE: &str = "kms:GrantIsForAWSResource";
/// The actions whose requests carry that key (KMS, "Condition keys").
const GRANT_ACTIONS: [&str; 3] = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];
/// Whether the request came over TLS, in lower case. KMS takes no other.
const SECURE_TRANSPORT: &str = "aws:securetransport";
/// The caller's account, in lower case.
const CALLER_ACCOUNT: [&str; 2] = ["kms:calleraccount", "aws:principalaccount"];

/// Operators, condition keys in lower case, values.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Condition {
    pub(super) fn read(value: &Json) -> Result<Self, Rule> {
        let mut operators = BTreeMap::new();
        for (operator, keys) in members("Condition", value)? {
            let within = format!("Condition.{operator}");
            let mut read = BTreeMap::new();
            for (key, values) in members(&within, keys)? {
                let values = texts(&format!("{within}.{key}"), values)?;
                if read.insert(key.to_ascii_lowercase(), values).is_some() {
                    return Err(format!("must not have {key:?} twice in {within:?}").into());
                }
            }
            if !read.is_empty() {
                operators.insert(operator.clone(), read);
            }
        }
        Ok(Self(operators))
    }

    /// The one condition of ours.
    pub(super) fn only_for_aws_resources() -> Self {
        let key = GRANT_IS_FOR_AWS_RESOURCE.to_ascii_lowercase();
        let values = BTreeMap::from([(key, BTreeSet::from(["true".to_owned()]))]);
        Self(BTreeMap::from([("Bool".to_owned(), values)]))
    }

    /// Whether it holds for a request: all of its parts must.
    pub(super) fn holds(&self, request: &PolicyRequest<'_>) -> Match {
        let parts = self.0.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| part_holds(operator, key, values, request))
        });
        parts.min().unwrap_or(Match::Yes)
    }
}

fn part_holds(
    operator: &str,
    key: &str,
    values: &BTreeSet<String>,
    request: &PolicyRequest<'_>,
) -> Match {
    let flag = if key == SECURE_TRANSPORT {
        Some(Some(true))
    } else if key.eq_ignore_ascii_case(GRANT_IS_FOR_AWS_RESOURCE) {
        Some(grant_is_for_aws_resource(request))
    } else {
        None
    };
    if let Some(actual) = flag {
        match operator {
            "Bool" => is(values, actual, Match::No),
            "BoolIfExists" => is(values, actual, Match::Yes),
            _ => Match::Perhaps,
        }
    } else if CALLER_ACCOUNT.contains(&key) && !values.iter().any(|value| value.contains("${")) {
        let account = request.principal.account().as_str();
        let is_like = values.iter().any(|value| fits(value, account));
        // The key is in every request.
        match operator.strip_suffix("IfExists").unwrap_or(operator) {
            "StringEquals" | "StringEqualsIgnoreCase" => values.contains(account).into(),
            "StringNotEquals" | "StringNotEqualsIgnoreCase" => (!values.contains(account)).into(),
            "StringLike" => is_like.into(),
            "StringNotLike" => (!is_like).into(),
            _ => Match::Perhaps,
        }
    } else {
        Match::Perhaps
    }
}

/// `None` where the request does not carry the key.
fn grant_is_for_aws_resource(request: &PolicyRequest<'_>) -> Option<bool> {
    let is_about_grants = GRANT_ACTIONS.iter().any(|it| it.eq_ignore_ascii_case(request.action));
    is_about_grants.then_some(request.grant_is_for_aws_resource)
}

fn is(values: &BTreeSet<String>, actual: Option<bool>, when_absent: Match) -> Match {
    let Some(actual) = actual else { return when_absent };
    if values.iter().any(|value| value != "true" && value != "false") {
        return Match::Perhaps;
    }
    values.contains(if actual { "true" } else { "false" }).into()
}

fn members<'a>(name: &str, value: &'a Json) -> Result<&'a [(String, Json)], Rule> {
    match value {
        Json::Object(members) => Ok(members),
        _ => Err(format!("must have an object as {name:?}").into()),
    }
}
