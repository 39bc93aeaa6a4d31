//! Where a copy of a bundle is delivered, and how it is written there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bundle, BundleError, Names};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::text::refuses_without_passwords;
use crate::model::{
    AttachmentName, CopyName, KeyArn, LinkId, Secret, SinkName, Stamp, VariableName,
};

/// The name of AWS Secrets Manager as a sink.
pub const SECRETS_MANAGER: &str = "secrets-manager";
/// The name of the Parameter Store of AWS Systems Manager as a sink.
pub const PARAMETER_STORE: &str = "parameter-store";
/// The name of the file system as a sink.
pub const FILE: &str = "file";

/// A copy of a link's connection: where it is delivered, and what is in it.
///
/// ```
/// use heroku_data_link::bundle::Destination;
///
/// let copy: Destination = serde_json::from_value(serde_json::json!({
///     "to": "secrets-manager",
///     "name": "prod/cache",
///     "names": { "prefix": "CACHE" },
/// }))?;
/// assert_eq!(copy.to_string(), "secrets-manager prod/cache");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "Destination")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Destination {
    /// The sink, by the name under which the program offers it: `file`, and with the AWS adapter
    /// `secrets-manager` and `parameter-store`.
    pub to: SinkName,
    /// What the copy is called there: the name of a secret or parameter, the path of a file.
    pub name: CopyName,
    /// What the values are called.
    #[serde(default)]
    pub names: Names,
    /// The attachment whose variables are delivered. Default: any, if all lead to the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentName>,
    /// The one value that is delivered, as plain text. Default: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<VariableName>,
    /// How all values are written.
    #[serde(default)]
    pub format: Format,
    /// The customer's KMS key under which the sink keeps it. Default: the sink's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KeyArn>,
    /// What a teardown does with the copy.
    #[serde(default)]
    pub on_teardown: CopyTeardown,
}

refuses_without_passwords!(Destination);

/// How all values of a bundle are written into one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Format {
    /// As a dotenv file in `file`, else as JSON.
    #[default]
    Usual,
    /// One JSON object of strings.
    Json,
    /// A dotenv file.
    Dotenv,
}

/// What a teardown does with a copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum CopyTeardown {
    /// Nothing: it stays, with credentials that may still be valid elsewhere.
    #[default]
    Keep,
    /// It is deleted, if it is the link's own.
    Delete,
}

impl Destination {
    /// A copy of all values, under their well-known names, that a teardown leaves.
    pub fn new(to: SinkName, name: CopyName) -> Self {
        Self {
            to,
            name,
            names: Names::default(),
            attachment: None,
            value: None,
            format: Format::default(),
            kms_key: None,
            on_teardown: CopyTeardown::default(),
        }
    }

    /// The text that is delivered here, and its stamp.
    ///
    /// # Errors
    /// When the bundle does not have the one value that is delivered.
    pub fn text(&self, link: &LinkId, bundle: &Bundle) -> Result<(Secret, Stamp), BundleError> {
        let text = match (&self.value, self.format) {
            (Some(name), _) => {
                let value = bundle.get(name.as_str()).ok_or_else(|| {
                    let known = bundle.iter().map(|(name, _)| name.to_string()).collect();
                    BundleError::UnknownValue { name: name.clone(), known }
                })?;
                value.expose().to_owned()
            }
            (None, Format::Dotenv) => bundle.expose_dotenv(),
            (None, Format::Usual) if self.to.as_str() == FILE => bundle.expose_dotenv(),
            (None, Format::Json | Format::Usual) => bundle.expose_json(),
        };
        let stamp = Stamp::of(link, &text);
        Ok((Secret::new(text), stamp))
    }
}

/// Sink and name, for a sentence.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to, self.name)
    }
}
