//! The server, in a process of its own: what it takes is its own, too.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use futures_util::future::pending;
use heroku_data_link_benches::{Failure, peak_kib};
use heroku_data_link_mock::{ServeOptions, World};

/// The first argument of the process that serves.
pub(crate) const ROLE: &str = "serve";
/// Ten simulated minutes in a second.
const SPEED: u32 = 600;

/// What a client connects.
pub(crate) struct Site {
    pub(crate) app: String,
    pub(crate) addon: String,
    pub(crate) vpc: String,
    pub(crate) subnets: Vec<String>,
}

/// Serves a world of so many sites until the other process is gone.
pub(crate) async fn serve(links: u16) -> Result<(), Failure> {
    let world = World::new();
    let mut sites = String::new();
    for number in 0..links {
        let site = world.add_link_site(number);
        let subnets: Vec<_> = site.subnets.iter().map(ToString::to_string).collect();
        let line = format!("{} {} {} {}\n", site.app, site.addon, site.vpc, subnets.join(" "));
        sites.push_str(&line);
    }
    // A fleet is more than one account is allowed.
    let options = ServeOptions {
        speed: SPEED,
        requests_per_hour: u32::MAX.try_into()?,
        ..ServeOptions::default()
    };
    let server = world.serve_with(options).await?;
    print!("{}\n{sites}\n", server.url());
    drop(sites);
    // Ends with the process that started this one, whatever becomes of that.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    pending().await
}

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    process: Child,
    pub(crate) url: String,
    pub(crate) sites: Vec<Site>,
}

impl Serving {
    pub(crate) fn start(links: u16) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([ROLE, &links.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut printed = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let url = printed.next().ok_or("the server did not start")??;
        let mut sites = Vec::new();
        for line in printed {
            let line = line?;
            let mut words = line.split(' ').map(str::to_owned);
            let (Some(app), Some(addon), Some(vpc)) = (words.next(), words.next(), words.next())
            else {
                break;
            };
            sites.push(Site { app, addon, vpc, subnets: words.collect() });
        }
        Ok(Self { process, url, sites })
    }

    /// Linux's high-water mark of its resident memory.
    pub(crate) fn peak_kib(&self) -> Result<u64, Failure> {
        peak_kib(&self.process.id().to_string())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
