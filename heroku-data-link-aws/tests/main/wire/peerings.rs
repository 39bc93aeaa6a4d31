//! VPC peering connections.

use std::time::{Duration, UNIX_EPOCH};

use heroku_data_link::model::PeeringStatus;
use heroku_data_link::provider::{
    ErrorKind, NewPeeringConnection, PeeringEnd, PeeringQuery, Tags, VpcPeerings,
};

use crate::wire::support::{ACCOUNT, Aws, VPC, assert_form, ec2_error, tag, tag_set, tags};

const DESCRIBE: &str = "DescribeVpcPeeringConnections";
const DELETE: &str = "DeleteVpcPeeringConnection";
const SET: &str = "vpcPeeringConnectionSet";

fn item(id: &str, requester: &str, accepter: &str, rest: &str) -> String {
    format!(
        "<vpcPeeringConnectionId>{id}</vpcPeeringConnectionId>\
         <requesterVpcInfo><vpcId>{requester}</vpcId></requesterVpcInfo>\
         <accepterVpcInfo><vpcId>{accepter}</vpcId></accepterVpcInfo>{rest}"
    )
}

async fn read(aws: &Aws, query: &PeeringQuery) -> Vec<String> {
    let found = aws.client.peering_connections(query).await.unwrap();
    found.iter().map(|it| it.id.to_string()).collect()
}

#[tokio::test]
async fn a_connection_as_ec2_describes_it() {
    let aws = Aws::start().await;
    let whole = format!(
        "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>\
         <requesterVpcInfo><ownerId>{ACCOUNT}</ownerId><vpcId>{VPC}</vpcId>\
         <region>us-east-1</region><cidrBlock>10.0.0.0/16</cidrBlock>\
         <cidrBlockSet><item><cidrBlock>10.0.0.0/16</cidrBlock></item>\
         <item><cidrBlock>10.9.0.0/16</cidrBlock></item></cidrBlockSet></requesterVpcInfo>\
         <accepterVpcInfo><ownerId>847227832372</ownerId><vpcId>vpc-2</vpcId>\
         <region>eu-west-1</region></accepterVpcInfo>\
         <status><code>pending-acceptance</code><message>Pending Acceptance by 8</message></status>\
         <expirationTime>1970-01-08T00:00:00.000Z</expirationTime>{}",
        tag_set(&[("heroku-data-link", "acme")])
    );
    aws.list(DESCRIBE, SET, &[whole], "").await;
    let query = PeeringQuery::Id("pcx-1".parse().unwrap());
    let found = aws.client.peering_connections(&query).await.unwrap().remove(0);
    assert_eq!(found.status, PeeringStatus::PendingAcceptance);
    assert_eq!(found.message.as_deref(), Some("Pending Acceptance by 8"));
    assert_eq!(found.expires, Some(UNIX_EPOCH + Duration::from_hours(7 * 24)));
    assert_eq!(found.tags, tags());
    assert_eq!(
        found.requester,
        PeeringEnd {
            vpc: Some(VPC.parse().unwrap()),
            account: Some(ACCOUNT.parse().unwrap()),
            region: Some("us-east-1".parse().unwrap()),
            cidrs: ["10.0.0.0/16", "10.9.0.0/16"]
                .map(|it| it.parse().unwrap())
                .into_iter()
                .collect(),
        }
    );
    assert_eq!(
        found.accepter,
        PeeringEnd {
            vpc: Some("vpc-2".parse().unwrap()),
            account: Some("847227832372".parse().unwrap()),
            region: Some("eu-west-1".parse().unwrap()),
            ..PeeringEnd::default()
        }
    );
}

#[tokio::test]
async fn what_one_end_may_not_know_is_left_out() {
    let aws = Aws::start().await;
    let query = PeeringQuery::Id("pcx-1".parse().unwrap());
    let bare = "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>";
    aws.list(DESCRIBE, SET, &[bare], "").await;
    let found = aws.client.peering_connections(&query).await.unwrap().remove(0);
    assert_eq!(found.status, PeeringStatus::Other(String::new()));
    assert_eq!((found.message, found.expires), (None, None));
    assert_eq!((found.requester, found.accepter), Default::default());

    for (field, value) in
        [("vpcId", "sg-1"), ("ownerId", "1"), ("region", "Europe"), ("cidrBlock", "10.0.0.1/16")]
    {
        let item = format!("{bare}<accepterVpcInfo><{field}>{value}</{field}></accepterVpcInfo>");
        aws.list(DESCRIBE, SET, &[item], "").await;
        let error = aws.client.peering_connections(&query).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(&format!("{field} in the answer: ")), "{error}");
    }
}

#[tokio::test]
async fn strangers_are_left_out_of_every_list() {
    let aws = Aws::start().await;
    let own = tag_set(&[("heroku-data-link", "acme")]);
    let items = [
        item("pcx-1", VPC, "vpc-2", &own),
        item("pcx-2", "vpc-2", VPC, ""),
        item("pcx-3", "vpc-3", "vpc-2", &own),
        item("pcx-4", VPC, "vpc-3", &tag_set(&[("acme", "heroku-data-link")])),
    ];
    // Each of these emulators answers everything to any filter.
    for _ in 0..5 {
        aws.list(DESCRIBE, SET, &items, "").await;
    }
    assert_eq!(read(&aws, &PeeringQuery::Tagged(tag())).await, ["pcx-1", "pcx-3"]);
    let id = PeeringQuery::Id("pcx-3".parse().unwrap());
    assert_eq!(read(&aws, &id).await, ["pcx-3"]);
    // Either end, and each connection once.
    let of_vpc = PeeringQuery::OfVpc(VPC.parse().unwrap());
    assert_eq!(read(&aws, &of_vpc).await, ["pcx-1", "pcx-2", "pcx-4"]);
    let with_tag = PeeringQuery::WithTag("heroku-data-link".to_owned());
    assert_eq!(read(&aws, &with_tag).await, ["pcx-1", "pcx-3"]);

    let requests = aws.requests().await;
    let page = ("MaxResults", "1000");
    let requester = ("Filter.1.Name", "requester-vpc-info.vpc-id");
    let accepter = ("Filter.1.Name", "accepter-vpc-info.vpc-id");
    let first = |value| ("Filter.1.Value.1", value);
    for (request, expected) in requests.iter().zip([
        &[("Filter.1.Name", "tag:heroku-data-link"), first("acme"), page][..],
        &[("Filter.1.Name", "vpc-peering-connection-id"), first("pcx-3"), page],
        &[requester, first(VPC), page],
        &[accepter, first(VPC), page],
        &[("Filter.1.Name", "tag-key"), first("heroku-data-link"), page],
    ]) {
        assert_form(request, DESCRIBE, expected);
    }
    assert_eq!(requests.len(), 5);
}

pub(crate) fn new_connection() -> NewPeeringConnection {
    NewPeeringConnection {
        vpc: VPC.parse().unwrap(),
        peer_vpc: "vpc-2".parse().unwrap(),
        peer_account: "847227832372".parse().unwrap(),
        peer_region: "eu-west-1".parse().unwrap(),
        tags: tags(),
    }
}

/// What a creation of it sends.
pub(crate) const CREATION: [(&str, &str); 7] = [
    ("VpcId", VPC),
    ("PeerVpcId", "vpc-2"),
    ("PeerOwnerId", "847227832372"),
    ("PeerRegion", "eu-west-1"),
    ("TagSpecification.1.ResourceType", "vpc-peering-connection"),
    ("TagSpecification.1.Tag.1.Key", "heroku-data-link"),
    ("TagSpecification.1.Tag.1.Value", "acme"),
];

#[tokio::test]
async fn a_connection_is_asked_for_across_accounts_and_regions() {
    let aws = Aws::start().await;
    let name = "CreateVpcPeeringConnection";
    let made = "<vpcPeeringConnection><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>\
                <status><code>initiating-request</code></status></vpcPeeringConnection>";
    aws.ok(name, made).await;
    let id = aws.client.create_peering_connection(&new_connection()).await.unwrap();
    assert_eq!(id.as_str(), "pcx-1");
    assert_form(&aws.request().await, name, &CREATION);
    aws.ok(name, made).await;
    let bare = NewPeeringConnection { tags: Tags::new(), ..new_connection() };
    aws.client.create_peering_connection(&bare).await.unwrap();
    assert_form(&aws.requests().await[1], name, &CREATION[..4]);

    aws.ok(name, "<vpcPeeringConnection/>").await;
    let error = aws.client.create_peering_connection(&new_connection()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    for (code, expected) in [
        ("VpcPeeringConnectionAlreadyExists", ErrorKind::Conflict),
        ("InvalidVpcID.NotFound", ErrorKind::NotFound),
        ("ActiveVpcPeeringConnectionPerVpcLimitExceeded", ErrorKind::QuotaExceeded),
        ("OutstandingVpcPeeringConnectionLimitExceeded", ErrorKind::QuotaExceeded),
    ] {
        aws.on(name, ec2_error(400, code, "no")).await;
        let error = aws.client.create_peering_connection(&new_connection()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn a_connection_is_tagged() {
    let aws = Aws::start().await;
    aws.ok("CreateTags", "<return>true</return>").await;
    aws.client.tag_peering_connection(&"pcx-1".parse().unwrap(), &tags()).await.unwrap();
    assert_form(
        &aws.request().await,
        "CreateTags",
        &[("ResourceId.1", "pcx-1"), ("Tag.1.Key", "heroku-data-link"), ("Tag.1.Value", "acme")],
    );
}

#[tokio::test]
async fn what_is_gone_or_dead_is_deleted() {
    let id = "pcx-1".parse().unwrap();
    let aws = Aws::start().await;
    aws.ok(DELETE, "<return>true</return>").await;
    aws.client.delete_peering_connection(&id).await.unwrap();
    assert_form(&aws.request().await, DELETE, &[("VpcPeeringConnectionId", "pcx-1")]);

    for code in ["InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound"]
    {
        let aws = Aws::with(DELETE, ec2_error(400, code, "gone")).await;
        aws.client.delete_peering_connection(&id).await.unwrap();
        assert_eq!(aws.actions().await, [DELETE]);
    }
    // EC2 refuses, and the state tells whether there is anything left to delete.
    for (status, dead) in [
        (Some("failed"), true),
        (Some("rejected"), true),
        (Some("expired"), true),
        (Some("deleting"), true),
        (Some("deleted"), true),
        (None, true),
        (Some("active"), false),
        (Some("pending-acceptance"), false),
    ] {
        for code in ["InvalidStateTransition", "IncorrectState"] {
            let aws = Aws::with(DELETE, ec2_error(400, code, "no")).await;
            let items: Vec<_> = status
                .iter()
                .map(|word| {
                    let status = format!("<status><code>{word}</code></status>");
                    item("pcx-1", VPC, "vpc-2", &status)
                })
                .collect();
            aws.list(DESCRIBE, SET, &items, "").await;
            let result = aws.client.delete_peering_connection(&id).await;
            assert_eq!(aws.actions().await, [DELETE, DESCRIBE]);
            let kind = result.err().map(|error| error.kind().clone());
            assert_eq!(kind, (!dead).then_some(ErrorKind::Conflict), "{status:?}");
        }
    }
    for (code, expected) in [
        ("UnauthorizedOperation", ErrorKind::Forbidden),
        ("OperationNotPermitted", ErrorKind::Forbidden),
    ] {
        let aws = Aws::with(DELETE, ec2_error(403, code, "no")).await;
        let error = aws.client.delete_peering_connection(&id).await.unwrap_err();
        assert_eq!(*error.kind(), expected);
    }
    let aws = Aws::start().await;
    aws.ok(DELETE, "<return>false</return>").await;
    let error = aws.client.delete_peering_connection(&id).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}
