//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::{EndpointChoice, PrivateLinkSpec};
use crate::model::AwsRegion;
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{Cloud, Effect, IamPolicy, Only, Permission, Resource, Scope, StepKind};

/// The name of this kind of link.
pub(super) const WORKFLOW: &str = "privatelink";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CheckCaller,
    CheckAddon,
    CheckVpc,
    CheckRegion,
    CheckSubnets,
    CheckGroups,
    CheckEndpoints,
    CheckQuotas,
    ServiceGone,
    CreateService,
    AwaitOperational,
    Allow,
    AwaitActive,
    Disallow,
    CheckPrincipals,
    AwaitVisible,
    CheckZones,
    TagEndpoint,
    TagGroup,
    CreateGroup,
    Authorize,
    Revoke,
    CreateEndpoint,
    AdoptEndpoint,
    AwaitAvailable,
    ModifyEndpoint,
    DeleteEndpoint,
    AwaitConnection,
    AwaitConfigVars,
    EndpointGone,
    InterfacesGone,
    CheckReferences,
    DeleteGroup,
    DeleteService,
}

impl Kind {
    const ALL: [Self; 34] = [
        Self::CheckCaller,
        Self::CheckAddon,
        Self::CheckVpc,
        Self::CheckRegion,
        Self::CheckSubnets,
        Self::CheckGroups,
        Self::CheckEndpoints,
        Self::CheckQuotas,
        Self::ServiceGone,
        Self::CreateService,
        Self::AwaitOperational,
        Self::Allow,
        Self::AwaitActive,
        Self::Disallow,
        Self::CheckPrincipals,
        Self::AwaitVisible,
        Self::CheckZones,
        Self::TagEndpoint,
        Self::TagGroup,
        Self::CreateGroup,
        Self::Authorize,
        Self::Revoke,
        Self::CreateEndpoint,
        Self::AdoptEndpoint,
        Self::AwaitAvailable,
        Self::ModifyEndpoint,
        Self::DeleteEndpoint,
        Self::AwaitConnection,
        Self::AwaitConfigVars,
        Self::EndpointGone,
        Self::InterfacesGone,
        Self::CheckReferences,
        Self::DeleteGroup,
        Self::DeleteService,
    ];
}

impl StepKind for Kind {
    fn describe(self) -> (&'static str, Effect, Cloud) {
        use Cloud::{Aws, Heroku};
        use Effect::{Check, Create, Delete, Modify, Wait};
        match self {
            Self::CheckCaller => ("caller", Check, Aws),
            Self::CheckAddon => ("addon", Check, Heroku),
            Self::CheckVpc => ("vpc", Check, Aws),
            Self::CheckRegion => ("region", Check, Heroku),
            Self::CheckSubnets => ("subnets", Check, Aws),
            Self::CheckGroups => ("security-groups", Check, Aws),
            Self::CheckEndpoints => ("endpoints", Check, Aws),
            Self::CheckQuotas => ("quotas", Check, Aws),
            Self::ServiceGone => ("endpoint-service/gone", Wait, Heroku),
            Self::CreateService => ("endpoint-service", Create, Heroku),
            Self::AwaitOperational => ("endpoint-service/operational", Wait, Heroku),
            Self::Allow => ("principals/allow", Modify, Heroku),
            Self::AwaitActive => ("principals/active", Wait, Heroku),
            Self::Disallow => ("principals/disallow", Modify, Heroku),
            Self::CheckPrincipals => ("principals/only-readable", Check, Heroku),
            Self::AwaitVisible => ("endpoint-service/visible", Wait, Aws),
            Self::CheckZones => ("zones", Check, Aws),
            Self::TagEndpoint => ("endpoint/tag", Modify, Aws),
            Self::TagGroup => ("security-group/tag", Modify, Aws),
            Self::CreateGroup => ("security-group", Create, Aws),
            Self::Authorize => ("security-group/authorize", Create, Aws),
            Self::Revoke => ("security-group/revoke", Delete, Aws),
            Self::CreateEndpoint => ("endpoint", Create, Aws),
            Self::AdoptEndpoint => ("endpoint/adopt", Modify, Aws),
            Self::AwaitAvailable => ("endpoint/available", Wait, Aws),
            Self::ModifyEndpoint => ("endpoint/modify", Modify, Aws),
            Self::DeleteEndpoint => ("endpoint/delete", Delete, Aws),
            Self::AwaitConnection => ("connection", Wait, Heroku),
            Self::AwaitConfigVars => ("config-vars", Wait, Heroku),
            Self::EndpointGone => ("endpoint/gone", Wait, Aws),
            Self::InterfacesGone => ("interfaces/gone", Wait, Aws),
            Self::CheckReferences => ("security-group/references", Check, Aws),
            Self::DeleteGroup => ("security-group/delete", Delete, Aws),
            Self::DeleteService => ("endpoint-service/delete", Delete, Heroku),
        }
    }

    fn permissions(self) -> &'static [Permission] {
        const GROUPS: Resource = Resource::Ec2("security-group/*");
        const SUBNETS: Resource = Resource::Ec2("subnet/*");
        const ENDPOINTS: Resource = Resource::Ec2("vpc-endpoint/*");
        match self {
            Self::CheckVpc => const { &[Permission::read(op::DESCRIBE_VPCS)] },
            Self::CheckSubnets => const { &[Permission::read(op::DESCRIBE_SUBNETS)] },
            Self::CheckGroups | Self::CheckReferences => {
                const { &[Permission::read(op::DESCRIBE_SECURITY_GROUPS)] }
            }
            Self::CheckEndpoints | Self::CheckQuotas => {
                const { &[Permission::read(op::DESCRIBE_VPC_ENDPOINTS)] }
            }
            Self::AwaitVisible => const { &[Permission::read(op::DESCRIBE_VPC_ENDPOINT_SERVICES)] },
            Self::InterfacesGone => const { &[Permission::read(op::DESCRIBE_NETWORK_INTERFACES)] },
            Self::CreateGroup => {
                const {
                    &[
                        Permission::on(op::CREATE_SECURITY_GROUP, Resource::Vpc, Only::Always),
                        Permission::on(op::CREATE_SECURITY_GROUP, GROUPS, Only::TaggedByCall),
                        Permission::on(
                            op::CREATE_TAGS,
                            GROUPS,
                            Only::TaggedOnCreation("CreateSecurityGroup"),
                        ),
                    ]
                }
            }
            Self::Authorize => {
                const { &[Permission::on(op::AUTHORIZE_SECURITY_GROUP_INGRESS, GROUPS, Only::Owned)] }
            }
            Self::Revoke => {
                const { &[Permission::on(op::REVOKE_SECURITY_GROUP_INGRESS, GROUPS, Only::Owned)] }
            }
            Self::DeleteGroup => {
                const { &[Permission::on(op::DELETE_SECURITY_GROUP, GROUPS, Only::Owned)] }
            }
            Self::CreateEndpoint => {
                const {
                    &[
                        Permission::on(op::CREATE_VPC_ENDPOINT, Resource::Vpc, Only::Always),
                        Permission::on(op::CREATE_VPC_ENDPOINT, SUBNETS, Only::Always),
                        Permission::on(op::CREATE_VPC_ENDPOINT, GROUPS, Only::Always),
                        Permission::on(op::CREATE_VPC_ENDPOINT, ENDPOINTS, Only::TaggedByCall),
                        Permission::on(
                            op::CREATE_TAGS,
                            ENDPOINTS,
                            Only::TaggedOnCreation("CreateVpcEndpoint"),
                        ),
                    ]
                }
            }
            // What carries the link's id gets the other tags.
            Self::TagEndpoint => {
                const { &[Permission::on(op::CREATE_TAGS, ENDPOINTS, Only::Owned)] }
            }
            Self::TagGroup => const { &[Permission::on(op::CREATE_TAGS, GROUPS, Only::Owned)] },
            Self::AdoptEndpoint => {
                const { &[Permission::on(op::CREATE_TAGS, ENDPOINTS, Only::TaggedByCall)] }
            }
            Self::ModifyEndpoint => {
                const {
                    &[
                        Permission::on(op::MODIFY_VPC_ENDPOINT, SUBNETS, Only::Always),
                        Permission::on(op::MODIFY_VPC_ENDPOINT, GROUPS, Only::Always),
                        Permission::on(op::MODIFY_VPC_ENDPOINT, ENDPOINTS, Only::Owned),
                    ]
                }
            }
            Self::DeleteEndpoint => {
                const { &[Permission::on(op::DELETE_VPC_ENDPOINTS, ENDPOINTS, Only::Owned)] }
            }
            // Asking who one is needs no permission.
            Self::CheckCaller
            | Self::CheckAddon
            | Self::CheckRegion
            | Self::ServiceGone
            | Self::CreateService
            | Self::AwaitOperational
            | Self::Allow
            | Self::AwaitActive
            | Self::Disallow
            | Self::CheckPrincipals
            | Self::CheckZones
            | Self::AwaitAvailable
            | Self::AwaitConnection
            | Self::AwaitConfigVars
            | Self::EndpointGone
            | Self::DeleteService => &[],
        }
    }
}

impl Kind {
    /// Whether a job of this spec can ever come to such a step.
    fn occurs(self, spec: &PrivateLinkSpec) -> bool {
        match self {
            Self::CheckSubnets
            | Self::CheckQuotas
            | Self::CreateEndpoint
            | Self::TagEndpoint
            | Self::ModifyEndpoint => spec.owns_endpoint(),
            Self::TagGroup | Self::CreateGroup | Self::Authorize | Self::Revoke => {
                spec.owns_group()
            }
            Self::AdoptEndpoint => spec.endpoint == EndpointChoice::Adopt,
            Self::CheckCaller
            | Self::CheckAddon
            | Self::CheckVpc
            | Self::CheckRegion
            | Self::CheckGroups
            | Self::CheckEndpoints
            | Self::ServiceGone
            | Self::CreateService
            | Self::AwaitOperational
            | Self::Allow
            | Self::AwaitActive
            | Self::Disallow
            | Self::CheckPrincipals
            | Self::AwaitVisible
            | Self::CheckZones
            | Self::AwaitAvailable
            | Self::AwaitConnection
            | Self::AwaitConfigVars
            // A teardown looks for whatever carries the link's tag, also from an earlier spec.
            | Self::DeleteEndpoint
            | Self::EndpointGone
            | Self::InterfacesGone
            | Self::CheckReferences
            | Self::DeleteGroup
            | Self::DeleteService => true,
        }
    }
}

impl PrivateLinkSpec {
    /// The least policy with which this link can be established, kept and torn down by a caller
    /// of this account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.occurs(self));
        IamPolicy::of_kinds(&self.link, scope(self, caller, region), kinds)
    }
}

pub(super) fn scope(spec: &PrivateLinkSpec, caller: &CallerIdentity, region: &AwsRegion) -> Scope {
    Scope::new(caller, region, &spec.vpc)
}
