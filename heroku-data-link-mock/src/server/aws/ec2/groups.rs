//! Security groups.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, SecurityGroupId, VpcId};
use heroku_data_link::provider::{IngressRule, NewSecurityGroup, SecurityGroups, Tags, operation};

use super::super::error::AwsError;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource, describe};
use super::permissions::{self, Source, permissions};
use super::rules::group;
use super::tags::{on_creation, tag_set};
use super::{Action, Answer, done, refused, vpcs};
use crate::state::group_rules::Direction;
use crate::state::groups::GroupVersion;
use crate::state::{Absent, Caller, State};

/// What AWS calls a text that is no id of a group.
pub(super) const MALFORMED: &str = "InvalidGroupId.Malformed";

struct Group {
    id: SecurityGroupId,
    owner: AccountId,
    arn: String,
    vpc: VpcId,
    name: String,
    description: String,
    version: GroupVersion,
}

impl Group {
    /// A text of each rule that has it.
    fn of_rules(
        &self,
        way: Direction,
        text: impl Fn(&IngressRule) -> Option<String>,
    ) -> Vec<String> {
        self.version.rules(way).keys().filter_map(text).collect()
    }

    fn of_sources(
        &self,
        way: Direction,
        text: impl Fn(Source<'_>) -> Option<String>,
    ) -> Vec<String> {
        self.of_rules(way, |rule| text(permissions::source(rule, &self.owner)))
    }

    fn protocols(&self, way: Direction) -> Vec<String> {
        self.of_rules(way, |rule| Some(permissions::kind(rule).0))
    }

    fn first_ports(&self, way: Direction) -> Vec<String> {
        self.of_rules(way, |rule| permissions::kind(rule).1.map(|(from, _)| from.to_string()))
    }

    fn last_ports(&self, way: Direction) -> Vec<String> {
        self.of_rules(way, |rule| permissions::kind(rule).1.map(|(_, to)| to.to_string()))
    }

    fn v4(&self, way: Direction) -> Vec<String> {
        self.of_sources(way, |source| match source {
            Source::V4(block) => Some(block),
            Source::V6(_) | Source::PrefixList(_) | Source::Group(..) => None,
        })
    }

    fn v6(&self, way: Direction) -> Vec<String> {
        self.of_sources(way, |source| match source {
            Source::V6(block) => Some(block.to_owned()),
            Source::V4(_) | Source::PrefixList(_) | Source::Group(..) => None,
        })
    }

    fn prefix_lists(&self, way: Direction) -> Vec<String> {
        self.of_sources(way, |source| match source {
            Source::PrefixList(id) => Some(id.to_owned()),
            Source::V4(_) | Source::V6(_) | Source::Group(..) => None,
        })
    }

    fn groups(&self, way: Direction) -> Vec<String> {
        self.of_sources(way, |source| match source {
            Source::Group(_, id) => Some(id.to_owned()),
            Source::V4(_) | Source::V6(_) | Source::PrefixList(_) => None,
        })
    }

    fn users(&self, way: Direction) -> Vec<String> {
        self.of_sources(way, |source| match source {
            Source::Group(user, _) => Some(user.to_owned()),
            Source::V4(_) | Source::V6(_) | Source::PrefixList(_) => None,
        })
    }
}

impl Resource for Group {
    const OPERATION: &'static str = operation::DESCRIBE_SECURITY_GROUPS;
    const SET: &'static str = "securityGroupInfo";
    const IDS: Ids = Ids {
        parameters: &["GroupId"],
        is_id: |text| text.parse::<SecurityGroupId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidGroup.NotFound",
        kind: "security group",
    };
    const FILTERS: Table<Self> = &[
        ("group-id", |it| vec![it.id.to_string()]),
        ("group-name", |it| vec![it.name.clone()]),
        ("vpc-id", |it| vec![it.vpc.to_string()]),
        ("owner-id", |it| vec![it.owner.to_string()]),
        ("description", |it| vec![it.description.clone()]),
        ("ip-permission.protocol", |it| it.protocols(Direction::Inbound)),
        ("ip-permission.from-port", |it| it.first_ports(Direction::Inbound)),
        ("ip-permission.to-port", |it| it.last_ports(Direction::Inbound)),
        ("ip-permission.cidr", |it| it.v4(Direction::Inbound)),
        ("ip-permission.ipv6-cidr", |it| it.v6(Direction::Inbound)),
        ("ip-permission.prefix-list-id", |it| it.prefix_lists(Direction::Inbound)),
        ("ip-permission.group-id", |it| it.groups(Direction::Inbound)),
        ("ip-permission.user-id", |it| it.users(Direction::Inbound)),
        ("egress.ip-permission.protocol", |it| it.protocols(Direction::Outbound)),
        ("egress.ip-permission.from-port", |it| it.first_ports(Direction::Outbound)),
        ("egress.ip-permission.to-port", |it| it.last_ports(Direction::Outbound)),
        ("egress.ip-permission.cidr", |it| it.v4(Direction::Outbound)),
        ("egress.ip-permission.ipv6-cidr", |it| it.v6(Direction::Outbound)),
        ("egress.ip-permission.prefix-list-id", |it| it.prefix_lists(Direction::Outbound)),
        ("egress.ip-permission.group-id", |it| it.groups(Direction::Outbound)),
        ("egress.ip-permission.user-id", |it| it.users(Direction::Outbound)),
    ];

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.version.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let ids: BTreeSet<&SecurityGroupId> =
            match (wanted.exact::<VpcId>("vpc-id"), wanted.exact_tags()) {
                (Some(vpcs), _) => {
                    let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                    vpcs.flat_map(|vpc| &vpc.groups).collect()
                }
                (None, Some(tags)) => {
                    tags.iter().filter_map(|tag| aws.tagged_groups.get(tag)).flatten().collect()
                }
                (None, None) => wanted.keys(&aws.groups, "group-id").into_iter().collect(),
            };
        let describe = |id: &SecurityGroupId| {
            let (record, version) = aws.group(caller, id, at)?;
            let (region, owner) = (&record.region, &record.owner);
            Some(Self {
                id: id.clone(),
                owner: owner.clone(),
                arn: arn(&Caller { account: owner.clone(), region: region.clone() }, id),
                vpc: record.vpc.clone(),
                name: record.name.clone(),
                description: record.description.clone(),
                version: version.clone(),
            })
        };
        ids.into_iter().filter_map(describe).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let Self { owner, version, .. } = self;
        vec![
            Element::text("ownerId", &self.owner),
            Element::text("groupId", &self.id),
            Element::text("securityGroupArn", &self.arn),
            Element::text("groupName", &self.name),
            Element::text("groupDescription", &self.description),
            Element::text("vpcId", &self.vpc),
            Element::set("ipPermissions", permissions(&version.ingress, owner)),
            Element::set("ipPermissionsEgress", permissions(&version.egress, owner)),
            tag_set(&self.version.tags),
        ]
    }
}

fn arn(owner: &Caller, id: &SecurityGroupId) -> String {
    format!("arn:aws:ec2:{}:{}:security-group/{id}", owner.region, owner.account)
}

/// `DescribeSecurityGroups`
pub(super) async fn list(action: &Action<'_>) -> Answer {
    if !action.params.list("GroupName").is_empty() {
        let message =
            "No default VPC for this user. GroupName is only supported for a default VPC.";
        return Err(AwsError::new("VPCIdNotSpecified", message));
    }
    describe::<Group>(action).await
}

/// `CreateSecurityGroup`
pub(super) async fn create(action: &Action<'_>) -> Answer {
    let params = action.params;
    let vpc: Option<VpcId> = params.parsed("VpcId", vpcs::MALFORMED)?;
    let name = params.required("GroupName")?;
    let description = params.required("GroupDescription")?;
    let tags = on_creation(params, "security-group")?;
    let Some(vpc) = vpc else {
        return Err(AwsError::new("VPCIdNotSpecified", "No default VPC for this user"));
    };
    action.check_tagging(operation::CREATE_SECURITY_GROUP, !tags.is_empty()).await?;
    let new = NewSecurityGroup { vpc, name, description, tags };
    let face = &action.call.face;
    let id = face.create_security_group(&new).await.map_err(|error| refused(&error))?;
    let mut answer = done();
    answer.push(Element::text("groupId", &id));
    answer.push(Element::text("securityGroupArn", arn(&face.caller, &id)));
    answer.push(tag_set(&new.tags));
    Ok(answer)
}

/// `DeleteSecurityGroup`
pub(super) async fn delete(action: &Action<'_>) -> Answer {
    let id = group(action.params)?;
    action.check(operation::DELETE_SECURITY_GROUP).await?;
    let deleted = action.call.face.delete_group(&id, Absent::Refused).await;
    deleted.map_err(|error| refused(&error))?;
    let mut answer = done();
    answer.push(Element::text("groupId", &id));
    Ok(answer)
}
