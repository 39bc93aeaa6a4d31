//! Who is calling, VPCs, subnets, endpoint services and network interfaces.

use heroku_data_link::provider::{
    EndpointServices, ErrorKind, Identity, NetworkInterfaces, SubnetQuery, Vpcs,
};

use crate::wire::support::{
    ACCOUNT, Aws, VPC, assert_form, client_of, ec2, ec2_error, form, value, xml,
};

const SERVICE: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";

fn vpc_item(id: &str) -> String {
    format!(
        "<vpcId>{id}</vpcId><ownerId>{ACCOUNT}</ownerId><state>available</state>\
         <cidrBlock>10.0.0.0/16</cidrBlock><cidrBlockAssociationSet>\
         <item><cidrBlock>10.0.0.0/16</cidrBlock>\
         <cidrBlockState><state>associated</state></cidrBlockState></item>\
         <item><cidrBlock>10.1.0.0/16</cidrBlock>\
         <cidrBlockState><state>associating</state></cidrBlockState></item>\
         <item><cidrBlock>10.2.0.0/16</cidrBlock>\
         <cidrBlockState><state>disassociated</state></cidrBlockState></item>\
         <item><cidrBlock>10.3.0.0/16</cidrBlock>\
         <cidrBlockState><state>failed</state></cidrBlockState></item>\
         </cidrBlockAssociationSet><isDefault>false</isDefault>"
    )
}

fn subnet_item(id: &str, vpc: &str, zone: char) -> String {
    format!(
        "<subnetId>{id}</subnetId><vpcId>{vpc}</vpcId><state>available</state>\
         <availabilityZone>us-east-1{zone}</availabilityZone>\
         <availabilityZoneId>use1-az{}</availabilityZoneId>\
         <availableIpAddressCount>251</availableIpAddressCount>",
        u32::from(zone) - u32::from('a') + 4
    )
}

#[tokio::test]
async fn the_caller_is_an_account_and_an_arn() {
    let body = |inner: &str| {
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult>{inner}</GetCallerIdentityResult><ResponseMetadata>\
             <RequestId>c6104cbe</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )
    };
    let arn = "arn:aws:sts::111122223333:assumed-role/admin/me";
    let answer =
        body(&format!("<Arn>{arn}</Arn><UserId>AROA:me</UserId><Account>{ACCOUNT}</Account>"));
    let aws = Aws::with("GetCallerIdentity", xml(200, &answer)).await;
    let caller = aws.client.caller_identity().await.unwrap();
    assert_eq!((caller.account.as_str(), caller.arn.as_str()), (ACCOUNT, arn));
    let sent = form(&aws.request().await);
    assert_eq!(value(&sent, "Version").as_deref(), Some("2011-06-15"));
    assert_eq!(sent.len(), 2, "{sent:?}");

    for (inner, expected) in [
        (format!("<Account>{ACCOUNT}</Account>"), "the answer has no Arn"),
        (format!("<Arn>{arn}</Arn>"), "the answer has no Account"),
        (format!("<Arn>{arn}</Arn><Account>1</Account>"), "Account in the answer: \"1\" is not"),
    ] {
        let aws = Aws::with("GetCallerIdentity", xml(200, &body(&inner))).await;
        let error = aws.client.caller_identity().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn a_vpc_has_all_blocks_that_are_associated() {
    let aws = Aws::start().await;
    // The filter may be ignored.
    let items = [vpc_item("vpc-2"), vpc_item(VPC)];
    aws.list("DescribeVpcs", "vpcSet", &items, "").await;
    let found = aws.client.vpc(&VPC.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.owner.as_str()), (VPC, ACCOUNT));
    let cidrs: Vec<_> = found.cidrs.iter().map(ToString::to_string).collect();
    assert_eq!(cidrs, ["10.0.0.0/16", "10.1.0.0/16"]);
    assert_form(
        &aws.request().await,
        "DescribeVpcs",
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", VPC), ("MaxResults", "1000")],
    );
}

#[tokio::test]
async fn a_vpc_may_be_absent_and_must_be_whole() {
    let id = VPC.parse().unwrap();
    for items in [vec![], vec![vpc_item("vpc-2")]] {
        let aws = Aws::start().await;
        aws.list("DescribeVpcs", "vpcSet", &items, "").await;
        assert_eq!(aws.client.vpc(&id).await.unwrap(), None);
    }
    // Emulators leave the list of associations out.
    let aws = Aws::start().await;
    let item = format!(
        "<vpcId>{VPC}</vpcId><ownerId>{ACCOUNT}</ownerId><cidrBlock>10.0.0.0/16</cidrBlock>"
    );
    aws.list("DescribeVpcs", "vpcSet", &[&item], "").await;
    let cidrs = aws.client.vpc(&id).await.unwrap().unwrap().cidrs;
    assert_eq!(cidrs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/16"]);

    for (item, expected) in [
        (item.replace("<ownerId>111122223333</ownerId>", ""), "the answer has no ownerId"),
        (item.replace("10.0.0.0/16", "10.0.0.0"), "cidrBlock in the answer: \"10.0.0.0\" is not"),
    ] {
        aws.list("DescribeVpcs", "vpcSet", &[item], "").await;
        let error = aws.client.vpc(&id).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn subnets_by_vpc_and_by_id() {
    let aws = Aws::start().await;
    let items = [
        subnet_item("subnet-1", VPC, 'a'),
        subnet_item("subnet-2", VPC, 'b'),
        subnet_item("subnet-3", "vpc-2", 'a'),
    ];
    aws.list("DescribeSubnets", "subnetSet", &items, "").await;
    aws.list("DescribeSubnets", "subnetSet", &items, "").await;
    let in_vpc = aws.client.subnets(&SubnetQuery::InVpc(VPC.parse().unwrap())).await.unwrap();
    let shown: Vec<_> = in_vpc
        .iter()
        .map(|it| format!("{} {} {} {}", it.id, it.zone_id, it.zone_name, it.free_addresses))
        .collect();
    assert_eq!(shown, ["subnet-1 use1-az4 us-east-1a 251", "subnet-2 use1-az5 us-east-1b 251"]);
    let ids = ["subnet-1", "subnet-3"].map(|id| id.parse().unwrap()).into();
    let by_id = aws.client.subnets(&SubnetQuery::Ids(ids)).await.unwrap();
    let shown: Vec<_> = by_id.iter().map(|it| format!("{} {}", it.id, it.vpc)).collect();
    assert_eq!(shown, [format!("subnet-1 {VPC}"), "subnet-3 vpc-2".to_owned()]);

    let requests = aws.requests().await;
    let page = ("MaxResults", "1000");
    assert_form(
        &requests[0],
        "DescribeSubnets",
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", VPC), page],
    );
    assert_form(
        &requests[1],
        "DescribeSubnets",
        &[
            ("Filter.1.Name", "subnet-id"),
            ("Filter.1.Value.1", "subnet-1"),
            ("Filter.1.Value.2", "subnet-3"),
            page,
        ],
    );
}

#[tokio::test]
async fn no_ids_are_no_subnets_without_a_request() {
    let query = SubnetQuery::Ids([].into());
    assert_eq!(client_of("http://127.0.0.1:1").subnets(&query).await.unwrap(), []);
}

#[tokio::test]
async fn a_subnet_must_tell_its_zone() {
    let aws = Aws::start().await;
    let query = SubnetQuery::InVpc(VPC.parse().unwrap());
    let whole = subnet_item("subnet-1", VPC, 'a');
    for (item, expected) in [
        (whole.replace("availabilityZoneId", "x"), "the answer has no availabilityZoneId"),
        (whole.replace("use1-az4", "us-east-1a"), "availabilityZoneId in the answer: "),
    ] {
        aws.list("DescribeSubnets", "subnetSet", &[item], "").await;
        let error = aws.client.subnets(&query).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
    // How many addresses are left is not needed.
    let item = whole.replace("availableIpAddressCount", "x");
    aws.list("DescribeSubnets", "subnetSet", &[item], "").await;
    assert_eq!(aws.client.subnets(&query).await.unwrap()[0].free_addresses, 0);
}

/// An answer about a service, with what it says of zones.
fn services(zones: &str) -> String {
    format!(
        "<serviceNameSet><item>{SERVICE}</item></serviceNameSet><serviceDetailSet><item>\
         <serviceName>com.amazonaws.vpce.us-east-1.vpce-svc-0</serviceName></item><item>\
         <serviceName>{SERVICE}</serviceName><serviceId>vpce-svc-0123456789abcdef0</serviceId>\
         <serviceType><item><serviceType>Interface</serviceType></item></serviceType>{zones}\
         <owner>021876802972</owner><acceptanceRequired>true</acceptanceRequired>\
         </item></serviceDetailSet>"
    )
}

#[tokio::test]
async fn a_service_is_asked_for_by_name() {
    let aws = Aws::start().await;
    aws.ok("DescribeVpcEndpointServices", &services("")).await;
    let found = aws.client.endpoint_service(&SERVICE.parse().unwrap()).await.unwrap().unwrap();
    // Nothing is said of zones, which is not the same as nowhere.
    assert_eq!((found.name.as_str(), found.zones), (SERVICE, None));
    assert_form(&aws.request().await, "DescribeVpcEndpointServices", &[("ServiceName.1", SERVICE)]);
}

#[tokio::test]
async fn a_service_that_cannot_be_seen_is_absent() {
    let stranger = "<serviceNameSet><item>com.amazonaws.vpce.x</item></serviceNameSet>";
    let named = format!("<serviceNameSet><item>{SERVICE}</item></serviceNameSet>");
    let refused = ec2_error(400, "InvalidServiceName", "The Vpc Endpoint Service does not exist");
    for (answer, seen) in [
        (refused, false),
        (ec2("DescribeVpcEndpointServices", ""), false),
        (ec2("DescribeVpcEndpointServices", stranger), false),
        (ec2("DescribeVpcEndpointServices", &named), true),
    ] {
        let aws = Aws::with("DescribeVpcEndpointServices", answer).await;
        let found = aws.client.endpoint_service(&SERVICE.parse().unwrap()).await.unwrap();
        assert_eq!(found.is_some(), seen);
        assert_eq!(found.and_then(|it| it.zones), None);
    }
}

#[tokio::test]
async fn a_zone_of_a_service_that_is_no_zone_id_is_not_understood() {
    let aws = Aws::start().await;
    let zones = "<availabilityZoneIdSet><item>us-east-1a</item></availabilityZoneIdSet>";
    aws.ok("DescribeVpcEndpointServices", &services(zones)).await;
    let error = aws.client.endpoint_service(&SERVICE.parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn names_of_zones_are_read_by_the_accounts_own_subnets() {
    for (names, expected) in [
        ("us-east-1b us-east-1a", Some("use1-az4 use1-az5")),
        // No subnet of the account is there.
        ("us-east-1a us-east-1f", Some("use1-az4")),
        ("us-east-1f", Some("")),
        // The field's description promises either names or ids.
        ("use1-az2 us-east-1a", Some("use1-az2 use1-az4")),
    ] {
        let aws = Aws::start().await;
        let items: String =
            names.split(' ').map(|name| ["<item>", name, "</item>"].concat()).collect();
        let zones = format!("<availabilityZoneSet>{items}</availabilityZoneSet>");
        aws.ok("DescribeVpcEndpointServices", &services(&zones)).await;
        let first = [subnet_item("subnet-1", VPC, 'a')];
        let second = [subnet_item("subnet-2", "vpc-2", 'b')];
        aws.list("DescribeSubnets", "subnetSet", &first, "more").await;
        aws.list("DescribeSubnets", "subnetSet", &second, "").await;
        let found = aws.client.endpoint_service(&SERVICE.parse().unwrap()).await.unwrap();
        let zones = found
            .unwrap()
            .zones
            .map(|zones| zones.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        assert_eq!(zones.as_deref(), expected, "{names}");
        let requests = aws.requests().await;
        assert_form(&requests[1], "DescribeSubnets", &[("MaxResults", "1000")]);
        assert_eq!(requests.len(), 3);
    }
}

#[tokio::test]
async fn interfaces_that_carry_a_group() {
    let aws = Aws::start().await;
    let interface = |id: &str, group: &str, description: &str| {
        format!(
            "<networkInterfaceId>{id}</networkInterfaceId>{description}\
             <groupSet><item><groupId>sg-9</groupId></item>\
             <item><groupId>{group}</groupId></item></groupSet>"
        )
    };
    let items = [
        interface("eni-1", "sg-1", "<description>VPC Endpoint Interface vpce-1</description>"),
        interface("eni-2", "sg-2", ""),
        interface("eni-3", "sg-1", ""),
    ];
    aws.list("DescribeNetworkInterfaces", "networkInterfaceSet", &items, "").await;
    let found = aws.client.interfaces_using(&"sg-1".parse().unwrap()).await.unwrap();
    let shown: Vec<_> = found.iter().map(|it| format!("{}: {}", it.id, it.description)).collect();
    assert_eq!(shown, ["eni-1: VPC Endpoint Interface vpce-1", "eni-3: "]);
    assert_form(
        &aws.request().await,
        "DescribeNetworkInterfaces",
        &[("Filter.1.Name", "group-id"), ("Filter.1.Value.1", "sg-1"), ("MaxResults", "1000")],
    );
    let bad = interface("x-1", "sg-1", "");
    aws.list("DescribeNetworkInterfaces", "networkInterfaceSet", &[bad], "").await;
    let error = aws.client.interfaces_using(&"sg-1".parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}
