//! A client as the official CLI would be in an environment.

use heroku_data_link::provider::{AllAddons, PrivateLinks, SpacePeerings, Spaces};
use heroku_data_link_heroku::{BuildError, Client, Environment, Platform, Source};
use serde_json::json;

use crate::support::{ADDON, Heroku, TOKEN, V3, addon_json, assert_sent};

fn environment(heroku: &Heroku) -> Environment {
    Environment::empty(Platform::Linux)
        .with_var("HEROKU_HOST", heroku.server.uri())
        .with_var("HEROKU_API_KEY", TOKEN)
}

/// One server speaks both APIs, and an inspection of an app asks only to read.
#[tokio::test]
async fn everything_is_read_from_one_local_server() {
    let heroku = Heroku::start().await;
    let space = json!({ "name": "acme-space", "shield": false });
    let app = json!({ "name": "acme-prod", "space": space });
    let link = format!("/private-link/v0/databases/{ADDON}");
    heroku.on("GET", "/account", 200, json!({ "email": "me@example.com" })).await;
    heroku.on("GET", "/apps/acme-prod", 200, app).await;
    heroku.on("GET", "/addons", 200, json!([addon_json()])).await;
    heroku.on("GET", &link, 404, json!({ "id": "not_found" })).await;
    heroku.on("GET", "/spaces/acme-space/peerings", 200, json!([])).await;

    let client = Client::from_environment(&environment(&heroku)).unwrap();
    assert_eq!(client.token().source(), &Source::Variable);
    let name = "acme-prod".parse().unwrap();
    assert_eq!(client.account().await.unwrap(), "me@example.com");
    let space = client.app(&name).await.unwrap().unwrap().space.unwrap();
    let addons = client.all_addons().await.unwrap().addons;
    assert_eq!(client.private_link(&addons[0].id).await.unwrap(), None);
    assert_eq!(client.peerings(&space).await.unwrap(), []);
    let requests = heroku.requests().await;
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| request.method.as_str() == "GET"));
    assert_sent(&requests[0], "GET", "/account", &[V3], None);
    assert_sent(&requests[3], "GET", &link, &[V3], None);
}

#[tokio::test]
async fn the_token_of_netrc_is_that_of_the_host() {
    let heroku = Heroku::with("GET", "/account", 200, json!({ "email": "me@example.com" })).await;
    let home = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("netrc-of-the-host");
    std::fs::create_dir_all(&home).unwrap();
    let netrc = format!("machine api.heroku.com password no machine 127.0.0.1 password {TOKEN}");
    std::fs::write(home.join(".netrc"), netrc).unwrap();
    let environment = Environment::empty(Platform::Linux)
        .with_var("HEROKU_HOST", heroku.server.uri())
        .with_home(&home);
    let client = Client::from_environment(&environment).unwrap();
    assert_eq!(client.token().source(), &Source::Netrc(home.join(".netrc")));
    client.account().await.unwrap();
    assert_sent(&heroku.request().await, "GET", "/account", &[V3], None);
}

#[test]
fn what_is_missing_or_refused_is_said_without_the_token() {
    let empty = || Environment::empty(Platform::Linux);
    let elsewhere = empty().with_var("HEROKU_API_KEY", TOKEN).with_var("HEROKU_HOST", "evil.org");
    let error = Client::from_environment(&elsewhere).unwrap_err();
    assert!(matches!(error, BuildError::Host(_)), "{error}");
    assert!(error.to_string().starts_with("HEROKU_HOST=\"evil.org\" is refused: "), "{error}");
    assert!(!format!("{error} {error:?}").contains(TOKEN));
    let two_lines = empty().with_var("HEROKU_API_KEY", format!("{TOKEN}\nHost: evil.org"));
    for environment in [empty(), two_lines] {
        let error = Client::from_environment(&environment).unwrap_err();
        assert!(matches!(error, BuildError::Token(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains(TOKEN));
    }
}
