//! The kinds of steps: what each is called, what it does and which IAM permissions it needs.

use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice};
use crate::model::{AwsRegion, LinkKind};
use crate::provider::{CallerIdentity, operation as op};
use crate::reconcile::{IamPolicy, Only, Permission as P, Resource, Scope, step_kinds};

/// The name of this kind of link.
pub(super) const KIND: LinkKind = LinkKind::Peering;

const CONNECTIONS: Resource = Resource::Ec2("vpc-peering-connection/*");
const TABLES: Resource = Resource::Ec2("route-table/*");
const GROUP: Resource = Resource::NamedGroup;

// What shows how far a step is; see `refresh`.
pub(super) const CONNECTIONS_OF_AWS: &str = "connections";
pub(super) const PEERINGS_OF_HEROKU: &str = "peerings";

step_kinds! { PeeringSpec;
    // Asking who one is needs no permission.
    CHECK_CALLER = "caller/check", Check, Aws;
    CHECK_SPACE = "space/check", Check, Heroku;
    CHECK_VPC = "vpc/check", Check, Aws, needs [P::read(op::DESCRIBE_VPCS)];
    CHECK_PRIVATE = "addresses/check-private", Check, Aws;
    CHECK_SPACE_BLOCK = "addresses/check-space", Check, Heroku;
    CHECK_UNAVAILABLE = "addresses/check-unavailable", Check, Heroku;
    CHECK_RESERVED = "addresses/check-reserved", Check, Heroku;
    CHECK_NEIGHBOURS = "addresses/check-peerings", Check, Aws;
    CHECK_QUOTA = "peering/check-quota", Check, Aws;
    CHECK_CONNECTIONS = "peerings/check", Check, Aws,
        needs [P::read(op::DESCRIBE_VPC_PEERING_CONNECTIONS)];
    CHECK_FORMER = "peerings/check-former", Check, Aws;
    CHECK_SUBNETS = "subnets/check", Check, Aws, needs [P::read(op::DESCRIBE_SUBNETS)],
        if |spec| matches!(spec.route_tables, RouteTableChoice::OfSubnets(_));
    CHECK_TABLES = "route-tables/check", Check, Aws, needs [P::read(op::DESCRIBE_ROUTE_TABLES)];
    CHECK_ROUTES = "routes/check", Check, Aws;
    CHECK_ROUTE_QUOTA = "routes/check-quota", Check, Aws;
    CHECK_GROUP = "security-group/check", Check, Aws, needs [P::read(op::DESCRIBE_SECURITY_GROUPS)],
        if |spec| spec.inbound.is_some();
    FORMER_GONE = "peering/await-former-gone", Wait, Aws, shown by CONNECTIONS_OF_AWS;
    REQUEST = "peering/create", Create, Aws, shown by CONNECTIONS_OF_AWS, needs [
        P::on(op::CREATE_VPC_PEERING_CONNECTION, Resource::Vpc, Only::Always),
        P::on(op::CREATE_VPC_PEERING_CONNECTION, CONNECTIONS, Only::TaggedByCall),
        P::on(op::CREATE_TAGS, CONNECTIONS, Only::TaggedOnCreation("CreateVpcPeeringConnection")),
    ], if PeeringSpec::owns_connection;
    ADOPT = "peering/adopt", Modify, Aws,
        needs [P::on(op::CREATE_TAGS, CONNECTIONS, Only::TaggedByCall)],
        if |spec| spec.peering == PeeringChoice::Adopt;
    // What carries the link's id gets the other tags.
    TAG = "peering/tag", Modify, Aws, needs [P::on(op::CREATE_TAGS, CONNECTIONS, Only::Owned)],
        if PeeringSpec::owns_connection;
    RECORD = "peering/record", Modify, Aws, needs [P::on(op::CREATE_TAGS, CONNECTIONS, Only::Owned)],
        if PeeringSpec::owns_connection;
    AWAIT_REQUESTED = "peering/await-requested", Wait, Aws, shown by CONNECTIONS_OF_AWS;
    AWAIT_LISTED = "peering/await-listed", Wait, Heroku, shown by PEERINGS_OF_HEROKU;
    ACCEPT = "peering/accept", Modify, Heroku, shown by PEERINGS_OF_HEROKU;
    AWAIT_ACTIVE = "peering/await-active", Wait, Aws, shown by CONNECTIONS_OF_AWS;
    AWAIT_ACTIVE_ON_HEROKU = "peering/await-active-on-heroku", Wait, Heroku, shown by PEERINGS_OF_HEROKU;
    CREATE_ROUTE = "route/create", Create, Aws, needs [P::on(op::CREATE_ROUTE, TABLES, Only::InVpc)];
    DELETE_ROUTE = "route/delete", Delete, Aws, needs [P::on(op::DELETE_ROUTE, TABLES, Only::InVpc)];
    AUTHORIZE = "security-group/authorize", Create, Aws,
        needs [P::on(op::AUTHORIZE_SECURITY_GROUP_INGRESS, GROUP, Only::Always)],
        if |spec| spec.inbound.is_some();
    REVOKE = "security-group/revoke", Delete, Aws,
        needs [P::on(op::REVOKE_SECURITY_GROUP_INGRESS, GROUP, Only::Always)],
        if |spec| spec.inbound.is_some() && !spec.teardown.keep_inbound;
    // Of a group that a former spec named. The policy of this spec leaves it out; that of a plan with
    // such a step has it.
    REVOKE_FORMER = "security-group/revoke-former", Delete, Aws, needs [
        P::read(op::DESCRIBE_SECURITY_GROUPS),
        P::on(op::REVOKE_SECURITY_GROUP_INGRESS, Resource::Ec2("security-group/*"), Only::InVpc),
    ], if |_| false;
    AWAIT_SETTLED = "peering/await-settled", Wait, Aws, shown by CONNECTIONS_OF_AWS;
    // A teardown looks for whatever carries the link's tag, also from an earlier spec.
    DELETE_CONNECTION = "peering/delete", Delete, Aws, shown by CONNECTIONS_OF_AWS,
        needs [P::on(op::DELETE_VPC_PEERING_CONNECTION, CONNECTIONS, Only::Owned)];
    CONNECTION_GONE = "peering/await-gone", Wait, Aws, shown by CONNECTIONS_OF_AWS;
}

impl PeeringSpec {
    /// The least policy with which this link can be established, kept and torn down by a caller
    /// of this account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        IamPolicy::of_kinds(&self.link, scope(self, caller, region), self, ALL)
    }
}

pub(super) fn scope(spec: &PeeringSpec, caller: &CallerIdentity, region: &AwsRegion) -> Scope {
    let security_group = spec.inbound.as_ref().map(|inbound| inbound.security_group.clone());
    Scope { security_group, ..Scope::new(caller, region, &spec.vpc) }
}
