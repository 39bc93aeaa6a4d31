//! Security groups.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, SecurityGroupId, VpcId};
use heroku_data_link::provider::{IngressRule, NewSecurityGroup, SecurityGroups, Tags, operation};

use super::super::error::AwsError;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource, describe};
use super::permissions::{self, Source, all_egress, permissions};
use super::rules::group;
use super::tags::{on_creation, tag_set};
use super::{Action, Answer, done, refused, vpcs};
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
    fn of_rules(&self, text: impl Fn(&IngressRule) -> Option<String>) -> Vec<String> {
        self.version.ingress.keys().filter_map(text).collect()
    }

    fn of_sources(&self, text: impl Fn(Source<'_>) -> Option<String>) -> Vec<String> {
        self.of_rules(|rule| text(permissions::source(rule, &self.owner)))
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
        ("ip-permission.protocol", |it| it.of_rules(|rule| Some(permissions::kind(rule).0))),
        ("ip-permission.from-port", |it| {
            it.of_rules(|rule| permissions::kind(rule).1.map(|(from, _)| from.to_string()))
        }),
        ("ip-permission.to-port", |it| {
            it.of_rules(|rule| permissions::kind(rule).1.map(|(_, to)| to.to_string()))
        }),
        ("ip-permission.cidr", |it| {
            it.of_sources(|source| match source {
                Source::V4(block) => Some(block),
                _ => None,
            })
        }),
        ("ip-permission.ipv6-cidr", |it| {
            it.of_sources(|source| match source {
                Source::V6(block) => Some(block.to_owned()),
                _ => None,
            })
        }),
        ("ip-permission.prefix-list-id", |it| {
            it.of_sources(|source| match source {
                Source::PrefixList(id) => Some(id.to_owned()),
                _ => None,
            })
        }),
        ("ip-permission.group-id", |it| {
            it.of_sources(|source| match source {
                Source::Group(_, id) => Some(id.to_owned()),
                _ => None,
            })
        }),
        ("ip-permission.user-id", |it| {
            it.of_sources(|source| match source {
                Source::Group(user, _) => Some(user.to_owned()),
                _ => None,
            })
        }),
        ("egress.ip-permission.protocol", |_| vec!["-1".to_owned()]),
        ("egress.ip-permission.cidr", |_| vec!["0.0.0.0/0".to_owned()]),
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
        let ingress: Vec<(&IngressRule, &Arc<str>)> = self.version.ingress.iter().collect();
        vec![
            Element::text("ownerId", &self.owner),
            Element::text("groupId", &self.id),
            Element::text("securityGroupArn", &self.arn),
            Element::text("groupName", &self.name),
            Element::text("groupDescription", &self.description),
            Element::text("vpcId", &self.vpc),
            Element::set("ipPermissions", permissions(ingress, &self.owner)),
            Element::set("ipPermissionsEgress", [all_egress()]),
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
