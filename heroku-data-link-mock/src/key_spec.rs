use std::fmt::Display;

use heroku_data_link::model::{AccountId, KeyState};

/// A KMS key to be put into a world.
#[derive(Debug, Clone)]
pub struct KeySpec {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) policy: Option<String>,
    pub(crate) opens_to: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) state: KeyState,
    pub(crate) usage: Option<String>,
    pub(crate) spec: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) is_aws_managed: bool,
    pub(crate) is_multi_region: bool,
    pub(crate) rotation_days: Option<u32>,
}

impl KeySpec {
    /// An enabled, symmetric key of account 123456789101 in us-east-1, which only its owner can
    /// use: what `aws kms create-key` makes.
    pub fn new() -> Self {
        Self {
            account: None,
            region: None,
            id: None,
            alias: None,
            policy: None,
            opens_to: None,
            tags: Vec::new(),
            state: KeyState::Enabled,
            usage: None,
            spec: None,
            origin: None,
            is_aws_managed: false,
            is_multi_region: false,
            rotation_days: None,
        }
    }

    /// Of this account.
    #[must_use]
    pub fn in_account(self, account: impl Display) -> Self {
        Self { account: Some(account.to_string()), ..self }
    }

    /// In this region.
    #[must_use]
    pub fn in_region(self, region: impl Display) -> Self {
        Self { region: Some(region.to_string()), ..self }
    }

    /// With this id.
    #[must_use]
    pub fn with_id(self, id: impl Display) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// Named by this alias, `alias/…`.
    #[must_use]
    pub fn with_alias(self, alias: impl Display) -> Self {
        Self { alias: Some(alias.to_string()), ..self }
    }

    /// With this policy, a JSON document, which is not checked.
    #[must_use]
    pub fn with_policy(self, policy: impl Display) -> Self {
        Self { policy: Some(policy.to_string()), ..self }
    }

    /// With the policy that the console writes when another account is to use the key.
    #[must_use]
    pub fn open_to(self, account: impl Display) -> Self {
        Self { opens_to: Some(account.to_string()), ..self }
    }

    /// With one more tag.
    #[must_use]
    pub fn tagged(mut self, key: impl Display, value: impl Display) -> Self {
        self.tags.push((key.to_string(), value.to_string()));
        self
    }

    /// In this state, and for long: services under it have stopped if it cannot be used. One that
    /// is pending deletion is deleted in 30 days.
    #[must_use]
    pub fn in_state(self, state: KeyState) -> Self {
        Self { state, ..self }
    }

    /// A key pair for signatures, `RSA_2048`.
    #[must_use]
    pub fn asymmetric(self) -> Self {
        Self { usage: Some("SIGN_VERIFY".to_owned()), spec: Some("RSA_2048".to_owned()), ..self }
    }

    /// With material of the customer's own, which cannot be rotated by itself.
    #[must_use]
    pub fn of_imported_material(self) -> Self {
        Self { origin: Some("EXTERNAL".to_owned()), ..self }
    }

    /// Managed by AWS: nobody can change it.
    #[must_use]
    pub fn aws_managed(self) -> Self {
        Self { is_aws_managed: true, ..self }
    }

    /// One that can have copies in other regions.
    #[must_use]
    pub fn multi_region(self) -> Self {
        Self { is_multi_region: true, ..self }
    }

    /// Rotated every so many days.
    #[must_use]
    pub fn rotated_every(self, days: u32) -> Self {
        Self { rotation_days: Some(days), ..self }
    }
}

impl Default for KeySpec {
    fn default() -> Self {
        Self::new()
    }
}

/// The policy that KMS gives to a key for which nobody writes one: its owner can use it.
pub(crate) fn default_policy(owner: &AccountId) -> String {
    policy("key-default-1", owner, None)
}

/// The policy of a key that only its owner can use, or another account as well.
pub(crate) fn console_policy(owner: &AccountId, user: Option<&AccountId>) -> String {
    policy("key-consolepolicy-3", owner, user)
}

fn policy(id: &str, owner: &AccountId, user: Option<&AccountId>) -> String {
    let statement = |sid: &str, account: &AccountId, actions: &str, condition: &str| {
        format!(
            r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":{actions},"Resource":"*"{condition}}}"#
        )
    };
    let mut statements = vec![statement("Enable IAM User Permissions", owner, r#""kms:*""#, "")];
    if let Some(user) = user {
        statements.push(statement(
            "Allow use of the key",
            user,
            r#"["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"]"#,
            "",
        ));
        statements.push(statement(
            "Allow attachment of persistent resources",
            user,
            r#"["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"]"#,
            r#","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#,
        ));
    }
    format!(r#"{{"Version":"2012-10-17","Id":"{id}","Statement":[{}]}}"#, statements.join(","))
}
