//! Lets 100 clients establish 1,000 links at once, over HTTP, against one server of the simulated
//! clouds, and prints what that took.
//!
//! `cargo run --release -p heroku-data-link-benches --bin server_load -- [LINKS] [CLIENTS]`
//!
//! The server is a process of its own, with one thread, and so are the clients: two cores. Each
//! client walks one link after the other through the steps of Heroku's procedure, with canned
//! requests and one connection that is kept open. Ten simulated minutes pass in a second.

mod http;
mod serving;
mod walk;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use heroku_data_link_benches::Failure;

use http::Http;
use serving::{Serving, Site};
use walk::{Link, establish, is_held};

/// What all of it may take, in KiB.
const MEMORY: u64 = 200 * 1024;
/// After which a run has failed, whatever is left of it.
const AT_MOST: Duration = Duration::from_secs(600);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, default: u16| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.first().is_some_and(|first| first == serving::ROLE) {
        return runtime.block_on(serving::serve(number(1, 1000)?));
    }
    let (links, clients) = (number(0, 1000)?, number(1, 100)?.max(1));
    runtime.block_on(async { tokio::time::timeout(AT_MOST, measure(links, clients)).await? })
}

async fn measure(links: u16, clients: u16) -> Result<(), Failure> {
    let serving = Serving::start(links)?;
    let idle = serving.peak_kib()?;
    let http = Http::new(&serving.url)?;
    #[allow(clippy::disallowed_methods)] // What is measured is real time.
    let started = Instant::now();
    // Every client has its share of the sites.
    let shares = (0..clients).map(|client| {
        let share = serving.sites.iter().skip(client.into()).step_by(clients.into());
        walk_all(&http, share)
    });
    let (mut held, mut errors) = (Vec::new(), Vec::new());
    for (links, failed) in join_all(shares).await {
        held.extend(links);
        errors.extend(failed);
    }
    let established = started.elapsed();
    // All are there at the end, and not one after the other.
    for shares in held.chunks(clients.into()) {
        let looks = join_all(shares.iter().map(|link| is_held(&http, link))).await;
        errors.extend(looks.into_iter().filter_map(Result::err).map(|error| error.to_string()));
    }
    let peak = serving.peak_kib()?;
    for error in errors.iter().take(5) {
        eprintln!("{error}");
    }
    report(&Figures {
        links: held.len(),
        clients,
        requests: http.requests(),
        established,
        all: started.elapsed(),
        errors: errors.len(),
        idle,
        peak,
    });
    if held.len() != usize::from(links) || !errors.is_empty() || peak > MEMORY {
        return Err("the server does not hold what it should".into());
    }
    Ok(())
}

/// Establishes one link after the other; says which are, and what went wrong with the others.
async fn walk_all<'a>(
    http: &Http,
    sites: impl Iterator<Item = &'a Site>,
) -> (Vec<Link>, Vec<String>) {
    let (mut links, mut errors) = (Vec::new(), Vec::new());
    for site in sites {
        match establish(http, site).await {
            Ok(link) => links.push(link),
            Err(error) => errors.push(format!("{}: {error}", site.addon)),
        }
    }
    (links, errors)
}

struct Figures {
    links: usize,
    clients: u16,
    requests: u32,
    established: Duration,
    all: Duration,
    errors: usize,
    idle: u64,
    peak: u64,
}

fn report(it: &Figures) {
    let per_second = f64::from(it.requests) / it.all.as_secs_f64();
    let (idle, peak, limit) = (it.idle / 1024, it.peak / 1024, MEMORY / 1024);
    // In hundredths, rounded up: no ratio shall look better than it is.
    let hundredths = (it.peak * 100).div_ceil(MEMORY);
    println!(
        "| links held | clients | seconds | requests | a second | errors | server's peak | ratio |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| {} | {} | {:.1} | {} | {per_second:.0} | {} | {peak} MiB of {limit} MiB | {}.{:02} |",
        it.links,
        it.clients,
        it.established.as_secs_f64(),
        it.requests,
        it.errors,
        hundredths / 100,
        hundredths % 100,
    );
    println!("\nbefore the first request the server had taken {idle} MiB");
}
