//! Postgres, pooled or not: start-up, authentication, `SELECT 1`.

mod login;

use std::pin::pin;

use futures_util::future::{Either, select};
use heroku_data_link::model::ConnectionUrl;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

use login::Screened;

use super::Trouble;
use crate::failure::{Code, HelloFailure};
use crate::wire::{Seen, Wire};

const QUERY: &str = "SELECT 1";

const STARTING_OR_STOPPING: [SqlState; 3] =
    [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];

/// A password is sent in clear text only to a server that `is_known`.
pub(super) async fn hello(
    url: &ConnectionUrl,
    wire: Wire,
    seen: &Seen,
    is_known: bool,
) -> Result<(), Trouble> {
    let mut config = Config::new();
    // TLS is there already, and the client shall not ask for it once more.
    config.ssl_mode(SslMode::Disable).application_name("heroku-data-link-probe");
    match url.user() {
        Some(user) => config.user(user),
        // The client would take the name of whoever runs the probe.
        None => return Err(Trouble::Told(HelloFailure::NotAuthorized)),
    };
    if let Some(password) = url.password() {
        config.password(password.expose());
    }
    if let Some(database) = url.database() {
        config.dbname(database);
    }
    // Without a password there is nothing to send.
    let (wire, refused) = Screened::new(wire, is_known || url.password().is_none());
    let connected = config.connect_raw(wire, NoTls).await;
    let (client, connection) = connected.map_err(|error| match (told(&error), refused.why()) {
        (Trouble::Broken, Some(failure)) => Trouble::Told(failure),
        // The client refuses to go on, and the server is still there.
        (Trouble::Broken, None) if url.password().is_none() && !seen.has_ended() => {
            Trouble::Told(HelloFailure::NoPassword)
        }
        (other, _) => other,
    })?;
    let mut connection = pin!(connection);
    let asked = match select(pin!(ask(&client)), &mut connection).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => return answer.await,
    };
    // Says good-bye, so that the server's log has no complaint. It waits for no answer.
    drop(client);
    let _ = connection.await;
    asked
}

async fn ask(client: &Client) -> Result<(), Trouble> {
    let rows = client.simple_query(QUERY).await.map_err(|error| told(&error))?;
    let is_one = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten() == Some("1"),
        _ => false,
    };
    if rows.iter().any(is_one) { Ok(()) } else { Err(Trouble::Broken) }
}

fn told(error: &Error) -> Trouble {
    let Some(state) = error.code() else {
        return Trouble::Broken;
    };
    let failure = if *state == SqlState::INVALID_PASSWORD {
        HelloFailure::WrongPassword
    } else if *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        HelloFailure::NotAuthorized
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        HelloFailure::NoSuchDatabase
    } else if *state == SqlState::TOO_MANY_CONNECTIONS {
        HelloFailure::TooManyConnections
    } else if STARTING_OR_STOPPING.contains(state) {
        HelloFailure::NotReady
    } else {
        let words = error.as_db_error().map_or("", DbError::message);
        // An SQLSTATE has five characters; what has more may be anything.
        let code = Some(state.code()).filter(|code| code.len() == 5).and_then(Code::read);
        match (pooler(state, words), code) {
            (Some(failure), _) => failure,
            (None, Some(code)) => HelloFailure::Rejected(code),
            (None, None) => return Trouble::Broken,
        }
    };
    Trouble::Told(failure)
}

/// pgbouncer before 1.21 has one code for all; its words, in English always, tell them apart.
fn pooler(state: &SqlState, words: &str) -> Option<HelloFailure> {
    if *state != SqlState::PROTOCOL_VIOLATION {
        return None;
    }
    let has = |part: &str| words.contains(part);
    if has("authentication failed") || has("no such user") || has("auth failed") {
        Some(HelloFailure::WrongPassword)
    } else if has("no such database") {
        Some(HelloFailure::NoSuchDatabase)
    } else if has("no more connections") {
        Some(HelloFailure::TooManyConnections)
    } else if has("SSL required") {
        Some(HelloFailure::NotAuthorized)
    } else if has("shutting down") {
        Some(HelloFailure::NotReady)
    } else {
        None
    }
}
