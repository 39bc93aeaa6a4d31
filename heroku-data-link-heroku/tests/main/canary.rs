//! A server that puts what must not be shown into every text there is.

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::every_call::{CALLS, FORK, answer, assert_fit_to_be_shown, call};
use crate::support::{Heroku, TOKEN};

/// Texts of a server that means no good. The first ones would pass as names.
fn odd_texts() -> Vec<String> {
    let url = "postgres://u:canary-pw@host";
    let long = format!("{TOKEN} {url} \u{1b}[31m \u{202e} {}", "x".repeat(3000));
    vec![TOKEN.to_owned(), url.to_owned(), format!("a{TOKEN}"), "x".repeat(3000), long]
}

/// The value with one of its texts replaced, for each of them.
fn with_each_text_replaced(value: &Value, odd: &str) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::String(_) => found.push(odd.into()),
        Value::Array(values) => {
            for (at, item) in values.iter().enumerate() {
                for replaced in with_each_text_replaced(item, odd) {
                    let mut values = values.clone();
                    values[at] = replaced;
                    found.push(values.into());
                }
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                for replaced in with_each_text_replaced(item, odd) {
                    let mut fields = fields.clone();
                    fields[name] = replaced;
                    found.push(fields.into());
                }
                // A value of another kind, under a name that the path of an error may repeat.
                let mut fields = fields.clone();
                fields[name] = json!({ odd: { odd: odd } });
                found.push(fields.into());
            }
            let mut fields = fields.clone();
            fields.insert(odd.to_owned(), odd.into());
            found.push(fields.into());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    found
}

/// Answers everything like this from now on.
async fn answers(heroku: &Heroku, answer: ResponseTemplate) {
    heroku.server.reset().await;
    Mock::given(any()).respond_with(answer).mount(&heroku.server).await;
}

#[tokio::test]
async fn nothing_that_was_read_shows_what_a_server_put_into_its_texts() {
    let heroku = Heroku::start().await;
    let mut answered = 0;
    // Those of one name read the same fields.
    let others = |plan: &str| plan.contains("kafka") || plan.contains("postgres");
    for (name, plan) in CALLS.into_iter().filter(|(_, plan)| !others(plan)) {
        for odd in odd_texts() {
            for body in with_each_text_replaced(&answer(name), &odd) {
                answers(&heroku, ResponseTemplate::new(200).set_body_json(&body)).await;
                let shown = call(&heroku.client, name, plan).await;
                let (Ok(text) | Err(text)) = &shown;
                assert_fit_to_be_shown(text, name);
                answered += 1;
            }
        }
        answers(&heroku, ResponseTemplate::new(200).set_body_json(answer(name))).await;
        let shown = call(&heroku.client, name, plan).await;
        assert!(shown.is_ok(), "{name}: {shown:?}");
    }
    println!("{answered} answers");
}

#[tokio::test]
async fn no_failure_shows_what_a_server_put_into_it() {
    let heroku = Heroku::start().await;
    let megabytes = format!("{TOKEN} {FORK} canary-pw\u{1b}\u{202e}{}", "x".repeat(3 << 20));
    for (name, plan) in CALLS {
        for status in [400, 401, 404, 410, 422, 423, 429, 503] {
            // Only what makes an add-on has sent a password, and can tell it from other words.
            let word = if name == "heroku:addons/create" { "canary-pw" } else { "" };
            let text = format!("No {TOKEN}, {FORK}, {word}\u{1b}[2J\u{202e} {}", "x".repeat(9000));
            let answer = ResponseTemplate::new(status)
                .insert_header("request-id", TOKEN)
                .insert_header("retry-after", TOKEN)
                .set_body_json(json!({ "id": text, "message": text, "resource": text }));
            answers(&heroku, answer).await;
            let client = crate::support::client_of(&heroku.server.uri());
            let shown = call(&client, name, plan).await;
            let (Ok(text) | Err(text)) = &shown;
            assert_fit_to_be_shown(text, name);
        }
        for answer in [
            ResponseTemplate::new(200).set_body_string(format!("{{\"{megabytes}")),
            ResponseTemplate::new(404).set_body_string(&megabytes),
            ResponseTemplate::new(302).insert_header("location", format!("http://{TOKEN}/")),
        ] {
            answers(&heroku, answer).await;
            let shown = call(&heroku.client, name, plan).await;
            let (Ok(text) | Err(text)) = &shown;
            assert_fit_to_be_shown(text, name);
        }
    }
}

#[tokio::test]
async fn what_a_service_says_of_itself_is_filtered() {
    let heroku = Heroku::start().await;
    let text = format!("wait {TOKEN}\n{FORK}\u{1b}[31m\u{202e}{}", "x".repeat(3 << 20));
    for body in [
        json!({ "message": text, "waiting?": true }),
        json!({ "message": text, "waiting?": false }),
        json!({ "message": text, "waiting?": true, "error?": true }),
    ] {
        answers(&heroku, ResponseTemplate::new(200).set_body_json(body)).await;
        let name = heroku_data_link::provider::operation::READ_READINESS;
        let shown = call(&heroku.client, name, "heroku-redis:private-7").await.unwrap();
        assert_fit_to_be_shown(&shown, name);
        assert!(shown.contains(r"wait *** redis://***@host:1\\u{1b}[31m\\u{202e}xxx"), "{shown}");
    }
}
