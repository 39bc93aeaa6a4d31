//! A connection URL, or what somebody takes for one, in the place of something else: whoever
//! refuses it does not repeat it.

use std::error::Error;
use std::str::FromStr;

use heroku_data_link::addressing::CidrPlan;
use heroku_data_link::encryption::EncryptionSpec;
use heroku_data_link::key_access::KeyAccessSpec;
use heroku_data_link::model::{
    AccountId, AddonId, AddonName, AddonRef, AppId, AppName, Arn, AttachmentName, AwsPrincipal,
    AwsRegion, Cidr, ConfigVarName, ConnectionScheme, ConnectionUrl, DataService,
    EndpointServiceName, HerokuRegion, HostPort, InvalidValue, KeyAlias, KeyArn, KeyId, LinkId,
    NetworkInterfaceId, PeeringConnectionId, PlanName, PortRange, RouteTableId, SecurityGroupId,
    SpaceId, SpaceName, SslMode, SubnetId, TlsMode, VpcEndpointId, VpcId, ZoneId, ZoneName,
};
use heroku_data_link::peering::PeeringSpec;
use heroku_data_link::privatelink::{Client, PrivateLinkSpec};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every part of the passwords below.
const PASSWORD: [&str; 2] = ["hunter2", "tr0ub4dor"];

/// User name and password as they should be written, and as they should not.
const TEXTS: [&str; 20] = [
    "redis://h:hunter2@host:6379",
    "rediss://:hunter2@host",
    "redis://hunter2@host",
    "postgres://u:hunter2@host:5432/db?sslmode=require",
    "redis://h:hunter2?tr0ub4dor@host:6379",
    "redis://h:1?hunter2@host:6379",
    "redis://h:hunter2#tr0ub4dor@host:6379",
    "redis://h:hunter2/tr0ub4dor@host:6379",
    "redis://h:hunter2@tr0ub4dor@host:6379",
    "redis://h:hunter2 tr0ub4dor@host:6379",
    "redis://h:hunter2\ntr0ub4dor@host:6379",
    "redis:h:hunter2@host",
    "//h:hunter2@host",
    "h:hunter2@host",
    "h:hunter2?tr0ub4dor@host:6379",
    "hunter2@host:6379",
    "hunter2:tr0ub4dor@host",
    "redis%3A%2F%2Fh%3Ahunter2%40host",
    "REDIS_URL=redis://h:hunter2@host",
    "arn:hunter2@host",
];

#[track_caller]
fn assert_silent(printed: &str, what: &str) {
    for part in PASSWORD {
        assert!(!printed.contains(part), "{what}: {printed}");
    }
}

#[track_caller]
fn refuses<T: FromStr<Err = InvalidValue>>() {
    let name = std::any::type_name::<T>();
    for text in TEXTS {
        if let Err(error) = text.parse::<T>() {
            assert_silent(&format!("{error} {error:?} {:?}", error.input()), name);
        }
        // Behind what makes a reader of the type expect more of it.
        for prefix in
            ["arn:aws:kms:us-east-1:111122223333:key/", "vpc-", "app::", "alias/", "1.2.3.4/"]
        {
            if let Err(error) = format!("{prefix}{text}").parse::<T>() {
                let printed = format!("{error} {error:?} {:?}", error.input());
                assert_silent(&printed, &format!("{name} of {prefix:?}"));
            }
        }
    }
}

#[test]
fn no_type_repeats_what_may_be_a_password() {
    refuses::<AccountId>();
    refuses::<AddonId>();
    refuses::<AddonName>();
    refuses::<AddonRef>();
    refuses::<AppId>();
    refuses::<AppName>();
    refuses::<Arn>();
    refuses::<AttachmentName>();
    refuses::<AwsPrincipal>();
    refuses::<AwsRegion>();
    refuses::<Cidr>();
    refuses::<Client>();
    refuses::<ConfigVarName>();
    refuses::<ConnectionScheme>();
    refuses::<ConnectionUrl>();
    refuses::<DataService>();
    refuses::<EndpointServiceName>();
    refuses::<HerokuRegion>();
    refuses::<HostPort>();
    refuses::<KeyAlias>();
    refuses::<KeyArn>();
    refuses::<KeyId>();
    refuses::<LinkId>();
    refuses::<NetworkInterfaceId>();
    refuses::<PeeringConnectionId>();
    refuses::<PlanName>();
    refuses::<PortRange>();
    refuses::<RouteTableId>();
    refuses::<SecurityGroupId>();
    refuses::<SpaceId>();
    refuses::<SpaceName>();
    refuses::<SslMode>();
    refuses::<SubnetId>();
    refuses::<TlsMode>();
    refuses::<VpcEndpointId>();
    refuses::<VpcId>();
    refuses::<ZoneId>();
    refuses::<ZoneName>();
}

/// The URL in the place of each value, in the place of each name, and beside them.
fn with_url_everywhere(value: &Value, url: &str) -> Vec<Value> {
    let mut all = vec![url.into(), json!([url]), json!({ url: 1 })];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let with = |changed: Value| {
                    let mut whole = members.clone();
                    whole.insert(name.clone(), changed);
                    Value::Object(whole)
                };
                all.extend(with_url_everywhere(member, url).into_iter().map(with));
            }
            let mut whole = members.clone();
            whole.insert(url.to_owned(), json!(1));
            all.push(Value::Object(whole));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                all.extend(with_url_everywhere(item, url).into_iter().map(|changed| {
                    let mut whole = items.clone();
                    whole[at] = changed;
                    Value::Array(whole)
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

#[track_caller]
fn spec_refuses<T: DeserializeOwned>(whole: &Value) {
    let name = std::any::type_name::<T>();
    serde_json::from_value::<T>(whole.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut refused = 0;
    for text in TEXTS {
        for changed in with_url_everywhere(whole, text) {
            let errors = [
                serde_json::from_value::<T>(changed.clone()).err(),
                serde_json::from_str::<T>(&changed.to_string()).err(),
            ];
            for error in errors.into_iter().flatten() {
                refused += 1;
                assert_silent(&format!("{error} {error:?}"), &format!("{name} from {changed}"));
            }
        }
    }
    assert!(refused > 500, "{name} refuses {refused}");
}

#[test]
fn no_spec_repeats_what_may_be_a_password() {
    spec_refuses::<PrivateLinkSpec>(&json!({
        "link": "demo",
        "addon": "redis-1",
        "app": "app",
        "vpc": "vpc-0a",
        "subnets": { "among": ["subnet-0a"] },
        "principals": { "these": ["123456789012"] },
        "exclusive-principals": false,
        "security-groups": { "owned": { "clients": { "these": ["10.0.0.0/8"] }, "name": "a" } },
        "endpoint": "owned",
        "tags": { "team": "data" },
        "deadlines": {},
    }));
    spec_refuses::<PeeringSpec>(&json!({
        "link": "demo",
        "space": "space",
        "vpc": "vpc-0a",
        "route-tables": { "ids": ["rtb-0a"] },
    }));
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
    spec_refuses::<EncryptionSpec>(&json!({
        "link": "demo",
        "app": "app",
        "plan": "heroku-redis:private-7",
        "addon": "vaulted",
        "deadlines": {},
    }));
    spec_refuses::<KeyAccessSpec>(&json!({ "link": "demo", "key": key, "ending": "disable" }));
    spec_refuses::<CidrPlan>(&json!({
        "spaces": [{ "name": "jp" }],
        "vpcs": [{ "name": "a", "cidrs": ["10.0.0.0/16"] }],
        "reserved": [{ "cidr": "10.8.0.0/16", "reason": "office" }],
        "new-vpcs": [{ "name": "b", "prefix-len": 20 }],
    }));
}

#[test]
fn an_error_of_a_spec_that_holds_no_password_is_as_serde_says_it() {
    let error = serde_json::from_str::<PrivateLinkSpec>("{\n\"link\": 1}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid type: integer `1`, expected a string at line 2 column 9"
    );
    let text = "{\n\"link\": \"a\", \"redis://h:hunter2@host\": 1}";
    let error = serde_json::from_str::<PrivateLinkSpec>(text).unwrap_err();
    let printed = error.to_string();
    assert!(printed.starts_with("unknown field `redis://***@host`, expected one of "), "{printed}");
    assert!(printed.ends_with("at line 2 column 37"), "{printed}");
    assert_eq!((error.line(), error.column()), (2, 37));
}

#[test]
fn the_source_of_a_cidr_plans_error_repeats_no_password() {
    let error = CidrPlan::from_json(r#"{"spaces": "redis://h:hunter2@host"}"#).unwrap_err();
    let source = error.source().unwrap();
    assert_silent(&format!("{error} {error:?} {source}"), "plan");
}
