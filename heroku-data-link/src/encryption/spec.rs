//! Which add-on is to have which key, as its user says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::choice::choice;
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::text::refuses_without_passwords;
use crate::model::{
    AccountId, AddonName, AddonRef, AppName, AttachmentName, DataService, KeyAlias, KeyArn, LinkId,
    OptionName, OwnTags, PlanName, RotationPeriod,
};
use crate::reconcile::Seconds;

/// The option with which Heroku takes a customer's key: what `--encryption-key` of the official
/// CLI sends.
pub const KEY_OPTION: &str = "encryption-key";

/// Which add-on is to have which key.
///
/// Plain data: it can be written down as JSON and read again. Only `link`, `app`, `plan` and
/// `addon` are needed; everything else has the default that its type documents.
///
/// # Identity
/// `link` and `addon`, and the account and region of the credentials, say which link it is. They are
/// in the [tags](crate::reconcile::ownership) of the link's own key. A spec that changes one of them is
/// another link, and is blocked while the first one's key has the link's alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "EncryptionSpec")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct EncryptionSpec {
    /// Our name for this link. It marks the key that the link makes, so it must stay the same for
    /// the life of the link and differ between links of one AWS account.
    pub link: LinkId,
    /// The app that owns the add-on, in a Private or Shield Space.
    pub app: AppName,
    /// The add-on's service and plan, private or shield, such as `heroku-redis:private-7`.
    pub plan: PlanName,
    /// The add-on's name, unique on all of Heroku. An add-on of this name that has the key already
    /// is used; a key cannot be given to one that was made without.
    pub addon: AddonName,
    /// The name of the add-on's first attachment. Default: Heroku chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentName>,
    /// The key.
    #[serde(default)]
    pub key: KeyChoice,
    /// The AWS account from which Heroku Data uses the key. Default: 021876802972.
    #[serde(default = "AccountId::heroku_data")]
    pub heroku_account: AccountId,
    /// How often the key's material is rotated. Default: every 365 days.
    #[serde(default)]
    pub rotation: RotationPeriod,
    /// The option of the add-on that takes the key. Default: `encryption-key`
    /// ([`KEY_OPTION`]).
    #[serde(default = "OptionName::encryption_key")]
    pub key_option: OptionName,
    /// Tags that the link's own key gets when it is made, and whenever it lacks one. Default: none.
    #[serde(default, skip_serializing_if = "OwnTags::is_empty")]
    pub tags: OwnTags,
    /// The store whose data the add-on begins with, and whose place it takes. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
    /// How long to wait for each part before giving up.
    #[serde(default)]
    pub deadlines: Deadlines,
}

refuses_without_passwords!(EncryptionSpec);

impl EncryptionSpec {
    /// A spec with defaults for everything else.
    pub fn new(link: LinkId, app: AppName, plan: PlanName, addon: AddonName) -> Self {
        Self {
            link,
            app,
            plan,
            addon,
            attachment: None,
            key: KeyChoice::default(),
            heroku_account: AccountId::heroku_data(),
            rotation: RotationPeriod::default(),
            key_option: OptionName::encryption_key(),
            tags: OwnTags::default(),
            migration: None,
            deadlines: Deadlines::default(),
        }
    }

    /// With this key.
    #[must_use]
    pub fn with_key(mut self, key: KeyChoice) -> Self {
        self.key = key;
        self
    }

    /// With the data of another store, whose place the add-on takes.
    #[must_use]
    pub fn migrating(mut self, migration: Migration) -> Self {
        self.migration = Some(migration);
        self
    }

    /// Whether the key is the link's own.
    pub(super) fn owns_key(&self) -> bool {
        match self.key {
            KeyChoice::Owned { .. } => true,
            KeyChoice::Existing { .. } => false,
        }
    }

    /// The ARN of the key, where the spec names it.
    pub(super) fn named_key(&self) -> Option<&KeyArn> {
        match &self.key {
            KeyChoice::Owned { .. } => None,
            KeyChoice::Existing { key, .. } => Some(key),
        }
    }

    /// Whether the key's policy and rotation may be changed.
    pub(super) fn may_mend(&self) -> bool {
        match self.key {
            KeyChoice::Owned { .. } => true,
            KeyChoice::Existing { mend, .. } => mend,
        }
    }

    /// The alias of the link's own key.
    pub(super) fn alias(&self) -> Option<KeyAlias> {
        match &self.key {
            KeyChoice::Owned { alias: Some(alias) } => Some(alias.clone()),
            KeyChoice::Owned { alias: None } => {
                // A link's id has no characters that an alias does not take, but for the dot.
                let link = self.link.as_str().replace('.', "-");
                format!("alias/heroku-data-link-{link}").parse().ok()
            }
            KeyChoice::Existing { .. } => None,
        }
    }
}

/// The key that encrypts the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "KeyChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum KeyChoice {
    /// A key of the link's own: made when it is not there, tagged, and kept as the spec says.
    Owned {
        /// Its alias. Default: `alias/heroku-data-link-` and the link's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alias: Option<KeyAlias>,
    },
    /// This key, symmetric and of the caller's account and region.
    Existing {
        /// Its ARN.
        key: KeyArn,
        /// Whether its policy may be completed by what Heroku Data needs, and its rotation
        /// switched on. By default both are left alone, as others may rely on them: a policy that
        /// lacks something is then a blocker that says what, and a key without rotation is a note.
        #[serde(default)]
        mend: bool,
    },
}

choice!(KeyChoice);

impl Default for KeyChoice {
    fn default() -> Self {
        Self::Owned { alias: None }
    }
}

/// How an add-on comes by the data of another, and takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Migration {
    /// The old add-on, by name, UUID, attachment or config variable; of the same service, and
    /// attached to the spec's app. It is never changed, but for attachments.
    pub source: AddonRef,
    /// How its data is copied.
    #[serde(default)]
    pub copy: CopyBy,
    /// The attachment that the new add-on takes over. Default: `REDIS` or `DATABASE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote_as: Option<AttachmentName>,
    /// The attachment that the old add-on gets before, where it would lose its last. Default: the
    /// promoted one and `_OLD`, such as `REDIS_OLD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_as: Option<AttachmentName>,
    /// Whether to end before anything that the app can notice, once the copy is there and caught
    /// up, so that somebody can choose the moment. Run again without it to go on. Default: not.
    #[serde(default)]
    pub hold: bool,
}

impl Migration {
    /// From this add-on, with defaults for everything else.
    pub fn from(source: impl Into<AddonRef>) -> Self {
        Self {
            source: source.into(),
            copy: CopyBy::default(),
            promote_as: None,
            keep_as: None,
            hold: false,
        }
    }

    /// The attachment to take over: the spec's, or that of the service's first add-on in an app.
    pub(super) fn target(&self, service: DataService) -> Option<AttachmentName> {
        let usual = match service {
            DataService::KeyValueStore => "REDIS",
            DataService::Kafka => "KAFKA",
            DataService::Postgres => "DATABASE",
        };
        self.promote_as.clone().or_else(|| usual.parse().ok())
    }

    /// The attachment that the old add-on keeps.
    pub(super) fn kept(&self, service: DataService) -> Option<AttachmentName> {
        let target = self.target(service)?;
        self.keep_as.clone().or_else(|| format!("{target}_OLD").parse().ok())
    }
}

/// How data is copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum CopyBy {
    /// A fork. Key-Value Store forks from the old store's URL, Postgres from the add-on. A fork of
    /// Postgres holds what was there when it began.
    #[default]
    Fork,
    /// A follower that stops following when it is promoted: Postgres only.
    Follower,
}

/// How long to wait for each part before giving up. Serialised as seconds.
///
/// Each default is at least twice the time that the part usually takes. Running again after a
/// deadline resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Deadlines {
    /// For the add-on to be provisioned.
    #[serde(with = "Seconds")]
    pub addon: Duration,
    /// For the service behind it to be ready; for a copy, to have caught up.
    #[serde(with = "Seconds")]
    pub service: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            // A Kafka add-on has been seen to need more than 20 minutes.
            addon: 60 * MINUTE,
            // A copy takes as long as its data is large.
            service: 12 * 60 * MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_from_its_four_needed_fields() {
        let spec: EncryptionSpec = serde_json::from_str(
            r#"{ "link": "vault", "app": "shop", "plan": "heroku-redis:private-7",
                 "addon": "shop-redis" }"#,
        )
        .unwrap();
        let expected = EncryptionSpec::new(
            "vault".parse().unwrap(),
            "shop".parse().unwrap(),
            "heroku-redis:private-7".parse().unwrap(),
            "shop-redis".parse().unwrap(),
        );
        assert_eq!(spec, expected);
        assert_eq!(spec.alias().unwrap().as_str(), "alias/heroku-data-link-vault");
        assert_eq!((spec.key_option.as_str(), spec.rotation.days()), (KEY_OPTION, 365));
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<EncryptionSpec>(&text).unwrap(), spec);
    }

    #[test]
    fn bad_input_is_refused_with_the_value_and_the_rule() {
        let key = "arn:aws:kms:us-east-1:123456789101:key/1234abcd";
        let with = |field: &str| {
            let text = format!(
                r#"{{ "link": "a", "app": "shop", "plan": "heroku-redis:private-7",
                     "addon": "shop-redis", {field} }}"#
            );
            serde_json::from_str::<EncryptionSpec>(&text).map_err(|error| error.to_string())
        };
        assert!(with(&format!(r#""key": {{ "existing": {{ "key": "{key}" }} }}"#)).is_ok());
        let table = [
            (
                r#""key": { "existing": { "key": "arn:aws:kms:us-east-1:123456789101:alias/a" } }"#,
                "the ARN of an alias",
            ),
            (r#""key": { "existing": { "key": "1234abcd" } }"#, "arn:aws:kms:REGION"),
            (r#""key": { "owned": { "alias": "alias/aws/mine" } }"#, "belong to AWS"),
            (r#""rotation": 30"#, "90 to 2560"),
            (r#""heroku-account": "1""#, "12 digits"),
            (r#""key-option": "key\u0000""#, "lower-case"),
            (r#""key-option": "key\nfork""#, "lower-case"),
            (r#""key-option": """#, "start with a letter"),
            (r#""migration": { "source": "redis://h:pw@host" }"#, "add-on reference"),
            (r#""keys": 1"#, "unknown field `keys`"),
        ];
        for (field, expected) in table {
            let error = with(field).unwrap_err();
            assert!(error.contains(expected), "{field}: {error}");
            assert!(!error.contains("pw@"), "{error}");
        }
    }
}
