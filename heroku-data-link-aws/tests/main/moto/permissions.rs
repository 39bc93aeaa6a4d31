//! What a caller may do, on a server of its own: moto checks permissions for all accounts or none.
//!
//! moto checks actions alone, as if every call were about `*`: neither resources nor conditions. It
//! misreads signatures of requests with a space in them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Display;

use heroku_data_link::model::{AddonName, PortRange};
use heroku_data_link::privatelink::PrivateLinkSpec;
use heroku_data_link::provider::{
    Ec2Call, EndpointChange, EndpointQuery, EndpointServices, ErrorKind, GroupQuery, Identity,
    IngressRule, IngressSource, NetworkAcls, NetworkInterfaces, NewEndpoint, NewSecurityGroup,
    Rehearsal, Rehearsals, SecurityGroups, SubnetQuery, Tags, Verdict, VpcEndpoints, Vpcs,
    operation as op,
};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::{Client, Credentials};

use super::account::text;
use super::server::Server;
use super::{Account, kind, tags};

const IAM: (&str, &str) = ("iam", "2010-05-08");

/// A user who may do nothing at first.
struct User {
    account: Account,
    aws: Client,
}

impl User {
    fn of(account: Account) -> Self {
        let name: (&str, &dyn Display) = ("UserName", &"link");
        account.call(IAM, "CreateUser", &[name]);
        let made = account.call(IAM, "CreateAccessKey", &[name]);
        let (key, secret) = (text(&made, "AccessKeyId"), text(&made, "SecretAccessKey"));
        let aws = account.client_with(Credentials::new(key, secret, None, None, "moto"));
        Self { account, aws }
    }

    /// Has the user permitted these actions and no others.
    fn may<'a>(&self, actions: impl IntoIterator<Item = &'a str>) {
        let actions: Vec<_> = actions.into_iter().collect();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":{actions:?},"Resource":"*"}}]}}"#
        );
        self.account.enforce_permissions(false);
        let parameters: [(&str, &dyn Display); 3] =
            [("UserName", &"link"), ("PolicyName", &"link"), ("PolicyDocument", &policy)];
        self.account.call(IAM, "PutUserPolicy", &parameters);
        self.account.enforce_permissions(true);
    }
}

#[tokio::test]
async fn a_private_link_needs_each_action_of_its_policy_and_no_other() {
    let Some(server) = Server::own() else { return };
    let account = Account::on(server);
    let vpc = account.vpc("10.0.0.0/16");
    let first = account.subnet(&vpc, "use1-az4", "10.0.0.0/24");
    let second = account.subnet(&vpc, "use1-az6", "10.0.1.0/24");
    let service = account.endpoint_service(&[&first]);
    let user = User::of(account);
    let aws = &user.aws;
    let caller = aws.caller_identity().await.unwrap();
    let addon: AddonName = "redis-concave-12345".parse().unwrap();
    let spec = PrivateLinkSpec::new("orders".parse().unwrap(), addon, vpc.clone());
    let policy = spec.iam_policy(&caller, aws.region());
    let mut needed = BTreeSet::new();

    /// The call fails without the action, and succeeds with all of the policy's.
    macro_rules! needs {
        ($action:expr, $call:expr) => {{
            needed.insert($action);
            user.may(policy.actions().into_iter().filter(|action| *action != $action));
            assert_eq!(kind($call.await), ErrorKind::Forbidden, "{}", $action);
            user.may(policy.actions());
            $call.await.unwrap()
        }};
    }
    needs!(op::DESCRIBE_VPCS, aws.vpc(&vpc));
    needs!(op::DESCRIBE_SUBNETS, aws.subnets(&SubnetQuery::InVpc(vpc.clone())));
    needs!(op::DESCRIBE_VPC_ENDPOINT_SERVICES, aws.endpoint_service(&service));
    needs!(op::DESCRIBE_NETWORK_ACLS, aws.network_acls(&vpc));
    let group = NewSecurityGroup {
        vpc: vpc.clone(),
        name: "orders".to_owned(),
        description: "orders".to_owned(),
        tags: tags([(LINK_TAG, "orders")]),
    };
    let group = needs!(op::CREATE_SECURITY_GROUP, aws.create_security_group(&group));
    let groups = GroupQuery::Ids(BTreeSet::from([group.clone()]));
    needs!(op::DESCRIBE_SECURITY_GROUPS, aws.security_groups(&groups));
    needs!(op::DESCRIBE_NETWORK_INTERFACES, aws.interfaces_using(&group));
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let rule = IngressRule::tcp(PortRange::new(6379, 6379).unwrap(), source);
    needs!(op::AUTHORIZE_SECURITY_GROUP_INGRESS, aws.authorize_ingress(&group, &rule));
    needs!(op::REVOKE_SECURITY_GROUP_INGRESS, aws.revoke_ingress(&group, &rule));
    let endpoint = NewEndpoint {
        vpc,
        service,
        subnets: BTreeSet::from([first]),
        groups: BTreeSet::from([group.clone()]),
        tags: tags([(LINK_TAG, "orders")]),
        client_token: "orders-1".to_owned(),
    };
    let endpoint = needs!(op::CREATE_VPC_ENDPOINT, aws.create_endpoint(&endpoint));
    let endpoints = EndpointQuery::Id(endpoint.clone());
    needs!(op::DESCRIBE_VPC_ENDPOINTS, aws.endpoints(&endpoints));
    let more = tags([("role", "data")]);
    needs!(op::CREATE_TAGS, aws.tag_endpoint(&endpoint, &more));
    let change =
        EndpointChange { add_subnets: BTreeSet::from([second]), ..EndpointChange::default() };
    needs!(op::MODIFY_VPC_ENDPOINT, aws.modify_endpoint(&endpoint, &change));
    needs!(op::DELETE_VPC_ENDPOINTS, aws.delete_endpoint(&endpoint));
    needs!(op::DELETE_SECURITY_GROUP, aws.delete_security_group(&group));
    assert_eq!(needed, policy.actions());
}

#[tokio::test]
async fn a_rehearsal_tells_which_action_is_lacking() {
    let Some(server) = Server::own() else { return };
    let user = User::of(Account::on(server));
    user.may([op::DESCRIBE_SUBNETS]);
    let group = NewSecurityGroup {
        vpc: "vpc-0123456789abcdef0".parse().unwrap(),
        name: "orders".to_owned(),
        description: "orders".to_owned(),
        tags: Tags::new(),
    };
    for (call, verdict) in [
        (Rehearsal::DescribeVpcs, Verdict::Denied(Cow::Borrowed(op::DESCRIBE_VPCS))),
        (Rehearsal::DescribeSubnets, Verdict::Permitted),
        (
            Rehearsal::Call(Ec2Call::CreateSecurityGroup(group)),
            Verdict::Denied(Cow::Borrowed(op::CREATE_SECURITY_GROUP)),
        ),
    ] {
        assert_eq!(user.aws.rehearse(&call).await.unwrap(), verdict, "{call:?}");
    }
}

#[tokio::test]
async fn credentials_that_nobody_has_are_no_lack_of_permission() {
    let Some(server) = Server::own() else { return };
    let account = Account::on(server);
    let vpc = account.vpc("10.0.0.0/16");
    account.enforce_permissions(true);
    let nobody = Credentials::new("AKIANOBODY", "nothing", None, None, "moto");
    let aws = account.client_with(nobody);
    assert_eq!(kind(aws.vpc(&vpc).await), ErrorKind::Unauthorized);
    assert_eq!(kind(aws.rehearse(&Rehearsal::DescribeVpcs).await), ErrorKind::Unauthorized);
}
