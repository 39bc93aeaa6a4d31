//! What a policy is, grants, lacks and becomes.

mod check;
mod document;
mod merge;
mod properties;

use serde::Serialize;
use serde_json::{Value, json};

use super::{KeyPolicy, Parties};
use crate::model::AwsPrincipal;

const OWNER: &str = "111122223333";
const OWNER_ROOT: &str = "arn:aws:iam::111122223333:root";
const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const HEROKU_ROOT: &str = "arn:aws:iam::021876802972:root";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";

/// What the console writes for an administrator, a user of the account and Heroku Data.
const CONSOLE: &str = include_str!("tests/console.json");

fn parties() -> Parties {
    Parties::new(OWNER.parse().unwrap())
}

fn policy(document: &Value) -> KeyPolicy {
    document.to_string().parse().unwrap()
}

fn of_statements<S: Serialize>(statements: &[S]) -> KeyPolicy {
    policy(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn principal(text: &str) -> AwsPrincipal {
    text.parse().unwrap()
}

fn owner_statement() -> Value {
    json!({
        "Effect": "Allow", "Principal": { "AWS": OWNER_ROOT }, "Action": "kms:*", "Resource": "*"
    })
}

/// A statement that lets Heroku Data do these actions, with changes to it.
fn heroku_may(actions: &[&str], changes: Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow", "Principal": { "AWS": HEROKU_ROOT }, "Action": actions, "Resource": "*"
    });
    changed(&mut statement, changes);
    statement
}

fn deny(action: &str, changes: Value) -> Value {
    let mut statement = json!({
        "Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"
    });
    changed(&mut statement, changes);
    statement
}

/// Sets members; null removes one.
fn changed(statement: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else { panic!("no object") };
    for (name, value) in changes {
        statement[name.as_str()] = value;
        if statement[name.as_str()].is_null() {
            statement.as_object_mut().unwrap().remove(&name);
        }
    }
}

fn missing(policy: &KeyPolicy, parties: &Parties) -> Vec<String> {
    policy.missing(parties).iter().map(|it| it.action.to_owned()).collect()
}

fn with(mut statement: Value, changes: Value) -> Value {
    changed(&mut statement, changes);
    statement
}
