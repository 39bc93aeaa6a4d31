//! Key-Value Store: `AUTH`, `SELECT` where the URL names a database, `PING`.

use std::pin::pin;

use futures_util::future::{Either, select};
use heroku_data_link::model::ConnectionUrl;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError};

use super::Trouble;
use crate::failure::{Code, HelloFailure};
use crate::wire::Wire;

/// The first words of Redis' further refusals.
const OTHERS: [&str; 7] =
    ["ERR", "OOM", "MISCONF", "READONLY", "CLUSTERDOWN", "MOVED", "NOREPLICAS"];

pub(super) async fn hello(url: &ConnectionUrl, wire: Wire) -> Result<(), Trouble> {
    // Nothing is sent on its own account: each refusal shall belong to one command.
    let nothing = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let (connection, driver) = MultiplexedConnection::new_with_config(&nothing, wire, config)
        .await
        .map_err(|_| Trouble::Broken)?;
    match select(pin!(conversation(url, connection)), pin!(driver)).await {
        Either::Left((said, _)) => said,
        Either::Right(((), conversation)) => conversation.await,
    }
}

async fn conversation(
    url: &ConnectionUrl,
    mut connection: MultiplexedConnection,
) -> Result<(), Trouble> {
    log_in(url, &mut connection).await?;
    if let Some(number) = url.database() {
        let mut select = redis::cmd("SELECT");
        let chosen = ask(&mut connection, select.arg(number)).await;
        chosen.map_err(|error| match told(&error) {
            Trouble::Told(HelloFailure::Rejected(_)) => Trouble::Told(HelloFailure::NoSuchDatabase),
            other => other,
        })?;
    }
    let answer = ask(&mut connection, &redis::cmd("PING")).await.map_err(|error| told(&error))?;
    if answer == "PONG" { Ok(()) } else { Err(Trouble::Broken) }
}

/// Key-Value Store has no user names, and what stands in the place of one is not accepted as one.
/// So the name is sent only to a server that does not take the password alone.
async fn log_in(
    url: &ConnectionUrl,
    connection: &mut MultiplexedConnection,
) -> Result<(), Trouble> {
    let Some(password) = url.password() else {
        return Ok(());
    };
    let alone = ask(connection, redis::cmd("AUTH").arg(password.expose())).await;
    let failure = match (alone.map_err(|error| told(&error)), url.user()) {
        (Ok(_), _) => return Ok(()),
        (Err(Trouble::Told(refusal)), Some(user)) => {
            let both = ask(connection, redis::cmd("AUTH").arg(user).arg(password.expose())).await;
            match both.map_err(|error| told(&error)) {
                Ok(_) => return Ok(()),
                Err(Trouble::Told(_)) => Trouble::Told(refusal),
                Err(Trouble::Broken) => Trouble::Broken,
            }
        }
        (Err(failure), _) => failure,
    };
    Err(failure)
}

async fn ask(connection: &mut MultiplexedConnection, command: &Cmd) -> Result<String, RedisError> {
    command.query_async(connection).await
}

fn told(error: &RedisError) -> Trouble {
    if error.is_io_error() {
        return Trouble::Broken;
    }
    let failure = match error.code() {
        Some("WRONGPASS") => HelloFailure::WrongPassword,
        Some("NOAUTH") => HelloFailure::NoPassword,
        Some("NOPERM" | "DENIED") => HelloFailure::NotAuthorized,
        Some("LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN") => HelloFailure::NotReady,
        // Any other word may be anything, and is not repeated.
        Some(code) if OTHERS.contains(&code) => match Code::read(code) {
            Some(code) => HelloFailure::Rejected(code),
            None => return Trouble::Broken,
        },
        Some(_) | None => return Trouble::Broken,
    };
    Trouble::Told(failure)
}
