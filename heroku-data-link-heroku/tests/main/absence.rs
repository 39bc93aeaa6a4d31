//! Who says that something is not there: Heroku, and nobody between here and Heroku.

use heroku_data_link::provider::operation;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::every_call::{CALLS, call};
use crate::support::Heroku;

async fn answered(answer: ResponseTemplate, name: &str, plan: &str) -> Result<String, String> {
    let heroku = Heroku::start().await;
    Mock::given(any()).respond_with(answer).mount(&heroku.server).await;
    call(&heroku.client, name, plan).await
}

/// What takes something for granted is not found; all else has an empty answer.
fn is_needed(name: &str) -> bool {
    [
        operation::READ_ACCOUNT,
        operation::READ_ALL_ADDONS,
        operation::READ_ALL_ATTACHMENTS,
        operation::CREATE_ADDON,
        operation::UNFOLLOW,
        operation::CREATE_ATTACHMENT,
        operation::ACCEPT_PEERING,
        operation::READ_CONFIG_VARS,
        operation::CREATE_PRIVATE_LINK,
    ]
    .contains(&name)
}

#[tokio::test]
async fn a_404_of_a_proxy_is_an_error_and_not_absence() {
    for (name, plan) in CALLS {
        for answer in [
            ResponseTemplate::new(404).set_body_raw("<html>Not Found</html>", "text/html"),
            ResponseTemplate::new(404).set_body_string("404 page not found"),
            ResponseTemplate::new(404).set_body_json(json!("not_found")),
        ] {
            let error = answered(answer, name, plan).await.expect_err(name);
            assert!(error.starts_with("Protocol "), "{name}: {error}");
            assert!(error.contains("a 404 that is not Heroku's"), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn a_404_of_herokus_is_absence() {
    for (name, plan) in CALLS {
        let body = json!({ "id": "not_found", "message": "Couldn't find that." });
        let found = answered(ResponseTemplate::new(404).set_body_json(body), name, plan).await;
        match found {
            Ok(found) => assert!(!is_needed(name) && found.len() < 5, "{name}: {found}"),
            Err(error) => assert!(is_needed(name) && error.starts_with("NotFound "), "{error}"),
        }
    }
}

/// The services behind the add-ons are on record with such; what waits for them has a deadline.
#[tokio::test]
async fn a_404_that_nobody_signs_is_only_waited_for() {
    for (name, plan) in CALLS {
        for answer in
            [ResponseTemplate::new(404), ResponseTemplate::new(404).set_body_json(json!({}))]
        {
            let found = answered(answer, name, plan).await;
            if [operation::READ_READINESS, operation::READ_SERVICE_INFO].contains(&name) {
                assert_eq!(found.as_deref(), Ok("None"), "{name}");
            } else {
                let error = found.expect_err(name);
                assert!(error.starts_with("Protocol "), "{name}: {error}");
            }
        }
    }
}
