//! Time, faults and what is told of the world, under `/__world`.

use heroku_data_link_mock::{ServeOptions, Server, World};
use serde_json::{Value, json};

use crate::support::{Answer, Served};

async fn control(served: &Served, method: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    served.send(method, &format!("/__world{path}"), &[], &body).await
}

#[tokio::test]
async fn time_passes_when_it_is_told_to() {
    let served = Served::new(World::new()).await;
    let before = control(&served, "GET", "", Value::Null).await.json()["now"].as_f64().unwrap();
    let after = control(&served, "POST", "/advance", json!({ "seconds": 600 })).await;
    let passed = after.json()["now"].as_f64().unwrap() - before;
    assert!((passed - 600.0).abs() < 1e-6, "{passed}");
}

#[tokio::test]
async fn at_a_speed_time_passes_by_itself() {
    let options = ServeOptions { speed: 1_000_000, ..ServeOptions::default() };
    let world = World::new();
    let served = Served { server: world.serve_with(options).await.unwrap(), world };
    let now = || async { control(&served, "GET", "", Value::Null).await.json()["now"].as_f64() };
    let (first, second) = (now().await.unwrap(), now().await.unwrap());
    assert!(second > first, "{second} is not after {first}");
    control(&served, "POST", "/speed", json!({ "speed": 0 })).await;
    assert_eq!(now().await, now().await);
}

#[tokio::test]
async fn a_lost_answer_ends_the_connection_after_the_effect() {
    let served = Served::new(World::of_all_procedures()).await;
    let fault = json!({ "on": "heroku:apps/read", "error": "timeout", "when": "after" });
    assert_eq!(control(&served, "POST", "/faults", fault).await.status, 200);
    assert_eq!(served.heroku("GET", "/apps/your-app-name", None).await.status, 0);
    assert_eq!(served.heroku("GET", "/apps/your-app-name", None).await.status, 200);
    let journal = control(&served, "GET", "/journal", Value::Null).await.json();
    assert_eq!(journal.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_that_no_link_makes_fails_as_it_is_told_to() {
    let served = Served::new(World::of_all_procedures()).await;
    for on in [
        "ec2:ModifyVpcPeeringConnectionOptions",
        "ec2:ReplaceRoute",
        "kms:ListAliases",
        "kms:DeleteAlias",
        "kms:DisableKeyRotation",
        "heroku:peerings/delete",
        "heroku:addons/list",
        "heroku:addons/read",
    ] {
        let fault = json!({ "on": on, "error": "transient" });
        assert_eq!(control(&served, "POST", "/faults", fault).await.status, 200, "{on}");
    }
    for status in [500, 200] {
        let answer = served.heroku("GET", "/apps/your-app-name/addons", None).await;
        assert_eq!(answer.status / 100, status / 100, "{answer:?}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let served = Served::new(World::new()).await;
    let refused = [
        ("GET", "/nothing", Value::Null, 404),
        ("GET", "/advance", Value::Null, 405),
        ("POST", "/advance", json!({}), 422),
        ("POST", "/advance", json!({ "seconds": -1 }), 422),
        ("POST", "/speed", json!({ "speed": 1, "unit": "s" }), 422),
        ("POST", "/faults", json!({ "on": "ec2:Nothing", "error": "transient" }), 422),
        ("POST", "/forbid", json!({ "action": "" }), 422),
        ("POST", "/reset", Value::Null, 409),
    ];
    for (method, path, body, status) in refused {
        assert_eq!(control(&served, method, path, body).await.status, status, "{method} {path}");
    }
}

/// The status of what a control route, and what a cloud, answers to these headers.
async fn statuses(served: &Served, path: &str, headers: &[(&str, &str)]) -> [u16; 2] {
    let body = json!({ "seconds": 60 }).to_string();
    let controlled = served.send("POST", path, headers, &body).await;
    if controlled.status != 200 {
        assert!(controlled.json()["message"].as_str().unwrap().contains("control routes"));
    }
    [controlled.status, served.send("GET", "/apps", headers, "").await.status]
}

#[tokio::test]
async fn the_control_routes_obey_this_machine_alone() {
    const ADVANCE: &str = "/__world/advance";
    let served = Served::new(World::new()).await;
    let address = served.server.url().trim_start_matches("http://").to_owned();
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    let with_port = |name: &str| format!("{name}:{port}");
    let known = ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "[::1]"];
    for host in known.into_iter().flat_map(|name| [name.to_owned(), with_port(name)]) {
        assert_eq!(statuses(&served, ADVANCE, &[("host", &host)]).await, [200, 401], "{host}");
        let origin = format!("http://{host}");
        let headers = [("host", &*host), ("origin", &origin)];
        assert_eq!(statuses(&served, ADVANCE, &headers).await, [200, 401], "{origin}");
    }
    let before = served.world.now();
    // What a name of an attacker's resolves to does not show in it.
    let foreign = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#localhost",
        "192.168.1.2",
        "0.0.0.0",
        "[::]",
        "",
    ];
    for host in foreign.into_iter().flat_map(|name| [name.to_owned(), with_port(name)]) {
        let [status, _] = statuses(&served, ADVANCE, &[("host", &host)]).await;
        assert_eq!(status, 403, "{host}");
    }
    let twice = [("host", &*address), ("host", "evil.example")];
    assert_eq!(served.send("POST", ADVANCE, &twice, "").await.status, 403);
    let whole = format!("http://evil.example{ADVANCE}");
    assert_eq!(served.send("POST", &whole, &[], "").await.status, 403);
    // The fallback is a control route, too.
    let nothing = served.send("GET", "/__world/nothing", &[("host", "evil.example")], "").await;
    assert_eq!(nothing.status, 403, "{nothing:?}");
    assert_eq!(served.world.now(), before, "time passed");
}

#[tokio::test]
async fn the_control_routes_obey_no_page_of_another_origin() {
    let served = Served::new(World::new()).await;
    let own = served.server.url();
    let before = served.world.now();
    for origin in [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://localhost:3000",
        &own.replace("http:", "https:"),
        &own.replace("127.0.0.1", "localhost"),
        &format!("{own}.evil.example"),
    ] {
        let [status, _] = statuses(&served, "/__world/advance", &[("origin", origin)]).await;
        assert_eq!(status, 403, "{origin}");
    }
    let twice = [("origin", &*own), ("origin", "https://evil.example")];
    assert_eq!(served.send("POST", "/__world/reset", &twice, "").await.status, 403);
    assert_eq!(served.world.now(), before, "time passed");
}

#[tokio::test]
async fn a_seeded_world_begins_anew() {
    let seeded = Server::of(World::of_all_procedures, ServeOptions::default()).await.unwrap();
    let served = Served { world: seeded.world(), server: seeded };
    assert_eq!(served.heroku("GET", "/apps/your-app-name", None).await.status, 200);
    assert_eq!(served.server.requests().len(), 1);
    assert_eq!(control(&served, "POST", "/reset", Value::Null).await.status, 200);
    assert_eq!(served.server.requests(), []);
    assert_eq!(served.server.world().calls(), 0);
    assert_eq!(served.world.calls(), 1, "the former world is left as it was");
}

#[tokio::test]
async fn who_is_calling_is_in_the_credentials_scope() {
    let served = Served::new(World::new()).await;
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let answer = served.query("sts", form).await;
    assert_eq!(answer.texts("Account"), ["123456789101"], "{answer:?}");
    assert!(answer.header("x-amzn-requestid").is_some(), "{answer:?}");
    let unsigned = served.send("POST", "/", &[], form).await;
    assert_eq!(unsigned.status, 403, "{unsigned:?}");
    assert_eq!(unsigned.texts("Code"), ["MissingAuthenticationToken"]);
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let served = Served::new(World::new()).await;
    let address = served.server.url().trim_start_matches("http://").to_owned();
    drop(served.server);
    tokio::task::yield_now().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let served = Served::new(World::new()).await;
    let long = format!("Action=GetCallerIdentity&Version={}", "x".repeat(200 * 1024));
    let answer = served.query("sts", &long).await;
    assert_eq!(answer.status, 413, "{answer:?}");
}
