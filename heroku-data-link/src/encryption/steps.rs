//! The kinds of steps of an encryption link.

use super::spec::EncryptionSpec;
use crate::model::{AwsRegion, KeyArn, LinkKind};
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{IamPolicy, Only, Permission as P, Resource, Scope, StepKind, step_kinds};

/// The name of this kind of link.
pub(super) const KIND: LinkKind = LinkKind::Encryption;

const fn key(action: &'static str) -> P {
    P::on(action, Resource::Key, Only::Always)
}

const fn own_key(action: &'static str) -> P {
    P::on(action, Resource::Key, Only::Owned)
}

// Which key has an alias or a tag is known only once it was read, so reads of the link's own key are
// of any key; changes are of what carries its tag.
// What shows how far a step is; see `refresh`.
pub(super) const ADDON: &str = "add-on";
pub(super) const SERVICE: &str = "service";

step_kinds! { EncryptionSpec;
    CHECK_CALLER = "caller/check", Check, Aws;
    CHECK_PLAN = "plan/check", Check, Heroku;
    CHECK_REGION = "region/check", Check, Heroku;
    CHECK_SOURCE = "source/check", Check, Heroku;
    CHECK_ADDON = "addon/check", Check, Heroku;
    CHECK_OWN_KEY = "key/check", Check, Aws, needs [
        key(op::DESCRIBE_KEY),
        key(op::LIST_RESOURCE_TAGS),
        P::on(op::LIST_KEYS, Resource::Any, Only::Always),
        key(op::GET_KEY_POLICY),
        key(op::GET_KEY_ROTATION_STATUS),
    ], if EncryptionSpec::owns_key;
    CHECK_NAMED_KEY = "key/check", Check, Aws, needs [
        key(op::DESCRIBE_KEY),
        key(op::GET_KEY_POLICY),
        key(op::GET_KEY_ROTATION_STATUS),
    ], if |spec| !spec.owns_key();
    CHECK_POLICY = "key/check-policy", Check, Aws;
    CREATE_KEY = "key/create", Create, Aws, needs [
        P::on(op::CREATE_KEY, Resource::Any, Only::TaggedByCall),
        P::on(op::TAG_KEY, Resource::Any, Only::TaggedByCall),
        own_key(op::PUT_KEY_POLICY),
    ], if EncryptionSpec::owns_key;
    CREATE_ALIAS = "alias/create", Create, Aws, needs [
        P::on(op::CREATE_ALIAS, Resource::KeyAlias, Only::Always),
        own_key(op::CREATE_ALIAS),
    ], if EncryptionSpec::owns_key;
    PUT_OWN_POLICY = "key/put-policy", Modify, Aws, needs [own_key(op::PUT_KEY_POLICY)],
        if EncryptionSpec::owns_key;
    PUT_NAMED_POLICY = "key/put-policy", Modify, Aws, needs [key(op::PUT_KEY_POLICY)],
        if |spec| !spec.owns_key() && spec.may_mend();
    ROTATE_OWN_KEY = "key/rotate", Modify, Aws, needs [own_key(op::ENABLE_KEY_ROTATION)],
        if EncryptionSpec::owns_key;
    ROTATE_NAMED_KEY = "key/rotate", Modify, Aws, needs [key(op::ENABLE_KEY_ROTATION)],
        if |spec| !spec.owns_key() && spec.may_mend();
    // The spec's own tags, on a key without them.
    TAG_KEY = "key/tag", Modify, Aws, needs [own_key(op::TAG_KEY)],
        if |spec| spec.owns_key() && !spec.tags.is_empty();
    CREATE_ADDON = "addon/create", Create, Heroku, shown by ADDON;
    AWAIT_PROVISIONED = "addon/await-provisioned", Wait, Heroku, shown by ADDON;
    AWAIT_SERVICE = "service/await-ready", Wait, Heroku, shown by SERVICE;
    CHECK_READ_BACK = "addon/check-key", Check, Heroku;
    UNFOLLOW = "addon/unfollow", Modify, Heroku;
    KEEP = "attachment/keep", Create, Heroku;
    PROMOTE = "attachment/promote", Modify, Heroku;
    KEEP_ALL = "data/keep", Check, Heroku;
}

/// The kind for a key of the link's own, or the one for a key that the spec names.
pub(super) fn of_key(
    spec: &EncryptionSpec,
    own: &'static StepKind<EncryptionSpec>,
    named: &'static StepKind<EncryptionSpec>,
) -> &'static StepKind<EncryptionSpec> {
    if spec.owns_key() { own } else { named }
}

impl EncryptionSpec {
    /// The least policy with which this link can be established and kept by a caller of this
    /// account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let key = self.named_key().map(KeyArn::id);
        IamPolicy::of_kinds(&self.link, Scope::of_key(caller, region, key), self, ALL)
    }
}
