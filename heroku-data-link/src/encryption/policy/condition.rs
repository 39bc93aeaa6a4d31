use std::collections::{BTreeMap, BTreeSet};

use super::json::Json;
use super::matching::Match;
use super::statement::{Rule, texts};

/// Whether a grant is asked for by an AWS service on the caller's behalf, as KMS writes it in
/// policies. The names of condition keys have no case.
pub(super) const GRANT_IS_FOR_AWS_RESOURCE: &str = "kms:GrantIsForAWSResource";
/// The actions whose requests carry that key (KMS, "Condition keys"), in lower case.
const GRANT_ACTIONS: [&str; 3] = ["kms:creategrant", "kms:listgrants", "kms:revokegrant"];

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

    /// Whether it holds for an action, in lower case.
    pub(super) fn holds(&self, action: &str, grant_is_for_aws_resource: bool) -> Match {
        let is_for_resource = GRANT_ACTIONS.contains(&action).then_some(grant_is_for_aws_resource);
        self.0
            .iter()
            .flat_map(|(operator, keys)| {
                keys.iter().map(move |(key, values)| (operator, key, values))
            })
            .map(|(operator, key, values)| {
                if !key.eq_ignore_ascii_case(GRANT_IS_FOR_AWS_RESOURCE) {
                    return Match::Perhaps;
                }
                match operator.as_str() {
                    "Bool" => is(values, is_for_resource, Match::No),
                    "BoolIfExists" => is(values, is_for_resource, Match::Yes),
                    _ => Match::Perhaps,
                }
            })
            .min()
            .unwrap_or(Match::Yes)
    }
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
