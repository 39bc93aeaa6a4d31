//! What one pass on an established PrivateLink asks of AWS.

use heroku_data_link::model::{AwsRegion, DataService};
use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{
    EndpointQuery, EndpointServices, GroupQuery, IngressSource, NetworkAcls, SecurityGroups,
    SubnetQuery, Tags, VpcEndpoints, Vpcs,
};
use heroku_data_link::reconcile::{Driver, Verified, ownership};
use heroku_data_link_aws::{Client, Credentials};
use heroku_data_link_mock::{Procedure, World};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A world with an established link, whose AWS side an HTTP server shows as EC2 and STS would.
async fn established(more_subnets: u8) -> (World, PrivateLinkSpec, MockServer, Client) {
    let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
    for n in 0..more_subnets {
        let block = format!("{}.{}.0/28", second_block(&world, &site).await, n);
        world.add_subnet(&site.vpc, "us-east-1a", &block).unwrap();
    }
    let spec = PrivateLinkSpec::new("demo".parse().unwrap(), site.addon.clone(), site.vpc.clone());
    let workflow = PrivateLinkWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock()).establish().await.unwrap();

    let server = MockServer::start().await;
    let tag = ownership::tag_of(&spec.link);
    let aws = world.aws();
    let name = aws.endpoints(&EndpointQuery::Tagged(tag)).await.unwrap()[0].service.clone();
    for (action, answer) in [
        ("GetCallerIdentity", caller(&site)),
        ("DescribeVpcs", vpcs(&world, &site).await),
        ("DescribeSubnets", subnets(&world, &site).await),
        ("DescribeSecurityGroups", groups(&world, &spec).await),
        ("DescribeNetworkAcls", acls(&world, &site).await),
        ("DescribeVpcEndpoints", endpoints(&world, &spec).await),
        ("DescribeVpcEndpointServices", services(&world, &name).await),
    ] {
        Mock::given(method("POST"))
            .and(body_string_contains(format!("Action={action}&")))
            .respond_with(ResponseTemplate::new(200).set_body_raw(answer, "text/xml"))
            .mount(&server)
            .await;
    }
    let region: AwsRegion = site.region.clone();
    let client = Client::builder(region, Credentials::new("AKID", "SECRET", None, None, "test"))
        .endpoint_url(server.uri())
        .build();
    (world, spec, server, client)
}

#[tokio::test]
async fn an_established_link_takes_five_requests_a_pass_whatever_the_number_of_subnets() {
    for more_subnets in [0, 40] {
        let (world, spec, server, client) = established(more_subnets).await;
        let aws = std::sync::Arc::new(client);
        let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), aws);
        let driver = Driver::new(workflow, world.clock());
        let mut counts = Vec::new();
        for _ in 0..3 {
            let before = server.received_requests().await.unwrap().len();
            let verified = driver.verify().await.unwrap();
            assert!(matches!(verified, Verified::InSync(_)), "{verified:?}");
            counts.push(server.received_requests().await.unwrap().len() - before);
        }
        // The first pass of a process also reads what never changes: who is calling, and the
        // zones of the service.
        assert_eq!(counts, [7, 5, 5], "{more_subnets} more subnets");
    }
}

/// The first two numbers of a block that is added to the VPC for more subnets.
async fn second_block(world: &World, site: &Procedure) -> String {
    let vpc = world.aws().vpc(&site.vpc).await.unwrap().unwrap();
    let first = vpc.cidrs.iter().next().unwrap().network().octets();
    format!("{}.{}", first[0], first[1])
}

fn caller(site: &Procedure) -> String {
    let account = &site.account;
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/x</Arn>\
         <UserId>AIDA</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    )
}

async fn vpcs(world: &World, site: &Procedure) -> String {
    let vpc = world.aws().vpc(&site.vpc).await.unwrap().unwrap();
    let blocks = items(&vpc.cidrs, |block| {
        format!(
            "<cidrBlock>{block}</cidrBlock><cidrBlockState><state>associated</state>\
             </cidrBlockState>"
        )
    });
    let (id, owner) = (&vpc.id, &vpc.owner);
    set(
        "DescribeVpcs",
        "vpcSet",
        &format!(
            "<item><vpcId>{id}</vpcId><ownerId>{owner}</ownerId>\
             <cidrBlockAssociationSet>{blocks}</cidrBlockAssociationSet></item>"
        ),
    )
}

async fn subnets(world: &World, site: &Procedure) -> String {
    let found = world.aws().subnets(&SubnetQuery::InVpc(site.vpc.clone())).await.unwrap();
    let found = items(&found, |it| {
        format!(
            "<subnetId>{}</subnetId><vpcId>{}</vpcId><availabilityZone>{}</availabilityZone>\
             <availabilityZoneId>{}</availabilityZoneId>\
             <availableIpAddressCount>{}</availableIpAddressCount>",
            it.id, it.vpc, it.zone_name, it.zone_id, it.free_addresses
        )
    });
    set("DescribeSubnets", "subnetSet", &found)
}

/// They let everything pass.
async fn acls(world: &World, site: &Procedure) -> String {
    let found = world.aws().network_acls(&site.vpc).await.unwrap();
    let everything = |egress| {
        format!(
            "<ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction>\
             <egress>{egress}</egress><cidrBlock>0.0.0.0/0</cidrBlock>"
        )
    };
    let found = items(&found, |it| {
        let subnets = items(&it.subnets, |id| format!("<subnetId>{id}</subnetId>"));
        format!(
            "<networkAclId>{}</networkAclId><vpcId>{}</vpcId><default>{}</default>\
             <entrySet>{}</entrySet><associationSet>{subnets}</associationSet>",
            it.id,
            it.vpc,
            it.is_default,
            items([false, true], everything)
        )
    });
    set("DescribeNetworkAcls", "networkAclSet", &found)
}

async fn groups(world: &World, spec: &PrivateLinkSpec) -> String {
    let query = GroupQuery::Tagged(ownership::tag_of(&spec.link));
    let [group] = world.aws().security_groups(&query).await.unwrap().try_into().unwrap();
    let rules = items(&group.ingress, |rule| {
        let (ports, IngressSource::Cidr(block)) = (rule.ports.unwrap(), &rule.source) else {
            panic!("{rule}")
        };
        format!(
            "<ipProtocol>tcp</ipProtocol><fromPort>{}</fromPort><toPort>{}</toPort>\
             <ipRanges><item><cidrIp>{block}</cidrIp></item></ipRanges>",
            ports.from(),
            ports.to()
        )
    });
    let (id, name, vpc, tags) = (&group.id, &group.name, &group.vpc, tags(&group.tags));
    set(
        "DescribeSecurityGroups",
        "securityGroupInfo",
        &format!(
            "<item><groupId>{id}</groupId><groupName>{name}</groupName><vpcId>{vpc}</vpcId>{tags}\
             <ipPermissions>{rules}</ipPermissions></item>"
        ),
    )
}

async fn endpoints(world: &World, spec: &PrivateLinkSpec) -> String {
    let query = EndpointQuery::Tagged(ownership::tag_of(&spec.link));
    let [it] = world.aws().endpoints(&query).await.unwrap().try_into().unwrap();
    let subnets = items(&it.subnets, ToString::to_string);
    let interfaces = items(&it.interfaces, ToString::to_string);
    let groups = items(&it.groups, |id| format!("<groupId>{id}</groupId>"));
    let names = items(&it.dns_names, |name| format!("<dnsName>{name}</dnsName>"));
    set(
        "DescribeVpcEndpoints",
        "vpcEndpointSet",
        &format!(
            "<item><vpcEndpointId>{}</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>\
             <vpcId>{}</vpcId><serviceName>{}</serviceName><state>{}</state>\
             <subnetIdSet>{subnets}</subnetIdSet><groupSet>{groups}</groupSet>\
             <networkInterfaceIdSet>{interfaces}</networkInterfaceIdSet>\
             <dnsEntrySet>{names}</dnsEntrySet>\
             <creationTimestamp>2026-01-02T03:04:05Z</creationTimestamp>{}</item>",
            it.id,
            it.vpc,
            it.service,
            it.state,
            tags(&it.tags)
        ),
    )
}

async fn services(world: &World, name: &str) -> String {
    let service = world.aws().endpoint_service(&name.parse().unwrap()).await.unwrap().unwrap();
    let zones = items(&service.zones.unwrap(), ToString::to_string);
    set(
        "DescribeVpcEndpointServices",
        "serviceDetailSet",
        &format!(
            "<item><serviceName>{name}</serviceName>\
             <availabilityZoneIdSet>{zones}</availabilityZoneIdSet></item>"
        ),
    )
}

fn tags(tags: &Tags) -> String {
    let tags = items(tags, |(key, value)| format!("<key>{key}</key><value>{value}</value>"));
    format!("<tagSet>{tags}</tagSet>")
}

fn items<T>(list: impl IntoIterator<Item = T>, content: impl Fn(T) -> String) -> String {
    let items = list.into_iter().map(|it| format!("<item>{}</item>", content(it)));
    items.collect::<Vec<_>>().concat()
}

fn set(action: &str, name: &str, items: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>1</requestId><{name}>{items}</{name}></{action}Response>"
    )
}
