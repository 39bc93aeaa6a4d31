//! Peerings of spaces.

use heroku_data_link::model::{PeeringStatus, PeeringType};
use heroku_data_link::provider::{ErrorKind, SpacePeerings};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{Heroku, V3, assert_sent};

const PEERINGS: &str = "/spaces/acme-space/peerings";
const ACCEPT: &str = "/spaces/acme-space/peerings/pcx-0123456789abcdef0/actions/accept";
const DOGWOOD: (&str, &str) = ("accept", "application/vnd.heroku+json; version=3.dogwood");

fn peering(kind: &str, status: &str) -> Value {
    json!({
        "pcx_id": "pcx-0123456789abcdef0",
        "type": kind,
        "status": status,
        "cidr_blocks": ["172.31.0.0/16"],
        "aws_vpc_id": "vpc-0fedcba9876543210",
        "aws_region": "us-west-2",
        "aws_account_id": "012345678910",
    })
}

#[tokio::test]
async fn info() {
    let path = "/spaces/acme-space/peering-info";
    let body = json!({
        "aws_account_id": "012345678900",
        "aws_region": "us-east-1",
        "vpc_id": "vpc-1234568a",
        "vpc_cidr": "10.0.0.0/16",
        "dyno_cidr_blocks": ["10.0.128.0/20"],
        "space_cidr_blocks": ["10.0.144.0/20", "10.0.128.0/20"],
        "unavailable_cidr_blocks": ["10.1.0.0/16", "172.17.0.0/16"],
    });
    let heroku = Heroku::with("GET", path, 200, body.clone()).await;
    let space = "acme-space".parse().unwrap();
    let info = heroku.client.peering_info(&space).await.unwrap().unwrap();
    assert_sent(&heroku.request().await, "GET", path, &[V3], None);
    assert_eq!(info.account.unwrap().as_str(), "012345678900");
    assert_eq!(info.region.unwrap().as_str(), "us-east-1");
    assert_eq!(info.vpc.unwrap().as_str(), "vpc-1234568a");
    assert_eq!(info.vpc_cidr.unwrap().to_string(), "10.0.0.0/16");
    assert_eq!(info.space_cidrs.to_string(), "10.0.128.0/20, 10.0.144.0/20");
    assert_eq!(info.unavailable_cidrs.len(), 2);

    let mut old = body;
    old["space_cidr_blocks"] = json!(null);
    old["aws_account_id"] = json!("");
    let heroku = Heroku::with("GET", path, 200, old).await;
    let info = heroku.client.peering_info(&space).await.unwrap().unwrap();
    assert_eq!(info.space_cidrs.to_string(), "10.0.128.0/20");
    assert_eq!(info.account, None);

    let heroku = Heroku::with("GET", path, 200, json!({})).await;
    assert_eq!(heroku.client.peering_info(&space).await.unwrap(), Some(<_>::default()));
    let heroku = Heroku::with("GET", path, 404, json!({ "id": "not_found" })).await;
    assert_eq!(heroku.client.peering_info(&space).await.unwrap(), None);
}

#[tokio::test]
async fn the_list_shows_pending_and_foreign_rows() {
    let mut pending = peering("unknown", "pending-acceptance");
    pending["aws_account_id"] = json!("");
    pending["expires"] = json!("2026-01-08T12:00:00Z");
    let older = json!({ "pcx_id": "pcx-2", "cidr_block": "10.2.0.0/16", "expires": 7, "type": 7 });
    let body = json!([
        pending,
        peering("heroku-managed", "active"),
        older,
        peering("slowdb", "mending"),
        masked()
    ]);
    let heroku = Heroku::with("GET", PEERINGS, 200, body).await;
    let found = heroku.client.peerings(&"acme-space".parse().unwrap()).await.unwrap();
    assert_sent(&heroku.request().await, "GET", PEERINGS, &[V3], None);
    assert_eq!(found.len(), 5);
    assert_eq!(found[0].kind, PeeringType::Unknown);
    assert_eq!(found[0].status, PeeringStatus::PendingAcceptance);
    assert_eq!(found[0].account, None);
    assert_eq!(found[0].expires.as_deref(), Some("2026-01-08T12:00:00Z"));
    assert_eq!(found[1].kind, PeeringType::HerokuManaged);
    assert_eq!(found[1].account.as_ref().unwrap().as_str(), "012345678910");
    assert_eq!(found[2].cidrs.to_string(), "10.2.0.0/16");
    assert_eq!(found[2].status, PeeringStatus::Other(String::new()));
    assert_eq!(found[3].kind, PeeringType::Other("slowdb".to_owned()));
    assert_eq!(found[0].id, "pcx-0123456789abcdef0".parse().ok());
    assert_eq!(found[4].id, None);
}

/// The row of Heroku's own peering to its data services.
fn masked() -> Value {
    let mut row = peering("heroku-managed", "active");
    for field in ["pcx_id", "aws_vpc_id", "aws_region", "aws_account_id"] {
        row[field] = json!("******");
    }
    row
}

#[tokio::test]
async fn a_space_that_has_only_herokus_own_peering_is_read() {
    let heroku = Heroku::with("GET", PEERINGS, 200, json!([masked()])).await;
    let [own] =
        heroku.client.peerings(&"acme-space".parse().unwrap()).await.unwrap().try_into().unwrap();
    assert_eq!((own.kind, own.status), (PeeringType::HerokuManaged, PeeringStatus::Active));
    assert_eq!((own.id, own.vpc, own.region, own.account), (None, None, None, None));
    assert_eq!(own.cidrs.to_string(), "172.31.0.0/16");
}

#[tokio::test]
async fn accepting_in_the_documented_form() {
    let heroku = Heroku::start().await;
    heroku.answers("POST", ACCEPT, ResponseTemplate::new(202)).await;
    let (space, id) = ("acme-space".parse().unwrap(), "pcx-0123456789abcdef0".parse().unwrap());
    heroku.client.accept_peering(&space, &id).await.unwrap();
    assert_sent(&heroku.request().await, "POST", ACCEPT, &[V3], None);
}

#[tokio::test]
async fn accepting_in_the_form_of_the_cli_where_the_other_is_unknown() {
    let (space, id) = ("acme-space".parse().unwrap(), "pcx-0123456789abcdef0".parse().unwrap());
    for status in [404, 405, 406] {
        let unknown = json!({ "id": "not_found" });
        let heroku = Heroku::with("POST", ACCEPT, status, unknown).await;
        heroku.answers("POST", PEERINGS, ResponseTemplate::new(202)).await;
        heroku.client.accept_peering(&space, &id).await.unwrap();
        let body = json!({ "pcx_id": "pcx-0123456789abcdef0" });
        assert_sent(&heroku.requests().await[1], "POST", PEERINGS, &[DOGWOOD], Some(&body));
    }
    let heroku = Heroku::with("POST", ACCEPT, 404, json!({ "id": "not_found" })).await;
    heroku
        .on("POST", PEERINGS, 404, json!({ "id": "not_found", "message": "No such peering." }))
        .await;
    let error = heroku.client.accept_peering(&space, &id).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);

    let heroku = Heroku::with("POST", ACCEPT, 422, json!({ "message": "Not pending." })).await;
    let error = heroku.client.accept_peering(&space, &id).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    heroku.request().await;
}
