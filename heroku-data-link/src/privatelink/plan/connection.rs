//! What Heroku makes of a connected endpoint.

use super::Planner;
use crate::model::ConnectionStatus;
use crate::privatelink::commands;
use crate::privatelink::facts::Facts;
use crate::privatelink::steps;
use crate::reconcile::{Blocker, Code, Progress, Usual, list};

/// Heroku lists a connection moments after AWS calls it available.
const CONNECTION_USUALLY: Usual = Usual::secs(10, 60);
/// Config variables come with a release of the app.
const CONFIG_USUALLY: Usual = Usual::secs(20, 120);

impl Planner<'_> {
    pub(super) fn connection(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        let (handle, deadlines) = (&facts.handle, &spec.deadlines);
        let endpoint = facts.endpoint.or(facts.adoptable).map(|it| &it.id);
        let id = facts.endpoint.map_or_else(|| "the endpoint".to_owned(), |e| e.id.to_string());
        let kind = if seen.connections.is_empty() {
            steps::AWAIT_CONNECTION
        } else {
            steps::AWAIT_LISTING
        };
        self.plan.wait(
            kind,
            format!("Heroku lists {id} as connected"),
            Some(commands::endpoint_service(handle)),
            commands::connected(handle, endpoint, deadlines.connection),
            connected(facts),
        );
        let app = facts.handle.app.as_ref().map_or("the app", AsRef::as_ref);
        let unreadable = seen.connections.iter().find(|(_, url)| url.is_none());
        let progress = match (unreadable, seen.connections.is_empty()) {
            (Some((name, _)), _) => Progress::Blocked(Blocker::new(
                Code::UnreadableConfigVar,
                format!("the value of {name} is no connection URL that this version knows"),
                "report this, with the scheme of the URL and nothing else of it",
            )),
            (None, false) => Progress::Done,
            (None, true) => {
                Progress::waiting(format!("config variables of {app} for {id}"), CONFIG_USUALLY)
            }
        };
        let names = if seen.connections.is_empty() {
            format!("app {app} has a config variable for {id}")
        } else {
            format!("app {app} has {}", list(seen.connections.iter().map(|(name, _)| name)))
        };
        self.plan.wait(
            steps::AWAIT_CONFIG_VARS,
            names,
            Some(commands::config(handle)),
            commands::has_config(handle, endpoint, deadlines.config_vars),
            progress,
        );
    }
}

fn connected(facts: &Facts<'_>) -> Progress {
    let (Some(endpoint), Some(link)) = (facts.endpoint, &facts.seen.private_link) else {
        return Progress::NotStarted;
    };
    let status = link
        .connections
        .iter()
        .find(|connection| connection.endpoint.as_ref() == Some(&endpoint.id))
        .map(|connection| &connection.status);
    let waiting = |state: &str| {
        Progress::waiting(
            format!("Heroku to list {} as connected, which is {state}", endpoint.id),
            CONNECTION_USUALLY,
        )
    };
    match status {
        Some(ConnectionStatus::Available) => Progress::Done,
        None => waiting("not listed"),
        // Only `Available` is documented; any other word gets its time, and is shown.
        Some(
            status @ (ConnectionStatus::PendingAcceptance
            | ConnectionStatus::Pending
            | ConnectionStatus::Other(_)),
        ) => waiting(status.as_str()),
        Some(
            status @ (ConnectionStatus::Rejected
            | ConnectionStatus::Failed
            | ConnectionStatus::Deleting
            | ConnectionStatus::Deleted),
        ) => Progress::Blocked(Blocker::new(
            Code::ConnectionState,
            format!("Heroku says that the connection of {} is {status}", endpoint.id),
            "tear the link down and establish it again",
        )),
    }
}
