//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice};
use crate::model::AwsRegion;
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{Cloud, Effect, IamPolicy, Only, Permission, Resource, Scope, StepKind};

/// The name of this kind of link.
pub(super) const WORKFLOW: &str = "peering";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CheckCaller,
    CheckSpace,
    CheckVpc,
    CheckPrivate,
    CheckSpaceBlock,
    CheckUnavailable,
    CheckReserved,
    CheckNeighbours,
    CheckQuota,
    CheckConnections,
    CheckFormer,
    CheckSubnets,
    CheckTables,
    CheckRoutes,
    CheckRouteQuota,
    CheckGroup,
    FormerGone,
    Request,
    Adopt,
    Tag,
    AwaitRequested,
    AwaitListed,
    Accept,
    AwaitActive,
    AwaitActiveOnHeroku,
    Record,
    CreateRoute,
    DeleteRoute,
    Authorize,
    Revoke,
    AwaitSettled,
    DeleteConnection,
    ConnectionGone,
}

impl Kind {
    const ALL: [Self; 33] = [
        Self::CheckCaller,
        Self::CheckSpace,
        Self::CheckVpc,
        Self::CheckPrivate,
        Self::CheckSpaceBlock,
        Self::CheckUnavailable,
        Self::CheckReserved,
        Self::CheckNeighbours,
        Self::CheckQuota,
        Self::CheckConnections,
        Self::CheckFormer,
        Self::CheckSubnets,
        Self::CheckTables,
        Self::CheckRoutes,
        Self::CheckRouteQuota,
        Self::CheckGroup,
        Self::FormerGone,
        Self::Request,
        Self::Adopt,
        Self::Tag,
        Self::AwaitRequested,
        Self::AwaitListed,
        Self::Accept,
        Self::AwaitActive,
        Self::AwaitActiveOnHeroku,
        Self::Record,
        Self::CreateRoute,
        Self::DeleteRoute,
        Self::Authorize,
        Self::Revoke,
        Self::AwaitSettled,
        Self::DeleteConnection,
        Self::ConnectionGone,
    ];

    /// Whether a job of this spec can ever come to such a step.
    fn occurs(self, spec: &PeeringSpec) -> bool {
        match self {
            Self::Request | Self::Tag | Self::Record => spec.owns_connection(),
            Self::Adopt => spec.peering == PeeringChoice::Adopt,
            Self::CheckSubnets => matches!(spec.route_tables, RouteTableChoice::OfSubnets(_)),
            Self::CheckGroup | Self::Authorize => spec.inbound.is_some(),
            Self::Revoke => spec.inbound.is_some() && !spec.teardown.keep_inbound,
            Self::CheckCaller
            | Self::CheckSpace
            | Self::CheckVpc
            | Self::CheckPrivate
            | Self::CheckSpaceBlock
            | Self::CheckUnavailable
            | Self::CheckReserved
            | Self::CheckNeighbours
            | Self::CheckQuota
            | Self::CheckConnections
            | Self::CheckFormer
            | Self::CheckTables
            | Self::CheckRoutes
            | Self::CheckRouteQuota
            | Self::FormerGone
            | Self::AwaitRequested
            | Self::AwaitListed
            | Self::Accept
            | Self::AwaitActive
            | Self::AwaitActiveOnHeroku
            | Self::CreateRoute
            | Self::DeleteRoute
            | Self::AwaitSettled
            // A teardown looks for whatever carries the link's tag, also from an earlier spec.
            | Self::DeleteConnection
            | Self::ConnectionGone => true,
        }
    }
}

impl StepKind for Kind {
    fn describe(self) -> (&'static str, Effect, Cloud) {
        use Cloud::{Aws, Heroku};
        use Effect::{Check, Create, Delete, Modify, Wait};
        match self {
            Self::CheckCaller => ("caller", Check, Aws),
            Self::CheckSpace => ("space", Check, Heroku),
            Self::CheckVpc => ("vpc", Check, Aws),
            Self::CheckPrivate => ("addresses/private", Check, Aws),
            Self::CheckSpaceBlock => ("addresses/space", Check, Heroku),
            Self::CheckUnavailable => ("addresses/unavailable", Check, Heroku),
            Self::CheckReserved => ("addresses/reserved", Check, Heroku),
            Self::CheckNeighbours => ("addresses/other-peerings", Check, Aws),
            Self::CheckQuota => ("peering/quota", Check, Aws),
            Self::CheckConnections => ("peerings", Check, Aws),
            Self::CheckFormer => ("peerings/former", Check, Aws),
            Self::CheckSubnets => ("subnets", Check, Aws),
            Self::CheckTables => ("route-tables", Check, Aws),
            Self::CheckRoutes => ("routes", Check, Aws),
            Self::CheckRouteQuota => ("routes/quota", Check, Aws),
            Self::CheckGroup => ("security-group", Check, Aws),
            Self::FormerGone => ("peering/former-gone", Wait, Aws),
            Self::Request => ("peering", Create, Aws),
            Self::Adopt => ("peering/adopt", Modify, Aws),
            Self::Tag => ("peering/tag", Modify, Aws),
            Self::Record => ("peering/record", Modify, Aws),
            Self::AwaitRequested => ("peering/requested", Wait, Aws),
            Self::AwaitListed => ("peering/listed", Wait, Heroku),
            Self::Accept => ("peering/accept", Modify, Heroku),
            Self::AwaitActive => ("peering/active", Wait, Aws),
            Self::AwaitActiveOnHeroku => ("peering/active-on-heroku", Wait, Heroku),
            Self::CreateRoute => ("route", Create, Aws),
            Self::DeleteRoute => ("route/delete", Delete, Aws),
            Self::Authorize => ("inbound/authorize", Create, Aws),
            Self::Revoke => ("inbound/revoke", Delete, Aws),
            Self::AwaitSettled => ("peering/settled", Wait, Aws),
            Self::DeleteConnection => ("peering/delete", Delete, Aws),
            Self::ConnectionGone => ("peering/gone", Wait, Aws),
        }
    }

    fn permissions(self) -> &'static [Permission] {
        const CONNECTIONS: Resource = Resource::Ec2("vpc-peering-connection/*");
        const TABLES: Resource = Resource::Ec2("route-table/*");
        const GROUP: Resource = Resource::NamedGroup;
        match self {
            Self::CheckVpc => const { &[Permission::read(op::DESCRIBE_VPCS)] },
            Self::CheckConnections => {
                const { &[Permission::read(op::DESCRIBE_VPC_PEERING_CONNECTIONS)] }
            }
            Self::CheckSubnets => const { &[Permission::read(op::DESCRIBE_SUBNETS)] },
            Self::CheckTables => const { &[Permission::read(op::DESCRIBE_ROUTE_TABLES)] },
            Self::CheckGroup => const { &[Permission::read(op::DESCRIBE_SECURITY_GROUPS)] },
            Self::Request => {
                const {
                    &[
                        Permission::on(
                            op::CREATE_VPC_PEERING_CONNECTION,
                            Resource::Vpc,
                            Only::Always,
                        ),
                        Permission::on(
                            op::CREATE_VPC_PEERING_CONNECTION,
                            CONNECTIONS,
                            Only::TaggedByCall,
                        ),
                        Permission::on(
                            op::CREATE_TAGS,
                            CONNECTIONS,
                            Only::TaggedOnCreation("CreateVpcPeeringConnection"),
                        ),
                    ]
                }
            }
            // What carries the link's id gets the other tags.
            Self::Tag | Self::Record => {
                const { &[Permission::on(op::CREATE_TAGS, CONNECTIONS, Only::Owned)] }
            }
            Self::Adopt => {
                const { &[Permission::on(op::CREATE_TAGS, CONNECTIONS, Only::TaggedByCall)] }
            }
            Self::CreateRoute => const { &[Permission::on(op::CREATE_ROUTE, TABLES, Only::InVpc)] },
            Self::DeleteRoute => const { &[Permission::on(op::DELETE_ROUTE, TABLES, Only::InVpc)] },
            Self::Authorize => {
                const { &[Permission::on(op::AUTHORIZE_SECURITY_GROUP_INGRESS, GROUP, Only::Always)] }
            }
            Self::Revoke => {
                const { &[Permission::on(op::REVOKE_SECURITY_GROUP_INGRESS, GROUP, Only::Always)] }
            }
            Self::DeleteConnection => {
                const { &[Permission::on(op::DELETE_VPC_PEERING_CONNECTION, CONNECTIONS, Only::Owned)] }
            }
            // Asking who one is needs no permission.
            Self::CheckCaller
            | Self::CheckSpace
            | Self::CheckPrivate
            | Self::CheckSpaceBlock
            | Self::CheckUnavailable
            | Self::CheckReserved
            | Self::CheckNeighbours
            | Self::CheckQuota
            | Self::CheckFormer
            | Self::CheckRoutes
            | Self::CheckRouteQuota
            | Self::FormerGone
            | Self::AwaitRequested
            | Self::AwaitListed
            | Self::Accept
            | Self::AwaitActive
            | Self::AwaitActiveOnHeroku
            | Self::AwaitSettled
            | Self::ConnectionGone => &[],
        }
    }
}

impl PeeringSpec {
    /// The least policy with which this link can be established, kept and torn down by a caller
    /// of this account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.occurs(self));
        IamPolicy::of_kinds(&self.link, scope(self, caller, region), kinds)
    }
}

pub(super) fn scope(spec: &PeeringSpec, caller: &CallerIdentity, region: &AwsRegion) -> Scope {
    let security_group = spec.inbound.as_ref().map(|inbound| inbound.security_group.clone());
    Scope { security_group, ..Scope::new(caller, region, &spec.vpc) }
}
