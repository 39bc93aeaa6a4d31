//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::EncryptionSpec;
use crate::model::{AwsRegion, KeyArn};
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{Cloud, Effect, IamPolicy, Only, Permission, Resource, Scope, StepKind};

/// The name of this kind of link.
pub(super) const WORKFLOW: &str = "encryption";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CheckCaller,
    CheckPlan,
    CheckRegion,
    CheckSource,
    CheckAddon,
    CheckKey,
    CheckPolicy,
    CreateKey,
    CreateAlias,
    PutPolicy,
    EnableRotation,
    CreateAddon,
    AwaitProvisioned,
    AwaitService,
    CheckReadBack,
    Unfollow,
    Keep,
    Promote,
    KeepAll,
}

/// A kind of step about a key of the link's own, or of somebody else's.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfKey {
    pub(super) kind: Kind,
    pub(super) owned: bool,
}

impl Kind {
    const ALL: [Self; 19] = [
        Self::CheckCaller,
        Self::CheckPlan,
        Self::CheckRegion,
        Self::CheckSource,
        Self::CheckAddon,
        Self::CheckKey,
        Self::CheckPolicy,
        Self::CreateKey,
        Self::CreateAlias,
        Self::PutPolicy,
        Self::EnableRotation,
        Self::CreateAddon,
        Self::AwaitProvisioned,
        Self::AwaitService,
        Self::CheckReadBack,
        Self::Unfollow,
        Self::Keep,
        Self::Promote,
        Self::KeepAll,
    ];

    /// Whether a job of this spec can ever come to such a step.
    fn occurs(self, spec: &EncryptionSpec) -> bool {
        match self {
            Self::CreateKey | Self::CreateAlias => spec.owns_key(),
            Self::PutPolicy | Self::EnableRotation => spec.may_mend(),
            Self::CheckCaller
            | Self::CheckPlan
            | Self::CheckRegion
            | Self::CheckSource
            | Self::CheckAddon
            | Self::CheckKey
            | Self::CheckPolicy
            | Self::CreateAddon
            | Self::AwaitProvisioned
            | Self::AwaitService
            | Self::CheckReadBack
            | Self::Unfollow
            | Self::Keep
            | Self::Promote
            | Self::KeepAll => true,
        }
    }
}

impl StepKind for OfKey {
    fn describe(self) -> (&'static str, Effect, Cloud) {
        use Cloud::{Aws, Heroku};
        use Effect::{Check, Create, Modify, Wait};
        match self.kind {
            Kind::CheckCaller => ("caller", Check, Aws),
            Kind::CheckPlan => ("plan", Check, Heroku),
            Kind::CheckRegion => ("region", Check, Heroku),
            Kind::CheckSource => ("source", Check, Heroku),
            Kind::CheckAddon => ("addon/check", Check, Heroku),
            Kind::CheckKey => ("key/check", Check, Aws),
            Kind::CheckPolicy => ("policy/check", Check, Aws),
            Kind::CreateKey => ("key", Create, Aws),
            Kind::CreateAlias => ("alias", Create, Aws),
            Kind::PutPolicy => ("policy", Modify, Aws),
            Kind::EnableRotation => ("rotation", Modify, Aws),
            Kind::CreateAddon => ("addon", Create, Heroku),
            Kind::AwaitProvisioned => ("addon/provisioned", Wait, Heroku),
            Kind::AwaitService => ("service/ready", Wait, Heroku),
            Kind::CheckReadBack => ("addon/key", Check, Heroku),
            Kind::Unfollow => ("unfollow", Modify, Heroku),
            Kind::Keep => ("keep-old", Create, Heroku),
            Kind::Promote => ("promote", Modify, Heroku),
            Kind::KeepAll => ("keep", Check, Heroku),
        }
    }

    /// Which key has an alias or a tag is known only once it was read, so reads of the link's own
    /// key are of any key; changes are of what carries its tag.
    fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        const fn key(action: &'static str) -> Permission {
            P::on(action, Resource::Key, Only::Always)
        }
        const fn own(action: &'static str) -> Permission {
            P::on(action, Resource::Key, Only::Owned)
        }
        match (self.kind, self.owned) {
            (Kind::CheckKey, true) => {
                const {
                    &[
                        key(op::DESCRIBE_KEY),
                        key(op::LIST_RESOURCE_TAGS),
                        P::on(op::LIST_KEYS, Resource::Any, Only::Always),
                        key(op::GET_KEY_POLICY),
                        key(op::GET_KEY_ROTATION_STATUS),
                    ]
                }
            }
            (Kind::CheckKey, false) => {
                const {
                    &[
                        key(op::DESCRIBE_KEY),
                        key(op::GET_KEY_POLICY),
                        key(op::GET_KEY_ROTATION_STATUS),
                    ]
                }
            }
            (Kind::CreateKey, _) => {
                const {
                    &[
                        P::on(op::CREATE_KEY, Resource::Any, Only::TaggedByCall),
                        P::on(op::TAG_KEY, Resource::Any, Only::TaggedByCall),
                        P::on(op::PUT_KEY_POLICY, Resource::Key, Only::Owned),
                    ]
                }
            }
            (Kind::CreateAlias, _) => {
                const {
                    &[
                        P::on(op::CREATE_ALIAS, Resource::KeyAlias, Only::Always),
                        own(op::CREATE_ALIAS),
                    ]
                }
            }
            (Kind::PutPolicy, true) => const { &[own(op::PUT_KEY_POLICY)] },
            (Kind::PutPolicy, false) => const { &[key(op::PUT_KEY_POLICY)] },
            (Kind::EnableRotation, true) => const { &[own(op::ENABLE_KEY_ROTATION)] },
            (Kind::EnableRotation, false) => const { &[key(op::ENABLE_KEY_ROTATION)] },
            (
                Kind::CheckCaller
                | Kind::CheckPlan
                | Kind::CheckRegion
                | Kind::CheckSource
                | Kind::CheckAddon
                | Kind::CheckPolicy
                | Kind::CreateAddon
                | Kind::AwaitProvisioned
                | Kind::AwaitService
                | Kind::CheckReadBack
                | Kind::Unfollow
                | Kind::Keep
                | Kind::Promote
                | Kind::KeepAll,
                _,
            ) => &[],
        }
    }
}

impl EncryptionSpec {
    /// The least policy with which this link can be established and kept by a caller of this
    /// account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let owned = self.owns_key();
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| kind.occurs(self))
            .map(|kind| OfKey { kind, owned });
        let key = self.named_key().map(KeyArn::id);
        IamPolicy::of_kinds(&self.link, Scope::of_key(caller, region, key), kinds)
    }
}
