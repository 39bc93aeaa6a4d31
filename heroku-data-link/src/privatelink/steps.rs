//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::{EndpointChoice, GroupChoice, PrivateLinkSpec};
use crate::provider::operation as op;
use crate::reconcile::{Cloud, Effect, IamPolicy, Permission, Scope, ownership};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CheckCaller,
    CheckAddon,
    CheckVpc,
    CheckRegion,
    CheckSubnets,
    CheckGroups,
    CheckEndpoints,
    ServiceGone,
    CreateService,
    AwaitOperational,
    Allow,
    AwaitActive,
    Disallow,
    AwaitVisible,
    CheckZones,
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
    DeleteGroup,
    DeleteService,
}

impl Kind {
    const ALL: [Self; 29] = [
        Self::CheckCaller,
        Self::CheckAddon,
        Self::CheckVpc,
        Self::CheckRegion,
        Self::CheckSubnets,
        Self::CheckGroups,
        Self::CheckEndpoints,
        Self::ServiceGone,
        Self::CreateService,
        Self::AwaitOperational,
        Self::Allow,
        Self::AwaitActive,
        Self::Disallow,
        Self::AwaitVisible,
        Self::CheckZones,
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
        Self::DeleteGroup,
        Self::DeleteService,
    ];

    /// Stable name, effect and cloud.
    pub(super) fn describe(self) -> (&'static str, Effect, Cloud) {
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
            Self::ServiceGone => ("endpoint-service/gone", Wait, Heroku),
            Self::CreateService => ("endpoint-service", Create, Heroku),
            Self::AwaitOperational => ("endpoint-service/operational", Wait, Heroku),
            Self::Allow => ("principals/allow", Modify, Heroku),
            Self::AwaitActive => ("principals/active", Wait, Heroku),
            Self::Disallow => ("principals/disallow", Modify, Heroku),
            Self::AwaitVisible => ("endpoint-service/visible", Wait, Aws),
            Self::CheckZones => ("zones", Check, Aws),
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
            Self::DeleteGroup => ("security-group/delete", Delete, Aws),
            Self::DeleteService => ("endpoint-service/delete", Delete, Heroku),
        }
    }

    /// The IAM permissions of the AWS calls that this step makes, or that look at it.
    pub(super) fn permissions(self, spec: &PrivateLinkSpec, scope: &Scope) -> Vec<Permission> {
        let link = [spec.link.as_str()];
        let request_tag = format!("aws:RequestTag/{}", ownership::LINK_TAG);
        let resource_tag = format!("aws:ResourceTag/{}", ownership::LINK_TAG);
        let (vpc, groups, endpoints) = (
            scope.ec2(&format!("vpc/{}", spec.vpc)),
            scope.ec2("security-group/*"),
            scope.ec2("vpc-endpoint/*"),
        );
        // Describe actions take no resource.
        let read = |action| Permission::new(action, "*");
        let owned = |action, resource: &str| {
            Permission::new(action, resource).when(resource_tag.clone(), link)
        };
        let tagged = |action, resource: &str| {
            Permission::new(action, resource).when(request_tag.clone(), link)
        };
        let tag_on = |creation: &str, resource: &str| {
            tagged(op::CREATE_TAGS, resource).when("ec2:CreateAction", [creation])
        };
        match self {
            Self::CheckVpc => vec![read(op::DESCRIBE_VPCS)],
            Self::CheckSubnets => vec![read(op::DESCRIBE_SUBNETS)],
            Self::CheckGroups => vec![read(op::DESCRIBE_SECURITY_GROUPS)],
            Self::CheckEndpoints => vec![read(op::DESCRIBE_VPC_ENDPOINTS)],
            Self::AwaitVisible => vec![read(op::DESCRIBE_VPC_ENDPOINT_SERVICES)],
            Self::InterfacesGone => vec![read(op::DESCRIBE_NETWORK_INTERFACES)],
            Self::CreateGroup => vec![
                Permission::new(op::CREATE_SECURITY_GROUP, vpc),
                tagged(op::CREATE_SECURITY_GROUP, &groups),
                tag_on("CreateSecurityGroup", &groups),
            ],
            Self::Authorize => vec![owned(op::AUTHORIZE_SECURITY_GROUP_INGRESS, &groups)],
            Self::Revoke => vec![owned(op::REVOKE_SECURITY_GROUP_INGRESS, &groups)],
            Self::DeleteGroup => vec![owned(op::DELETE_SECURITY_GROUP, &groups)],
            Self::CreateEndpoint => vec![
                Permission::new(op::CREATE_VPC_ENDPOINT, vpc),
                Permission::new(op::CREATE_VPC_ENDPOINT, scope.ec2("subnet/*")),
                Permission::new(op::CREATE_VPC_ENDPOINT, groups),
                tagged(op::CREATE_VPC_ENDPOINT, &endpoints),
                tag_on("CreateVpcEndpoint", &endpoints),
            ],
            Self::AdoptEndpoint => vec![tagged(op::CREATE_TAGS, &endpoints)],
            Self::ModifyEndpoint => vec![
                Permission::new(op::MODIFY_VPC_ENDPOINT, scope.ec2("subnet/*")),
                Permission::new(op::MODIFY_VPC_ENDPOINT, groups),
                owned(op::MODIFY_VPC_ENDPOINT, &endpoints),
            ],
            Self::DeleteEndpoint => vec![owned(op::DELETE_VPC_ENDPOINTS, &endpoints)],
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
            | Self::CheckZones
            | Self::AwaitAvailable
            | Self::AwaitConnection
            | Self::AwaitConfigVars
            | Self::EndpointGone
            | Self::DeleteService => Vec::new(),
        }
    }

    /// Whether a job of this spec can ever come to such a step.
    fn occurs(self, spec: &PrivateLinkSpec) -> bool {
        let uses_as_is = matches!(spec.endpoint, EndpointChoice::Existing(_));
        let owns_group = match spec.security_groups {
            GroupChoice::Owned { .. } => !uses_as_is,
            GroupChoice::Existing(_) => false,
        };
        match self {
            Self::CheckSubnets | Self::CreateEndpoint | Self::ModifyEndpoint => !uses_as_is,
            Self::CreateGroup | Self::Authorize | Self::Revoke => owns_group,
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
            | Self::AwaitVisible
            | Self::CheckZones
            | Self::AwaitAvailable
            | Self::AwaitConnection
            | Self::AwaitConfigVars
            // A teardown looks for whatever carries the link's tag, also from an earlier spec.
            | Self::DeleteEndpoint
            | Self::EndpointGone
            | Self::InterfacesGone
            | Self::DeleteGroup
            | Self::DeleteService => true,
        }
    }
}

impl PrivateLinkSpec {
    /// The least policy with which this link can be established, kept and torn down.
    pub fn iam_policy(&self, scope: &Scope) -> IamPolicy {
        Kind::ALL
            .into_iter()
            .filter(|kind| kind.occurs(self))
            .flat_map(|kind| kind.permissions(self, scope))
            .collect()
    }
}
