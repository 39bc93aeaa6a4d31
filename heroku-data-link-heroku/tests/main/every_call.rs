//! Every call of the client, with an answer as Heroku would give it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

use heroku_data_link::model::{AddonState, Secret};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonOption, Addons, AllAddons, Attachments, ConfigVars, NewAddon,
    NewAttachment, PrivateLinks, ProviderResult, SpacePeerings, Spaces, operation,
};
use heroku_data_link_heroku::Client;
use serde_json::{Value, json};

use crate::support::{ADDON, TOKEN, addon_json};

pub(crate) const FORK: &str = "redis://h:canary-pw@host:1";

/// What a call came to, in all the ways that a program may print it.
pub(crate) type Shown = Result<String, String>;

fn shown<T: Debug>(result: ProviderResult<T>) -> Shown {
    let error = match result {
        Ok(value) => return Ok(format!("{value:?}")),
        Err(error) => error,
    };
    let mut text = format!("{:?}", error.kind());
    let mut next = Some(&error as &dyn std::error::Error);
    while let Some(error) = next {
        write!(text, " {error} {error:?}").unwrap();
        next = error.source();
    }
    Err(text)
}

fn addon(plan: &str) -> Addon {
    Addon {
        id: ADDON.parse().unwrap(),
        name: "acme-store".parse().unwrap(),
        app: "acme-prod".parse().unwrap(),
        plan: plan.parse().unwrap(),
        state: AddonState::Provisioned,
    }
}

fn new_addon() -> NewAddon {
    NewAddon {
        app: "acme-prod".parse().unwrap(),
        plan: "heroku-redis:private-7".parse().unwrap(),
        name: "acme-redis".parse().unwrap(),
        attachment: None,
        options: BTreeMap::from([("fork".to_owned(), AddonOption::Secret(Secret::new(FORK)))]),
        confirm: false,
    }
}

fn new_attachment() -> NewAttachment {
    NewAttachment {
        addon: "acme-redis".parse().unwrap(),
        app: "acme-prod".parse().unwrap(),
        name: Some("REDIS".parse().unwrap()),
        namespace: None,
        replace: false,
    }
}

const REDIS: &str = "heroku-redis:private-7";
const KAFKA: &str = "heroku-kafka:private-0";
const POSTGRES: &str = "heroku-postgresql:private-0";

/// Every call by its name, and by its service where there are several of that name.
pub(crate) const CALLS: [(&str, &str); 23] = [
    (operation::READ_ACCOUNT, ""),
    (operation::RESOLVE_ADDON, ""),
    (operation::READ_ALL_ADDONS, ""),
    (operation::READ_ALL_ATTACHMENTS, ""),
    (operation::CREATE_ADDON, ""),
    (operation::READ_READINESS, REDIS),
    (operation::READ_READINESS, KAFKA),
    (operation::READ_READINESS, POSTGRES),
    (operation::READ_SERVICE_INFO, REDIS),
    (operation::READ_SERVICE_INFO, KAFKA),
    (operation::READ_SERVICE_INFO, POSTGRES),
    (operation::UNFOLLOW, POSTGRES),
    (operation::READ_ATTACHMENTS, ""),
    (operation::CREATE_ATTACHMENT, ""),
    (operation::READ_PEERING_INFO, ""),
    (operation::READ_PEERINGS, ""),
    (operation::ACCEPT_PEERING, ""),
    (operation::READ_APP, ""),
    (operation::READ_SPACE, ""),
    (operation::READ_REGION, ""),
    (operation::READ_CONFIG_VARS, ""),
    (operation::READ_PRIVATE_LINK, ""),
    (operation::CREATE_PRIVATE_LINK, ""),
];

/// Makes one of these calls.
pub(crate) async fn call(client: &Client, name: &str, plan: &str) -> Shown {
    let id = ADDON.parse().unwrap();
    let app = "acme-prod".parse().unwrap();
    let space = "acme-space".parse().unwrap();
    let peering = "pcx-0123456789abcdef0".parse().unwrap();
    let principals = ["123456789012".parse().unwrap()].into();
    match name {
        operation::READ_ACCOUNT => shown(client.account().await),
        operation::RESOLVE_ADDON => shown(client.resolve(None, &"x".parse().unwrap()).await),
        operation::READ_ALL_ADDONS => shown(client.all_addons().await),
        operation::READ_ALL_ATTACHMENTS => shown(client.all_attachments().await),
        operation::CREATE_ADDON => shown(client.create_addon(&new_addon()).await),
        operation::READ_READINESS => shown(client.readiness(&addon(plan)).await),
        operation::READ_SERVICE_INFO => shown(client.service_info(&addon(plan)).await),
        operation::UNFOLLOW => shown(client.unfollow(&addon(plan)).await),
        operation::READ_ATTACHMENTS => shown(client.attachments(&app).await),
        operation::CREATE_ATTACHMENT => shown(client.attach(&new_attachment()).await),
        operation::READ_PEERING_INFO => shown(client.peering_info(&space).await),
        operation::READ_PEERINGS => shown(client.peerings(&space).await),
        operation::ACCEPT_PEERING => shown(client.accept_peering(&space, &peering).await),
        operation::READ_APP => shown(client.app(&app).await),
        operation::READ_SPACE => shown(client.space(&space).await),
        operation::READ_REGION => shown(client.aws_region(&"virginia".parse().unwrap()).await),
        operation::READ_CONFIG_VARS => shown(client.config_vars(&app).await),
        operation::READ_PRIVATE_LINK => shown(client.private_link(&id).await),
        operation::CREATE_PRIVATE_LINK => {
            let made = client.create_private_link(&id, &principals).await;
            let allowed = client.allow(&id, &principals).await;
            let disallowed = client.disallow(&id, &principals).await;
            let deleted = client.delete_private_link(&id).await;
            shown(made.and(allowed).and(disallowed).and(deleted))
        }
        other => panic!("no such call: {other}"),
    }
}

/// A good answer to one of these calls, with every field that is read.
pub(crate) fn answer(name: &str) -> Value {
    let attachment = json!({
        "name": "REDIS",
        "namespace": "credential:reader",
        "addon": { "id": ADDON, "name": "acme-redis" },
        "app": { "name": "acme-prod" },
        "config_vars": ["REDIS_URL"],
    });
    let peering = json!({
        "pcx_id": "pcx-0123456789abcdef0",
        "type": "customer-managed",
        "status": "active",
        "cidr_blocks": ["172.31.0.0/16"],
        "cidr_block": "172.30.0.0/16",
        "aws_vpc_id": "vpc-0fedcba9876543210",
        "aws_region": "us-east-1",
        "aws_account_id": "123456789012",
        "expires": "2026-01-08T12:00:00Z",
    });
    match name {
        operation::READ_ACCOUNT => json!({ "email": "me@example.com" }),
        operation::RESOLVE_ADDON | operation::READ_ALL_ADDONS => json!([addon_json()]),
        operation::READ_ALL_ATTACHMENTS | operation::READ_ATTACHMENTS => json!([attachment]),
        operation::READ_READINESS => json!({ "message": "preparing", "waiting?": true }),
        operation::READ_SERVICE_INFO => json!({
            "customer_encryption_key": "arn:aws:kms:us-east-1:123456789012:key/1",
            "version": ["7.2.8"],
            "postgres_version": "17",
            "state": { "status": "available" },
            "leader": { "name": "old-db" },
            "info": [
                { "name": "Customer Encryption Key", "values": ["arn:aws:kms:x"] },
                { "name": "PG Version", "values": ["17"] },
                { "name": "Status", "values": ["available"] },
                { "name": "Following", "values": ["DATABASE"] },
            ],
        }),
        operation::READ_PEERING_INFO => json!({
            "aws_account_id": "012345678900",
            "aws_region": "us-east-1",
            "vpc_id": "vpc-1234568a",
            "vpc_cidr": "10.0.0.0/16",
            "space_cidr_blocks": ["10.0.128.0/20"],
            "dyno_cidr_blocks": ["10.0.128.0/20"],
            "unavailable_cidr_blocks": ["10.1.0.0/16"],
        }),
        operation::READ_PEERINGS => json!([peering]),
        operation::READ_APP => json!({ "name": "acme-prod", "space": { "name": "acme-space" } }),
        operation::READ_SPACE => json!({
            "id": "0b1c0000-0000-4000-8000-000000000001",
            "name": "acme-space",
            "region": { "name": "virginia" },
            "shield": false,
            "generation": { "name": "cedar" },
        }),
        operation::READ_REGION => json!({ "provider": { "region": "us-east-1" } }),
        operation::READ_CONFIG_VARS => json!({ "REDIS_URL": "rediss://:canary-pw@h:1" }),
        operation::READ_PRIVATE_LINK => json!({
            "status": "Operational",
            "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0abc1234def567890",
            "allowed_accounts": [{
                "account_id": "021876802972",
                "arn": "arn:aws:iam::021876802972:root",
                "status": "Active",
            }, {
                "account_id": "021876802972",
            }],
            "connections": [{
                "endpoint_id": "vpce-0749f2c263ce53c50",
                "hostname": "vpce-0749f2c263ce53c50.vpce.amazonaws.com",
                "owner_arn": "arn:aws:iam::021876802972:root",
                "status": "Available",
            }],
        }),
        _ => json!({}),
    }
}

/// What no text may hold, whatever a server sent.
#[track_caller]
pub(crate) fn assert_fit_to_be_shown(text: &str, what: &str) {
    let start: String = text.chars().take(2000).collect();
    for odd in [TOKEN, "canary", "\u{1b}", "\u{202e}"] {
        assert!(!text.contains(odd), "{what} shows {odd:?}: {start:?}");
    }
    assert!(!text.contains(&"x".repeat(1001)), "{what} is long: {start:?}");
    assert!(text.len() < 20_000, "{what} is long: {start:?}");
}
