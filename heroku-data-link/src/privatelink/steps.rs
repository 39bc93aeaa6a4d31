//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::{EndpointChoice, PrivateLinkSpec};
use crate::bundle::{PARAMETER_STORE, SECRETS_MANAGER};
use crate::model::{AwsRegion, LinkKind};
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{IamPolicy, Only, Permission as P, Resource, Scope, step_kinds};

/// The name of this kind of link.
pub(super) const KIND: LinkKind = LinkKind::PrivateLink;

const GROUPS: Resource = Resource::Ec2("security-group/*");
const SUBNETS: Resource = Resource::Ec2("subnet/*");
const ENDPOINTS: Resource = Resource::Ec2("vpc-endpoint/*");

// What shows how far a step is; see `refresh`.
pub(super) const ADDON: &str = "add-on";
pub(super) const ENDPOINT_SERVICE: &str = "endpoint service";
pub(super) const VISIBLE_SERVICE: &str = "visible service";
pub(super) const OWN_ENDPOINTS: &str = "endpoints";
pub(super) const OWN_GROUPS: &str = "security groups";
pub(super) const INTERFACES: &str = "interfaces";
pub(super) const CONFIG_VARS: &str = "config variables";
pub(super) const COPIES: &str = "copies";

step_kinds! { PrivateLinkSpec;
    // Asking who one is needs no permission.
    CHECK_CALLER = "caller/check", Check, Aws;
    CHECK_ADDON = "addon/check", Check, Heroku, shown by ADDON;
    CHECK_VPC = "vpc/check", Check, Aws, needs [P::read(op::DESCRIBE_VPCS)];
    CHECK_REGION = "region/check", Check, Heroku;
    CHECK_SUBNETS = "subnets/check", Check, Aws, needs [P::read(op::DESCRIBE_SUBNETS)],
        if PrivateLinkSpec::owns_endpoint;
    CHECK_GROUPS = "security-groups/check", Check, Aws, needs [P::read(op::DESCRIBE_SECURITY_GROUPS)];
    CHECK_ENDPOINTS = "endpoints/check", Check, Aws, needs [P::read(op::DESCRIBE_VPC_ENDPOINTS)];
    CHECK_QUOTAS = "quotas/check", Check, Aws, needs [P::read(op::DESCRIBE_VPC_ENDPOINTS)],
        if PrivateLinkSpec::owns_endpoint;
    // Without the permission nothing is known of network ACLs, and everything else goes on.
    CHECK_NETWORK = "network/check", Check, Aws, needs [P::read(op::DESCRIBE_NETWORK_ACLS)];
    SERVICE_GONE = "endpoint-service/await-gone", Wait, Heroku, shown by ENDPOINT_SERVICE;
    CREATE_SERVICE = "endpoint-service/create", Create, Heroku, shown by ENDPOINT_SERVICE;
    AWAIT_OPERATIONAL = "endpoint-service/await-operational", Wait, Heroku, shown by ENDPOINT_SERVICE;
    ALLOW = "principals/allow", Modify, Heroku, shown by ENDPOINT_SERVICE;
    AWAIT_ACTIVE = "principals/await-active", Wait, Heroku, shown by ENDPOINT_SERVICE;
    DISALLOW = "principals/disallow", Modify, Heroku, shown by ENDPOINT_SERVICE;
    CHECK_PRINCIPALS = "principals/check", Check, Heroku;
    AWAIT_VISIBLE = "endpoint-service/await-visible", Wait, Aws, shown by VISIBLE_SERVICE,
        needs [P::read(op::DESCRIBE_VPC_ENDPOINT_SERVICES)];
    CHECK_ZONES = "zones/check", Check, Aws;
    // What carries the link's id gets the other tags.
    TAG_ENDPOINT = "endpoint/tag", Modify, Aws, needs [P::on(op::CREATE_TAGS, ENDPOINTS, Only::Owned)],
        if PrivateLinkSpec::owns_endpoint;
    TAG_GROUP = "security-group/tag", Modify, Aws, needs [P::on(op::CREATE_TAGS, GROUPS, Only::Owned)],
        if PrivateLinkSpec::owns_group;
    CREATE_GROUP = "security-group/create", Create, Aws, needs [
        P::on(op::CREATE_SECURITY_GROUP, Resource::Vpc, Only::Always),
        P::on(op::CREATE_SECURITY_GROUP, GROUPS, Only::TaggedByCall),
        P::on(op::CREATE_TAGS, GROUPS, Only::TaggedOnCreation("CreateSecurityGroup")),
    ], if PrivateLinkSpec::owns_group;
    AUTHORIZE = "security-group/authorize", Create, Aws, shown by OWN_GROUPS,
        needs [P::on(op::AUTHORIZE_SECURITY_GROUP_INGRESS, GROUPS, Only::Owned)],
        if PrivateLinkSpec::owns_group;
    REVOKE = "security-group/revoke", Delete, Aws, shown by OWN_GROUPS,
        needs [P::on(op::REVOKE_SECURITY_GROUP_INGRESS, GROUPS, Only::Owned)],
        if PrivateLinkSpec::owns_group;
    CREATE_ENDPOINT = "endpoint/create", Create, Aws, shown by OWN_ENDPOINTS, needs [
        P::on(op::CREATE_VPC_ENDPOINT, Resource::Vpc, Only::Always),
        P::on(op::CREATE_VPC_ENDPOINT, SUBNETS, Only::Always),
        P::on(op::CREATE_VPC_ENDPOINT, GROUPS, Only::Always),
        P::on(op::CREATE_VPC_ENDPOINT, ENDPOINTS, Only::TaggedByCall),
        P::on(op::CREATE_TAGS, ENDPOINTS, Only::TaggedOnCreation("CreateVpcEndpoint")),
    ], if PrivateLinkSpec::owns_endpoint;
    ADOPT_ENDPOINT = "endpoint/adopt", Modify, Aws,
        needs [P::on(op::CREATE_TAGS, ENDPOINTS, Only::TaggedByCall)],
        if |spec| spec.endpoint == EndpointChoice::Adopt;
    AWAIT_AVAILABLE = "endpoint/await-available", Wait, Aws, shown by OWN_ENDPOINTS;
    MODIFY_ENDPOINT = "endpoint/modify", Modify, Aws, shown by OWN_ENDPOINTS, needs [
        P::on(op::MODIFY_VPC_ENDPOINT, SUBNETS, Only::Always),
        P::on(op::MODIFY_VPC_ENDPOINT, GROUPS, Only::Always),
        P::on(op::MODIFY_VPC_ENDPOINT, ENDPOINTS, Only::Owned),
    ], if PrivateLinkSpec::owns_endpoint;
    // A teardown looks for whatever carries the link's tag, also from an earlier spec.
    DELETE_ENDPOINT = "endpoint/delete", Delete, Aws, shown by OWN_ENDPOINTS,
        needs [P::on(op::DELETE_VPC_ENDPOINTS, ENDPOINTS, Only::Owned)];
    // Config variables come after it, so one look at them tells of both.
    AWAIT_CONNECTION = "connection/await", Wait, Heroku, shown by CONFIG_VARS;
    AWAIT_LISTING = "connection/await", Wait, Heroku, shown by ENDPOINT_SERVICE;
    AWAIT_CONFIG_VARS = "config-vars/await", Wait, Heroku, shown by CONFIG_VARS;
    // Whether a secret is the link's own cannot be read of one that may not be read.
    CHECK_COPY = "copy/check", Check, Sink, if PrivateLinkSpec::delivers;
    DELIVER = "copy/deliver", Modify, Sink, shown by COPIES, if PrivateLinkSpec::delivers;
    DELIVER_SECRET = "copy/deliver", Modify, Sink, shown by COPIES, needs [
        P::on(op::DESCRIBE_SECRET, Resource::Secret, Only::Always),
        P::on(op::CREATE_SECRET, Resource::Secret, Only::TaggedByCall),
        P::on(op::TAG_SECRET, Resource::Secret, Only::TaggedByCall),
        P::on(op::PUT_SECRET_VALUE, Resource::Secret, Only::Owned),
        P::on(op::UPDATE_SECRET, Resource::Secret, Only::Owned),
        P::on(op::UPDATE_SECRET_VERSION_STAGE, Resource::Secret, Only::Owned),
    ], if |spec| spec.delivers_to(SECRETS_MANAGER);
    // Versions that are there are kept under another key than before, which takes all three.
    ENCRYPT_SECRET = "copy/deliver", Modify, Sink, needs [
        P::on(op::GENERATE_DATA_KEY, Resource::Key, Only::Through("secretsmanager")),
        P::on(op::ENCRYPT, Resource::Key, Only::Through("secretsmanager")),
        P::on(op::DECRYPT, Resource::Key, Only::Through("secretsmanager")),
    ], if |spec| spec.encrypts_in(SECRETS_MANAGER);
    DELIVER_PARAMETER = "copy/deliver", Modify, Sink, shown by COPIES, needs [
        P::on(op::LIST_PARAMETER_TAGS, Resource::Parameter, Only::Always),
        // For a parameter that is replaced AWS takes no tags in the call, and one that is made has none.
        P::on(op::PUT_PARAMETER, Resource::Parameter, Only::Always),
        P::on(op::TAG_PARAMETER, Resource::Parameter, Only::TaggedByCall),
    ], if |spec| spec.delivers_to(PARAMETER_STORE);
    // A standard parameter takes the one, an advanced one the other.
    ENCRYPT_PARAMETER = "copy/deliver", Modify, Sink, needs [
        P::on(op::ENCRYPT, Resource::Key, Only::Through("ssm")),
        P::on(op::GENERATE_DATA_KEY, Resource::Key, Only::Through("ssm")),
    ], if |spec| spec.encrypts_in(PARAMETER_STORE);
    REMOVE_COPY = "copy/remove", Delete, Sink, shown by COPIES, if PrivateLinkSpec::removes_copies;
    REMOVE_SECRET = "copy/remove", Delete, Sink, shown by COPIES,
        needs [P::on(op::DELETE_SECRET, Resource::Secret, Only::Owned)],
        if |spec| spec.removes_from(SECRETS_MANAGER);
    REMOVE_PARAMETER = "copy/remove", Delete, Sink, shown by COPIES,
        needs [P::on(op::DELETE_PARAMETER, Resource::Parameter, Only::Owned)],
        if |spec| spec.removes_from(PARAMETER_STORE);
    ENDPOINT_GONE = "endpoint/await-gone", Wait, Aws, shown by OWN_ENDPOINTS;
    INTERFACES_GONE = "interfaces/await-gone", Wait, Aws, shown by INTERFACES,
        needs [P::read(op::DESCRIBE_NETWORK_INTERFACES)];
    CHECK_REFERENCES = "security-group/check-references", Check, Aws,
        needs [P::read(op::DESCRIBE_SECURITY_GROUPS)];
    DELETE_GROUP = "security-group/delete", Delete, Aws,
        needs [P::on(op::DELETE_SECURITY_GROUP, GROUPS, Only::Owned)];
    DELETE_SERVICE = "endpoint-service/delete", Delete, Heroku, shown by ENDPOINT_SERVICE;
}

impl PrivateLinkSpec {
    /// The least policy with which this link can be established, kept and torn down by a caller
    /// of this account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        IamPolicy::of_kinds(&self.link, scope(self, caller, region), self, ALL)
    }
}

pub(super) fn scope(spec: &PrivateLinkSpec, caller: &CallerIdentity, region: &AwsRegion) -> Scope {
    Scope::new(caller, region, &spec.vpc)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bundle::Destination;
    use crate::model::AddonName;

    fn policy(copies: &[(&str, bool)]) -> IamPolicy {
        let addon: AddonName = "redis-kvs-12345".parse().unwrap();
        let vpc = "vpc-0a1b2c3d".parse().unwrap();
        let mut spec = PrivateLinkSpec::new("cache".parse().unwrap(), addon, vpc);
        for (sink, under_key) in copies {
            let mut at = Destination::new(sink.parse().unwrap(), "/cache".parse().unwrap());
            let key = "arn:aws:kms:us-east-1:012345678901:key/1234abcd";
            at.kms_key = under_key.then(|| key.parse().unwrap());
            spec.deliver.push(at);
        }
        let arn = "arn:aws:iam::012345678901:user/link".parse().unwrap();
        let caller = CallerIdentity { account: "012345678901".parse().unwrap(), arn };
        spec.iam_policy(&caller, &"us-east-1".parse().unwrap())
    }

    /// The actions on KMS keys, and through which services.
    fn on_keys(policy: &IamPolicy) -> BTreeSet<(String, String)> {
        let document = policy.document();
        let statements = document["Statement"].as_array().unwrap().clone();
        let on_keys = statements.into_iter().filter(|it| {
            it["Resource"].as_str() == Some("arn:aws:kms:us-east-1:012345678901:key/*")
        });
        let pairs = on_keys.flat_map(|it| {
            let through = it["Condition"]["StringLike"]["kms:ViaService"][0].clone();
            let through = through.as_str().unwrap().to_owned();
            let actions = it["Action"].as_array().unwrap().clone();
            actions
                .into_iter()
                .map(move |action| (action.as_str().unwrap().to_owned(), through.clone()))
        });
        pairs.collect()
    }

    #[test]
    fn a_key_is_used_through_the_sink_that_keeps_a_copy_under_it() {
        let pairs = |pairs: &[(&str, &str)]| -> BTreeSet<_> {
            pairs.iter().map(|(action, to)| ((*action).to_owned(), (*to).to_owned())).collect()
        };
        assert_eq!(
            on_keys(&policy(&[(SECRETS_MANAGER, false), (PARAMETER_STORE, false)])),
            pairs(&[])
        );
        assert_eq!(
            on_keys(&policy(&[(SECRETS_MANAGER, true)])),
            pairs(&[
                ("kms:Decrypt", "secretsmanager.*"),
                ("kms:Encrypt", "secretsmanager.*"),
                ("kms:GenerateDataKey", "secretsmanager.*"),
            ])
        );
        assert_eq!(
            on_keys(&policy(&[(SECRETS_MANAGER, false), (PARAMETER_STORE, true)])),
            pairs(&[("kms:Encrypt", "ssm.*"), ("kms:GenerateDataKey", "ssm.*")])
        );
    }
}
