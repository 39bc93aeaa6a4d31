//! How long it takes to parse a value, beside the crates that are known for it.
#![allow(missing_docs)]

use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

use aws_arn::ResourceName;
use criterion::{Criterion, criterion_group, criterion_main};
use heroku_data_link::model::{
    AccountId, AddonId, AddonName, AddonRef, AddonState, AppName, Arn, AttachmentName,
    AwsPrincipal, AwsRegion, Cidr, ConfigVarName, ConnectionUrl, DataService, EndpointServiceName,
    EndpointState, HerokuRegion, LinkId, NetworkInterfaceId, PeeringConnectionId, PlanName,
    PortRange, RouteTableId, SecurityGroupId, SpaceName, SubnetId, VpcEndpointId, VpcId, ZoneId,
    ZoneName,
};
use url::Url;

const ARN: &str = "arn:aws:iam::123456789101:user/abc.xyz";
const REDIS: &str = "redis://h:p4ssw0rd@vpce-01c87ae3c05563935-ab12cd34.vpce-svc-0410a2e25933fe8ec.us-east-1.vpce.amazonaws.com:6379";
const POSTGRES: &str = "postgres://user:p4ssw0rd@vpce-01c87ae3c05563935-ab12cd34.vpce-svc-0410a2e25933fe8ec.us-east-1.vpce.amazonaws.com:5432/d8r2k1";
const BROKER: &str = "kafka+ssl://vpce-01c87ae3c05563935-ab12cd34.vpce-svc-0410a2e25933fe8ec.us-east-1.vpce.amazonaws.com:10001";
const BLOCK: &str = "172.16.128.0/20";

fn parse<T: FromStr>(criterion: &mut Criterion, name: &str, text: &str) {
    assert!(text.parse::<T>().is_ok(), "{text}");
    criterion.bench_function(&format!("parse/{name}"), |bencher| {
        bencher.iter(|| black_box(text).parse::<T>().ok());
    });
}

fn ours(criterion: &mut Criterion) {
    parse::<AccountId>(criterion, "account-id", "021876802972");
    parse::<Arn>(criterion, "arn", ARN);
    parse::<AwsPrincipal>(criterion, "principal-short", "123456789101:role/path/x");
    parse::<AwsPrincipal>(criterion, "principal-arn", ARN);
    parse::<AwsRegion>(criterion, "aws-region", "us-east-1");
    parse::<HerokuRegion>(criterion, "heroku-region", "virginia");
    parse::<VpcId>(criterion, "vpc-id", "vpc-0a1b2c3d4e5f60718");
    parse::<SubnetId>(criterion, "subnet-id", "subnet-0a1b2c3d4e5f60718");
    parse::<SecurityGroupId>(criterion, "security-group-id", "sg-0a1b2c3d4e5f60718");
    parse::<VpcEndpointId>(criterion, "endpoint-id", "vpce-01c87ae3c05563935");
    parse::<RouteTableId>(criterion, "route-table-id", "rtb-0a1b2c3d4e5f60718");
    parse::<PeeringConnectionId>(criterion, "peering-id", "pcx-0a1b2c3d4e5f60718");
    parse::<NetworkInterfaceId>(criterion, "interface-id", "eni-0a1b2c3d4e5f60718");
    parse::<ZoneId>(criterion, "zone-id", "use1-az4");
    parse::<ZoneName>(criterion, "zone-name", "us-east-1a");
    parse::<LinkId>(criterion, "link-id", "team-a.cache-1");
    parse::<AppName>(criterion, "app-name", "privatelink-vpc-endpoint-demo");
    parse::<AddonName>(criterion, "addon-name", "redis-kvs-12345");
    parse::<SpaceName>(criterion, "space-name", "enablement-jp");
    parse::<AttachmentName>(criterion, "attachment-name", "HEROKU_REDIS_GOLD");
    parse::<AddonId>(criterion, "addon-id", "5bbf672c-0000-4000-8000-f1dcb96784db");
    parse::<AddonRef>(criterion, "addon-ref", "demo::redis-kvs-12345");
    parse::<PlanName>(criterion, "plan-name", "heroku-kafka:private-standard-2");
    parse::<DataService>(criterion, "data-service", "heroku-redis");
    parse::<PortRange>(criterion, "port-range", "10000-11000");
    parse::<EndpointServiceName>(
        criterion,
        "endpoint-service-name",
        "com.amazonaws.vpce.us-east-1.vpce-svc-0410a2e25933fe8ec",
    );
    parse::<EndpointState>(criterion, "endpoint-state", "pendingAcceptance");
    parse::<AddonState>(criterion, "addon-state", "provisioned");
    parse::<Cidr>(criterion, "cidr", BLOCK);
    parse::<ConfigVarName>(criterion, "config-var", "REDIS_ENDPOINT_01C87AE3C05563935_URL");
    parse::<ConnectionUrl>(criterion, "url-redis", REDIS);
    parse::<ConnectionUrl>(criterion, "url-postgres", POSTGRES);
    parse::<ConnectionUrl>(criterion, "url-kafka-broker", BROKER);
    let brokers = [10001, 10002, 10003].map(|port| BROKER.replace("10001", &port.to_string()));
    parse::<ConnectionUrl>(criterion, "url-kafka-list", &brokers.join(","));
}

/// The same strings, parsed by the crates that are known for them.
fn peers(criterion: &mut Criterion) {
    let mut peer = |name: &str, parse: fn(&str) -> bool, text: &str| {
        assert!(parse(text), "{text}");
        criterion.bench_function(&format!("peer/{name}"), |bencher| {
            bencher.iter(|| parse(black_box(text)));
        });
    };
    peer("arn", |text| black_box(ResourceName::from_str(text)).is_ok(), ARN);
    peer("principal-arn", |text| black_box(ResourceName::from_str(text)).is_ok(), ARN);
    peer("cidr", |text| black_box(ipnet::Ipv4Net::from_str(text)).is_ok(), BLOCK);
    for (name, text) in
        [("url-redis", REDIS), ("url-postgres", POSTGRES), ("url-kafka-broker", BROKER)]
    {
        peer(name, |text| black_box(Url::parse(text)).is_ok(), text);
    }
}

criterion_group! {
    name = benches;
    // There are many, and each is short.
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = ours, peers
}
criterion_main!(benches);
