//! Spaces and their peerings.

use heroku_data_link::model::{Generation, PeeringConnectionId};
use heroku_data_link_mock::SpaceSpec;
use serde_json::{Value, json};

use super::{SDK, has_fields, refused, secs, served};
use crate::support::Served;

const PEERINGS: &str = "/spaces/enablement-jp/peerings";
const DOGWOOD: (&str, &str) = ("accept", "application/vnd.heroku+json; version=3.dogwood");

/// A request that Heroku lists.
async fn request(served: &Served) -> PeeringConnectionId {
    let space_vpc = served.world.space_vpc(&"enablement-jp".parse().unwrap()).unwrap();
    let vpc = "vpc-0cb1a66017eed9372".parse().unwrap();
    let id = served.world.add_peering_request(&vpc, &space_vpc, &[]).unwrap();
    assert_eq!(served.read(PEERINGS).await.as_array().unwrap().len(), 1, "not listed yet");
    served.world.advance(secs(130));
    id
}

#[tokio::test]
async fn a_space_is_read_by_name_and_by_id() {
    let served = served().await;
    let space = served.read("/spaces/enablement-jp").await;
    has_fields(
        &space,
        &[
            "cidr",
            "created_at",
            "data_cidr",
            "generation",
            "id",
            "name",
            "organization",
            "region",
            "shield",
            "state",
            "team",
            "updated_at",
        ],
    );
    assert_eq!(
        (&space["cidr"], &space["data_cidr"]),
        (&json!("10.0.0.0/16"), &json!("10.1.0.0/16"))
    );
    assert_eq!((&space["state"], &space["shield"]), (&json!("allocated"), &json!(false)));
    has_fields(&space["region"], &["id", "name"]);
    let id = space["id"].as_str().unwrap();
    assert_eq!(served.read(&format!("/spaces/{id}")).await, space);
    let extra = [SDK, ("accept-expansion", "region")];
    let full = served.read_with("/spaces/enablement-jp", &extra).await;
    assert_eq!(full["region"]["description"], "Tokyo, Japan");
    assert_eq!(served.column("/spaces", "name").await.len(), 2);
    let nat = served.read("/spaces/enablement-jp/nat").await;
    assert_eq!((&nat["state"], nat["sources"].as_array().unwrap().len()), (&json!("enabled"), 2));
    for rest in ["", "/nat", "/peering-info", "/peerings", "/peerings/pcx-1"] {
        let answer = served.get(&format!("/spaces/nowhere{rest}")).await;
        refused(&answer, 404, "not_found");
        assert_eq!(answer.json()["resource"], "space");
    }
}

#[tokio::test]
async fn peering_info_is_as_in_the_procedure() {
    let served = served().await;
    let info = served.read("/spaces/enablement-jp/peering-info").await;
    let blocks = json!(["10.0.144.0/20", "10.0.128.0/20", "10.0.0.0/20", "10.0.16.0/20"]);
    assert_eq!(
        info,
        json!({
            "aws_account_id": "012345678900",
            "aws_region": "ap-northeast-1",
            "dyno_cidr_blocks": blocks,
            "space_cidr_blocks": blocks,
            "unavailable_cidr_blocks": ["10.1.0.0/16"],
            "vpc_cidr": "10.0.0.0/16",
            "vpc_id": "vpc-b39527d4",
        })
    );
    let old = SpaceSpec::new("old", "virginia").without_vpc_details();
    served.world.add_space_of(&old).unwrap();
    let info = served.read("/spaces/old/peering-info").await;
    assert_eq!((info.get("vpc_id"), &info["vpc_cidr"]), (None, &json!("10.0.0.0/16")));
}

#[tokio::test]
async fn a_peering_is_accepted_as_in_the_procedure() {
    let served = served().await;
    let id = request(&served).await;
    let rows = served.read(PEERINGS).await;
    assert_eq!(
        rows,
        json!([
            {
                "aws_account_id": "",
                "aws_region": "us-east-1",
                "aws_vpc_id": "vpc-0cb1a66017eed9372",
                "cidr_blocks": ["172.16.0.0/16"],
                "expires": "2026-01-08T00:00:00Z",
                "pcx_id": "pcx-01f31cfb89521de9c",
                "status": "pending-acceptance",
                "type": "unknown",
            },
            {
                "aws_account_id": "******",
                "aws_region": "******",
                "aws_vpc_id": "******",
                "cidr_blocks": ["10.1.0.0/16"],
                "pcx_id": "******",
                "status": "active",
                "type": "heroku-managed",
            },
        ])
    );
    let body = json!({ "pcx_id": id });
    let accepted = served.ask("POST", PEERINGS, &[DOGWOOD], body.clone()).await;
    assert_eq!((accepted.status, &accepted.json()["status"]), (202, &json!("provisioning")));
    refused(&served.ask("POST", PEERINGS, &[DOGWOOD], body).await, 409, "conflict");
    served.world.advance(secs(180));
    let row = served.read(&format!("{PEERINGS}/{id}")).await;
    assert_eq!((&row["status"], &row["type"]), (&json!("active"), &json!("customer-managed")));
    assert_eq!((&row["aws_account_id"], row.get("expires")), (&json!("435886841536"), None));
}

#[tokio::test]
async fn the_two_forms_of_accepting_are_of_different_variants() {
    let served = served().await;
    let id = request(&served).await;
    let (accept, body) = (format!("{PEERINGS}/{id}/actions/accept"), json!({ "pcx_id": id }));
    for variant in [DOGWOOD, SDK] {
        refused(&served.ask("POST", &accept, &[variant], Value::Null).await, 404, "not_found");
    }
    refused(&served.ask("POST", PEERINGS, &[], body).await, 404, "not_found");
    let row = served.ask("GET", &format!("{PEERINGS}/{id}"), &[SDK], Value::Null).await;
    refused(&row, 404, "not_found");
    let (status, accepted) = served.change("POST", &accept, Value::Null).await;
    assert_eq!((status, &accepted["pcx_id"]), (202, &json!(id)));
    for unknown in ["pcx-0123", "******", "x"] {
        let path = format!("{PEERINGS}/{unknown}/actions/accept");
        refused(&served.ask("POST", &path, &[], Value::Null).await, 404, "not_found");
        let body = json!({ "pcx_id": unknown });
        refused(&served.ask("POST", PEERINGS, &[DOGWOOD], body).await, 404, "not_found");
        refused(&served.get(&format!("{PEERINGS}/{unknown}")).await, 404, "not_found");
    }
    refused(&served.ask("POST", PEERINGS, &[DOGWOOD], json!({})).await, 422, "invalid_params");
}

#[tokio::test]
async fn a_peering_is_deleted() {
    let served = served().await;
    let id = request(&served).await;
    let path = format!("{PEERINGS}/{id}");
    let (status, row) = served.change("DELETE", &path, Value::Null).await;
    assert_eq!((status, &row["status"]), (202, &json!("rejected")));
    let again = served.change("DELETE", &path, Value::Null).await;
    assert_eq!(again.0, 202, "it is still listed");
    served.world.advance(secs(3 * 24 * 60 * 60));
    refused(&served.ask("DELETE", &path, &[], Value::Null).await, 404, "not_found");
    for unknown in ["pcx-0123", "******"] {
        let path = format!("{PEERINGS}/{unknown}");
        refused(&served.ask("DELETE", &path, &[], Value::Null).await, 404, "not_found");
    }
}

#[tokio::test]
async fn a_space_of_fir_has_no_peerings() {
    let served = served().await;
    let fir = SpaceSpec::new("fir-1", "dublin").of_generation(Generation::Fir);
    served.world.add_space_of(&fir).unwrap();
    let space = served.read_with("/spaces/fir-1", &[SDK]).await;
    assert_eq!((&space["generation"], &space["cidr"]), (&json!("fir"), &Value::Null));
    assert_eq!(served.read("/spaces/fir-1/nat").await["state"], "disabled");
    refused(&served.get("/spaces/fir-1/peering-info").await, 404, "not_found");
    assert_eq!(served.read("/spaces/fir-1/peerings").await, json!([]));
    let accept =
        served.ask("POST", "/spaces/fir-1/peerings/pcx-1/actions/accept", &[], Value::Null);
    refused(&accept.await, 422, "invalid_params");
    let delete = served.ask("DELETE", "/spaces/fir-1/peerings/pcx-1", &[], Value::Null);
    refused(&delete.await, 422, "invalid_params");
}
