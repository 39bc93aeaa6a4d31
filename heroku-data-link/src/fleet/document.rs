//! The document of a fleet: what is read, with everything that is wrong with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clashes;
use crate::link::LinkSpec;
use crate::model::{AccountId, AwsPrincipal, AwsRegion, LinkKind, TargetName, TextFilter};
use crate::provider::CallerIdentity;
use crate::reconcile::IamPolicy;

/// The links of a company, and the AWS accounts that they are in. See the [module](super) for the
/// document that it is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    targets: BTreeMap<TargetName, Target>,
    links: Vec<FleetLink>,
}

/// An AWS account in a region, and whose credentials to take for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub struct Target {
    /// The region of the links' VPCs and keys.
    pub region: AwsRegion,
    /// The account. Where it is said, nothing is done with credentials of another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The profile of `~/.aws/config` to use. Default: what every AWS tool would use here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// A role to assume with these credentials. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<AssumedRole>,
}

/// A role that is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub struct AssumedRole {
    /// Its ARN.
    pub arn: AwsPrincipal,
    /// The external id that its trust policy asks for. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// How the session is called in AWS's logs. Default: `heroku-data-link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
}

impl Target {
    /// What the credentials of this environment reach in a region.
    pub fn new(region: AwsRegion) -> Self {
        Self { region, account: None, profile: None, role: None }
    }
}

/// One link of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetLink {
    /// The name of its target.
    pub target: TargetName,
    /// Its spec, with the document's defaults.
    pub spec: LinkSpec,
    /// Which one of the document it is, counted from 1.
    pub number: usize,
}

impl FleetLink {
    /// Where it stands in the document, for people.
    pub fn place(&self) -> String {
        format!("link {} of the document ({})", self.number, self.spec.link())
    }
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Where, such as `link 3 of the document (cache)` or `target prod`.
    pub place: String,
    /// What, with the rule and the remedy where one can tell. It holds no password.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// A document that is refused as a whole: everything that is wrong with it, at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the fleet cannot be used: {}", list(.problems))]
#[non_exhaustive]
pub struct FleetError {
    /// What is wrong, in the order of the document.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The document as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Document {
    #[serde(default)]
    targets: Map<String, Value>,
    #[serde(default)]
    defaults: Defaults,
    /// `None` is no list of no links: nothing is concluded from a document that was cut off.
    links: Option<Vec<Value>>,
}

/// What links get that do not say it themselves.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Defaults {
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    tags: Map<String, Value>,
    #[serde(default)]
    privatelink: Map<String, Value>,
    #[serde(default)]
    peering: Map<String, Value>,
    #[serde(default)]
    encryption: Map<String, Value>,
    #[serde(default)]
    key_access: Map<String, Value>,
}

/// The fields whose entries are defaults one by one.
const MERGED: [&str; 3] = ["tags", "deadlines", "quotas"];

impl Fleet {
    /// Reads a document of JSON.
    ///
    /// # Errors
    /// When it is no JSON, and as [`from_value`](Self::from_value).
    pub fn from_json(text: &str) -> Result<Self, FleetError> {
        match serde_json::from_str(text) {
            Ok(value) => Self::from_value(value),
            Err(error) => Err(Problems::of_document(error.to_string())),
        }
    }

    /// Reads a document that was parsed from whatever format it is in.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_value(document: Value) -> Result<Self, FleetError> {
        if document.as_object().is_none_or(Map::is_empty) {
            let text = "the document is empty; it needs at least `targets` and `links`";
            return Err(Problems::of_document(text));
        }
        let document: Document = serde_json::from_value(document)
            .map_err(|error| Problems::of_document(error.to_string()))?;
        let mut problems = Problems::default();
        let targets = document.read_targets(&mut problems);
        let Some(links) = &document.links else {
            let text = "there is no list `links`; a fleet without links says `links = []`";
            return Err(Problems::of_document(text));
        };
        let read = (1..).zip(links).filter_map(|(number, value)| {
            document.read_link(number, value, &targets, &mut problems)
        });
        let fleet = Self { links: read.collect(), targets };
        let account = |link: &FleetLink| fleet.targets.get(&link.target)?.account.clone();
        problems.0.extend(clashes::of(&fleet.links, account));
        problems.finish(fleet)
    }

    /// The targets, by name.
    pub fn targets(&self) -> &BTreeMap<TargetName, Target> {
        &self.targets
    }

    /// The links, in the order of the document.
    pub fn links(&self) -> &[FleetLink] {
        &self.links
    }

    /// The least policy for all links of a target together, for a caller of its account.
    pub fn iam_policy(&self, target: &TargetName, caller: &CallerIdentity) -> IamPolicy {
        let region = self.targets.get(target).map(|target| &target.region);
        let links = self.links.iter().filter(|link| link.target == *target);
        let policies = links
            .filter_map(|link| Some(link.spec.iam_policy(caller, region?)))
            .collect::<Vec<_>>();
        IamPolicy::of_all(policies)
    }

    /// What each link waits for: the encryption that makes its add-on.
    pub(super) fn prerequisites(&self) -> Vec<Option<usize>> {
        let mut makers = BTreeMap::new();
        for (index, link) in self.links.iter().enumerate() {
            if let LinkSpec::Encryption(spec) = &link.spec {
                makers.insert(spec.addon.as_str(), (index, &spec.app));
            }
        }
        let links = self.links.iter().map(|link| {
            let LinkSpec::PrivateLink(spec) = &link.spec else { return None };
            let (index, app) = makers.get(spec.addon.name())?;
            spec.addon.app().is_none_or(|named| named == *app).then_some(*index)
        });
        links.collect()
    }
}

impl Document {
    fn read_targets(&self, problems: &mut Problems) -> BTreeMap<TargetName, Target> {
        let mut targets = BTreeMap::new();
        for (name, value) in &self.targets {
            let place = || format!("target {}", shown(name));
            match (name.parse::<TargetName>(), serde_json::from_value::<Target>(value.clone())) {
                (Ok(name), Ok(target)) => drop(targets.insert(name, target)),
                (Err(error), _) => problems.add(place(), error.to_string()),
                (Ok(_), Err(error)) => problems.add(place(), error.to_string()),
            }
        }
        targets
    }

    fn read_link(
        &self,
        number: usize,
        value: &Value,
        targets: &BTreeMap<TargetName, Target>,
        problems: &mut Problems,
    ) -> Option<FleetLink> {
        let id = value.get("link").and_then(Value::as_str).map(shown);
        let place = match id {
            Some(id) => format!("link {number} of the document ({id})"),
            None => format!("link {number} of the document"),
        };
        let read = || {
            let Value::Object(fields) = value else {
                return Err("it must be a table of fields".to_owned());
            };
            let mut fields = fields.clone();
            let target = self.target_of(fields.remove("target"), targets)?;
            let kind = kind_of(&fields)?;
            for (field, default) in self.defaults.of(kind) {
                merge(&mut fields, field, default);
            }
            let spec = serde_json::from_value(Value::Object(fields));
            let spec = spec.map_err(|error| error.to_string())?;
            Ok(FleetLink { target, spec, number })
        };
        read().map_err(|problem| problems.add(place, problem)).ok()
    }

    fn target_of(
        &self,
        own: Option<Value>,
        targets: &BTreeMap<TargetName, Target>,
    ) -> Result<TargetName, String> {
        let own = match own {
            None => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err("`target` must be the name of a target".to_owned()),
        };
        let names = || {
            let names: Vec<_> = targets.keys().map(TargetName::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let Some(name) = own.as_ref().or(self.defaults.target.as_ref()) else {
            return match targets.keys().next() {
                Some(only) if targets.len() == 1 => Ok(only.clone()),
                _ => Err(format!(
                    "it names no `target`, and `defaults.target` does not either; there are: {}",
                    names()
                )),
            };
        };
        let known = name.parse::<TargetName>().map_err(|error| error.to_string())?;
        if targets.contains_key(&known) || self.targets.contains_key(name) {
            return Ok(known);
        }
        Err(format!("there is no target {known}; there are: {}", names()))
    }
}

impl Defaults {
    fn of(&self, kind: LinkKind) -> impl Iterator<Item = (&str, Value)> {
        let of_kind = match kind {
            LinkKind::PrivateLink => &self.privatelink,
            LinkKind::Peering => &self.peering,
            LinkKind::Encryption => &self.encryption,
            LinkKind::KeyAccess => &self.key_access,
        };
        // The access to a key makes nothing that could have tags.
        let tags = (kind != LinkKind::KeyAccess && !self.tags.is_empty())
            .then(|| ("tags", Value::Object(self.tags.clone())));
        of_kind.iter().map(|(field, value)| (field.as_str(), value.clone())).chain(tags)
    }
}

/// The kind that a link says it is of; the spec's own reader would repeat whatever stands there.
fn kind_of(fields: &Map<String, Value>) -> Result<LinkKind, String> {
    let kinds = "it must be privatelink, peering, encryption or key-access";
    match fields.get("kind") {
        None => Err(format!("it has no `kind`; {kinds}")),
        Some(Value::String(kind)) => LinkKind::of_name(kind).ok_or_else(|| {
            crate::model::InvalidValue::new("kind of link", kind.as_str(), kinds).to_string()
        }),
        Some(_) => Err(format!("its `kind` is no text; {kinds}")),
    }
}

/// What a link says itself wins.
fn merge(fields: &mut Map<String, Value>, field: &str, default: Value) {
    match (fields.get_mut(field), default) {
        (None, default) => drop(fields.insert(field.to_owned(), default)),
        (Some(Value::Object(own)), Value::Object(default)) if MERGED.contains(&field) => {
            for (name, value) in default {
                own.entry(name).or_insert(value);
            }
        }
        (Some(_), _) => {}
    }
}

/// What a person wrote somewhere, and may be anything.
fn shown(text: &str) -> String {
    TextFilter::new().show_up_to(text, 64)
}

/// What is wrong, as it is found.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, place: String, problem: impl AsRef<str>) {
        self.0.push(Problem { place, problem: TextFilter::new().show(problem.as_ref()) });
    }

    fn of_document(problem: impl AsRef<str>) -> FleetError {
        let mut problems = Self::default();
        problems.add("the document".to_owned(), problem);
        FleetError { problems: problems.0 }
    }

    fn finish(self, fleet: Fleet) -> Result<Fleet, FleetError> {
        if self.0.is_empty() { Ok(fleet) } else { Err(FleetError { problems: self.0 }) }
    }
}
