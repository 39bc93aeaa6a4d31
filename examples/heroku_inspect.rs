//! Shows what the real Heroku says of an app's data add-ons, the PrivateLink of each, and the
//! peerings of its space. It changes nothing.
//!
//! ```sh
//! cargo run --example heroku_inspect -- --app NAME [--json]
//! ```
//!
//! The token is that of the official CLI. `HEROKU_HOST=http://127.0.0.1:PORT` asks another server
//! that speaks the same protocol.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

use heroku_data_link::model::{AllowedPrincipal, AppName, PlanTier, TextFilter};
use heroku_data_link::provider::{
    Addon, AllAddons, Attachments, Peering, PrivateLink, PrivateLinks, ProviderResult,
    SpacePeerings, Spaces,
};
use heroku_data_link_examples::{complain, exit_code, say};
use heroku_data_link_heroku::Client;
use serde_json::{Value, json};

const HELP: &str = "\
Shows an app's data add-ons, their PrivateLinks, and the peerings of its space. Changes nothing.

usage: cargo run --example heroku_inspect -- --app NAME [options]

  --app NAME   the app
  --json       print one JSON document instead of tables
  --help       print this

A token is looked for in HEROKU_API_KEY, in what `heroku login` stored, and in netrc.
HEROKU_HOST and HEROKU_DATA_HOST name other servers.";

struct Options {
    app: AppName,
    json: bool,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut app, mut json) = (None, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("app") | Short('a') => app = Some(parser.value()?.parse()?),
            Long("json") => json = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    let app = app.ok_or("--app NAME is missing; see --help")?;
    Ok(Some(Options { app, json }))
}

/// What was read. A part that could not be read does not hide the others.
struct Inspection {
    account: ProviderResult<String>,
    space: Option<Place>,
    links: Vec<(Addon, ProviderResult<Option<PrivateLink>>)>,
}

/// The app's space.
struct Place {
    name: String,
    region: ProviderResult<Option<String>>,
    peerings: ProviderResult<Vec<Peering>>,
}

async fn inspect(client: &Client, name: &AppName) -> Result<Inspection, Box<dyn Error>> {
    let (account, app, all, attachments) = tokio::join!(
        client.account(),
        client.app(name),
        client.all_addons(),
        client.attachments(name)
    );
    let app = app?.ok_or_else(|| format!("there is no app {name}, or this account sees none"))?;
    let space = match app.space {
        None => None,
        Some(space) => {
            let (region, peerings) = tokio::join!(client.space(&space), client.peerings(&space));
            let region = region.map(|space| space.map(|it| it.region.to_string()));
            Some(Place { name: space.to_string(), region, peerings })
        }
    };
    let attached: BTreeSet<_> = attachments?.into_iter().map(|it| it.addon).collect();
    let is_of_app = |addon: &Addon| addon.app == *name || attached.contains(&addon.id);
    let mut links = Vec::new();
    for addon in all?.addons.into_iter().filter(is_of_app) {
        if addon.plan.service().is_none() {
            continue;
        }
        let link = match addon.plan.tier() {
            PlanTier::Private | PlanTier::Shield => client.private_link(&addon.id).await,
            // These have none, and asking would be an error.
            PlanTier::Advanced | PlanTier::Other(_) => Ok(None),
        };
        links.push((addon, link));
    }
    Ok(Inspection { account, space, links })
}

impl Inspection {
    fn failures(&self) -> Vec<&(dyn Error + 'static)> {
        let mut failures: Vec<&(dyn Error + 'static)> = Vec::new();
        failures.extend(self.account.as_ref().err().map(|it| it as &(dyn Error + 'static)));
        if let Some(space) = &self.space {
            failures.extend(space.region.as_ref().err().map(|it| it as &(dyn Error + 'static)));
            failures.extend(space.peerings.as_ref().err().map(|it| it as &(dyn Error + 'static)));
        }
        for (_, link) in &self.links {
            failures.extend(link.as_ref().err().map(|it| it as &(dyn Error + 'static)));
        }
        failures
    }

    /// What should not be overlooked among so many rows.
    fn warnings(&self) -> Vec<String> {
        let links =
            self.links.iter().filter_map(|(addon, link)| Some((addon, link.as_ref().ok()?)));
        let allowed = links.flat_map(|(addon, link)| {
            let accounts = link.iter().flat_map(|link| &link.allowed_accounts);
            accounts.map(move |account| (&addon.name, &account.principal))
        });
        allowed
            .filter_map(|(addon, principal)| match principal {
                AllowedPrincipal::Known(_) => None,
                AllowedPrincipal::Anyone => Some(format!(
                    "anyone may ask for a connection to {addon}: {principal} is among its principals"
                )),
                AllowedPrincipal::Unreadable(_) if principal.is_wildcard() => {
                    Some(format!("whoever matches {principal} may ask for a connection to {addon}"))
                }
                AllowedPrincipal::Unreadable(_) => Some(format!(
                    "{principal} is among the principals of {addon}, and is no account, user or role"
                )),
            })
            .collect()
    }

    fn json(&self, client: &Client, app: &AppName) -> Value {
        let space = self.space.as_ref().map(|space| {
            let peerings = space
                .peerings
                .as_ref()
                .ok()
                .map(|all| all.iter().map(peering_json).collect::<Vec<_>>());
            let region = space.region.as_ref().ok();
            json!({ "name": space.name, "region": region, "peerings": peerings })
        });
        let addons = self.links.iter().map(|(addon, link)| {
            json!({
                "name": addon.name,
                "id": addon.id,
                "app": addon.app,
                "plan": addon.plan,
                "state": addon.state,
                "privatelink": link.as_ref().ok().and_then(Option::as_ref).map(link_json),
            })
        });
        json!({
            "account": self.account.as_ref().ok(),
            "token-from": client.token().source().to_string(),
            "platform-api": client.hosts().api().as_str(),
            "data-api": client.hosts().data().as_str(),
            "requests-left": client.requests_left(),
            "app": app,
            "space": space,
            "addons": addons.collect::<Vec<_>>(),
            "warnings": self.warnings(),
            "failures": self.failures().into_iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }

    fn print(&self, client: &Client, app: &AppName) {
        let known = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
        let space = self.space.as_ref();
        let region = space.and_then(|it| it.region.as_ref().ok()?.clone());
        Table::new("", &[])
            .row(["account", &known(self.account.as_ref().ok().cloned())])
            .row(["token from", &client.token().source().to_string()])
            .row(["Platform API", client.hosts().api().as_str()])
            .row(["Data API", client.hosts().data().as_str()])
            .row(["requests left", &known(client.requests_left().map(|it| it.to_string()))])
            .row(["app", app.as_str()])
            .row(["space", space.map_or("none", |it| it.name.as_str())])
            .row(["region", region.as_deref().unwrap_or("?")])
            .print();

        let mut addons = Table::new(
            "Data add-ons",
            &["add-on", "plan", "state", "PrivateLink", "endpoint service"],
        );
        let mut allowed = Table::new("May connect", &["add-on", "principal", "status"]);
        let mut connections =
            Table::new("Connections", &["add-on", "endpoint", "status", "host name"]);
        for (addon, link) in &self.links {
            let name = addon.name.as_str();
            let status = match link {
                Ok(Some(link)) => link.status.as_str(),
                Ok(None) => "-",
                Err(_) => "?",
            };
            let link = link.as_ref().ok().and_then(Option::as_ref);
            let service = link.and_then(|link| link.service_name.as_ref());
            let service = service.map_or("-", |service| service.as_str());
            addons = addons.row([name, addon.plan.as_str(), addon.state.as_str(), status, service]);
            for it in link.iter().flat_map(|link| &link.allowed_accounts) {
                allowed = allowed.row([name, &it.principal.to_string(), it.status.as_str()]);
            }
            for it in link.iter().flat_map(|link| &link.connections) {
                let host = it.hostname.as_deref().unwrap_or("-");
                let endpoint = it.endpoint.as_ref().map_or("?", AsRef::as_ref);
                connections = connections.row([name, endpoint, it.status.as_str(), host]);
            }
        }
        let head = ["peering", "type", "status", "VPC", "region", "blocks"];
        let mut peerings = Table::new("Peerings of the space", &head);
        for it in space.and_then(|space| space.peerings.as_ref().ok()).into_iter().flatten() {
            let id = it.id.as_ref().map_or("-", |id| id.as_str());
            let vpc = it.vpc.as_ref().map_or("-", |vpc| vpc.as_str());
            let region = it.region.as_ref().map_or("-", |region| region.as_str());
            let (kind, status) = (it.kind.as_str(), it.status.as_str());
            let blocks = it.cidrs.to_string();
            peerings = peerings.row([id, kind, status, vpc, region, &blocks]);
        }
        for table in [addons, allowed, connections, peerings] {
            table.print();
        }
        for warning in self.warnings() {
            say(&format!("\nwarning: {warning}\n"));
        }
    }
}

fn link_json(link: &PrivateLink) -> Value {
    let allowed = link.allowed_accounts.iter();
    let connections = link.connections.iter();
    json!({
        "status": link.status,
        "service-name": link.service_name,
        "allowed-accounts": allowed
            .map(|it| json!({ "principal": it.principal, "status": it.status }))
            .collect::<Vec<_>>(),
        "connections": connections
            .map(|it| json!({
                "endpoint": it.endpoint,
                "status": it.status,
                "hostname": it.hostname,
                "owner": it.owner,
            }))
            .collect::<Vec<_>>(),
    })
}

fn peering_json(peering: &Peering) -> Value {
    json!({
        "id": peering.id,
        "type": peering.kind,
        "status": peering.status,
        "cidrs": peering.cidrs,
        "vpc": peering.vpc,
        "region": peering.region,
        "account": peering.account,
        "expires": peering.expires,
    })
}

/// Aligned columns on a terminal, tabs between them elsewhere.
struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
    heads: usize,
}

impl Table {
    fn new(title: &'static str, head: &[&str]) -> Self {
        let rows: Vec<_> = (!head.is_empty()).then(|| cells(head)).into_iter().collect();
        Self { title, heads: rows.len(), rows }
    }

    fn row<const N: usize>(mut self, row: [&str; N]) -> Self {
        self.rows.push(cells(&row));
        self
    }

    /// Prints nothing for a table without rows.
    fn print(&self) {
        if self.rows.len() == self.heads {
            return;
        }
        let aligned = std::io::stdout().is_terminal();
        let mut text = String::new();
        if !self.title.is_empty() {
            text.push_str(&["\n", self.title, "\n"].concat());
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let line = if aligned {
                let padded = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
                padded.collect::<Vec<_>>().join("  ")
            } else {
                row.join("\t")
            };
            text += line.trim_end();
            text.push('\n');
        }
        say(&text);
    }
}

fn cells(row: &[&str]) -> Vec<String> {
    let filter = TextFilter::new();
    row.iter().map(|cell| filter.show(cell)).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let Some(Options { app, json }) = options()? else {
        say(&format!("{HELP}\n"));
        return Ok(ExitCode::SUCCESS);
    };
    let client = Client::from_env()?;
    let inspection = inspect(&client, &app).await?;
    if json {
        say(&format!("{:#}\n", inspection.json(&client, &app)));
    } else {
        inspection.print(&client, &app);
    }
    let failures = inspection.failures();
    for failure in &failures {
        complain(*failure);
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
