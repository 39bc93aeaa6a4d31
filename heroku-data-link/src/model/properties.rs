//! What holds for every type: no text makes a parser panic, and what it takes, it gives back, and
//! its schema allows.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::testing::{Model, pattern};
use super::*;

/// Texts that are nearly right find more than random ones: an example with up to three
/// characters replaced, added or removed.
fn near(examples: &'static [&'static str]) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        select("aZ019-_.:/@%,?#*+[] =\u{7f}é名".chars().collect::<Vec<_>>()),
        any::<char>(),
    ];
    let edit = (any::<Index>(), 0..3_u8, character);
    (select(examples), prop::collection::vec(edit, 0..=3)).prop_map(|(example, edits)| {
        let mut text: Vec<char> = example.chars().collect();
        for (at, kind, character) in edits {
            let at = at.index(text.len() + 1);
            if kind > 0 && at < text.len() {
                text.remove(at);
            }
            if kind < 2 {
                text.insert(at, character);
            }
        }
        text.into_iter().collect()
    })
}

fn survives<T: Model>(examples: &'static [&'static str]) {
    for example in examples {
        example.parse::<T>().unwrap();
    }
    let pattern = pattern::<T>();
    proptest!(|(text in prop_oneof![4 => near(examples), 1 => any::<String>()])| {
        match text.parse::<T>() {
            Err(error) => prop_assert!(!error.rule().is_empty()),
            Ok(value) => {
                prop_assert!(pattern.as_ref().is_none_or(|it| it.is_match(&text)), "{:?}", pattern);
                let again = value.to_string().parse::<T>();
                prop_assert_eq!(again, Ok(value.clone()));
                let json = serde_json::to_string(&value).unwrap();
                prop_assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
            }
        }
    });
}

macro_rules! survive {
    ($($test:ident: $name:ident, $($example:literal),+;)+) => {
        $(
            #[test]
            fn $test() {
                survives::<$name>(&[$($example),+]);
            }
        )+
    };
}

survive! {
    account_id: AccountId, "123456789012", "021876802972";
    addon_id: AddonId, "01234567-89ab-cdef-0123-456789abcdef";
    addon_name: AddonName, "redis-haiku-12345";
    addon_ref: AddonRef, "app::REDIS_URL", "x::01234567-89AB-cdef-0123-456789abcdef", "REDIS";
    app_id: AppId, "01234567-89AB-CDEF-0123-456789abcdef";
    app_name: AppName, "my-app";
    arn: Arn, "arn:aws:kms:us-east-1:123456789012:key/1234abcd", "arn:aws:s3:::bucket";
    attachment_name: AttachmentName, "HEROKU_REDIS_BLUE";
    aws_principal: AwsPrincipal, "123456789012", "123456789012:role/a/b",
        "arn:aws-us-gov:iam::123456789012:user/x,y", "arn:aws:iam::123456789012:root";
    aws_region: AwsRegion, "us-east-1", "us-gov-west-1";
    cidr: Cidr, "10.1.0.0/16", "0.0.0.0/0", "255.255.255.255/32";
    config_var_name: ConfigVarName, "REDIS_ENDPOINT_01C87AE3C05563935_URL";
    endpoint_service_name: EndpointServiceName,
        "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    heroku_region: HerokuRegion, "virginia", "us";
    host_port: HostPort, "host.example:6379", "[2001:db8::1]:1", "10.0.0.1:65535", "0x7f.1:80";
    key_alias: KeyAlias, "alias/heroku-data";
    key_arn: KeyArn, "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    link_id: LinkId, "orders.kvs_1-a";
    network_interface_id: NetworkInterfaceId, "eni-0123456789abcdef0";
    option_name: OptionName, "encryption-key";
    peering_connection_id: PeeringConnectionId, "pcx-0123456789abcdef0";
    plan_name: PlanName, "heroku-redis:private-3";
    port_range: PortRange, "6379", "10000-11000", "1-65535";
    prefix_list_id: PrefixListId, "pl-63a5400a";
    route_table_id: RouteTableId, "rtb-0123456789abcdef0";
    security_group_id: SecurityGroupId, "sg-0123456789abcdef0";
    space_id: SpaceId, "01234567-89ab-cdef-0123-456789abcdef";
    space_name: SpaceName, "3-blue-spaces";
    subnet_id: SubnetId, "subnet-0123456789abcdef0";
    vpc_endpoint_id: VpcEndpointId, "vpce-01c87ae3c05563935";
    vpc_id: VpcId, "vpc-0123456789abcdef0";
    zone_id: ZoneId, "use1-az4", "use1-wl1-bos-wlz1";
    zone_name: ZoneName, "us-east-1a", "us-east-1-wl1-bos-wlz-1";
}

/// Names that look like an endpoint's variable, and names that nearly do.
fn variable() -> impl Strategy<Value = String> {
    let word = select(vec![
        "REDIS",
        "_ENDPOINT_",
        "_ENDPOINT",
        "ENDPOINT_",
        "_",
        "01C87AE3C05563935",
        "01c87ae3c05563935",
        "URL",
        "PGBOUNCER_URL",
        "x",
    ]);
    let words = prop::collection::vec(word, 0..8).prop_map(|words| words.concat());
    prop_oneof![4 => words, 1 => "[A-Za-z0-9_]{0,40}", 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_variable_is_scanned(text in variable()) {
        let endpoint: VpcEndpointId = "vpce-01c87ae3c05563935".parse().unwrap();
        if let Ok(name) = text.parse::<ConfigVarName>() {
            let parts = name.endpoint_parts();
            let infix = parts.map(|it| it.infix().to_ascii_lowercase());
            prop_assert_eq!(name.belongs_to(&endpoint), infix.as_deref() == Some(endpoint.digits()));
            if let Some(it) = parts {
                prop_assert!(!it.infix().contains('_'));
                let again = [it.attachment(), "_ENDPOINT_", it.infix(), "_", it.suffix()].concat();
                prop_assert_eq!(again, text);
            }
        }
    }

    #[test]
    fn a_variable_made_for_an_endpoint_belongs_to_it(
        attachment in "[A-Z]([A-Z0-9]|_|_ENDPOINT|_ENDPOINT_){0,6}",
        digits in "[0-9a-f]{8,17}",
        suffix in select(vec!["URL", "PGBOUNCER_URL"]),
    ) {
        let endpoint: VpcEndpointId = format!("vpce-{digits}").parse().unwrap();
        if let Ok(attachment) = attachment.parse::<AttachmentName>() {
            let name = ConfigVarName::for_endpoint(&attachment, &endpoint, suffix).unwrap();
            prop_assert!(name.belongs_to(&endpoint), "{}", name);
            let parts = name.endpoint_parts().unwrap();
            prop_assert_eq!((parts.attachment(), parts.suffix()), (attachment.as_str(), suffix));
        }
    }
}

/// What a type takes, its neighbours must not: a mistake that no test of one type can see.
#[test]
fn no_id_is_taken_for_another() {
    let ids =
        ["vpc-1", "vpce-1", "vpce-svc-1", "subnet-1", "sg-1", "sgr-1", "rtb-1", "pcx-1", "eni-1"];
    let takers = |id: &str| -> usize {
        [
            id.parse::<VpcId>().is_ok(),
            id.parse::<SubnetId>().is_ok(),
            id.parse::<SecurityGroupId>().is_ok(),
            id.parse::<RouteTableId>().is_ok(),
            id.parse::<VpcEndpointId>().is_ok(),
            id.parse::<PeeringConnectionId>().is_ok(),
            id.parse::<NetworkInterfaceId>().is_ok(),
        ]
        .into_iter()
        .filter(|taken| *taken)
        .count()
    };
    for id in ids {
        let expected = usize::from(!matches!(id, "vpce-svc-1" | "sgr-1"));
        assert_eq!(takers(id), expected, "{id}");
    }
}
