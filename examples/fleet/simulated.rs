//! Simulated clouds that are there from one command to the next.
//!
//! They are the same whenever the same was done to them, so what is kept is what was done: each
//! command with the file as it was. The next one begins by doing all of that again, which takes
//! moments.

use std::collections::BTreeMap;
use std::fs;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use heroku_data_link::bundle::FILE;
use heroku_data_link::fleet::{Fleet, FleetReport, FleetSettings, LinkState};
use heroku_data_link::link::{LinkSpec, Options as LinkOptions};
use heroku_data_link::model::{AccountId, LinkId, TargetName};
use heroku_data_link::provider::{
    Addons, Clouds, EndpointQuery, PeeringQuery, Sink, VpcEndpoints, VpcPeerings,
};
use heroku_data_link::reconcile::{Memory, MemoryStore, ownership};
use heroku_data_link::sinks::EnvFile;
use heroku_data_link_mock::World;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::options::Command;
use crate::{Backend, Failure, memories};

/// Sites beside those of the procedures: an app with a Key-Value Store and a VPC each.
const SITES: u16 = 4;

/// What was done once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Done {
    what: What,
    document: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Apply { prune: bool },
    Destroy,
    Drift(LinkId),
    Rotate(LinkId),
}

/// The clouds, and what was done to them.
pub(crate) struct Simulated {
    path: PathBuf,
    world: World,
    history: Vec<Done>,
}

/// Of each link the spec that it was worked by, and what its driver remembers.
type Links = BTreeMap<(TargetName, LinkId), (LinkSpec, Memory)>;
type Remembered = Arc<Mutex<Links>>;

impl Simulated {
    /// The clouds beside a fleet's file: all that Heroku's procedures begin with, four more sites, and
    /// what was done since.
    pub(crate) async fn open(file: &Path) -> Result<Self, Failure> {
        let path = file.with_extension("world.json");
        let history: Vec<Done> = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                format!("{}: {error}; remove it to begin with new clouds", path.display())
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        let world = World::of_all_procedures();
        for number in 0..SITES {
            world.add_link_site(number);
        }
        let simulated = Self { path, world, history };
        let remembered = Remembered::default();
        for done in &simulated.history {
            simulated.replay(done, &remembered).await?;
        }
        Ok(simulated)
    }

    /// The clouds as the fleet's targets see them.
    pub(crate) fn backend(&self, fleet: &Fleet, folder: &Path) -> Result<Backend, Failure> {
        let files: Arc<dyn Sink> = Arc::new(EnvFile::in_folder(folder));
        Ok(Backend { clouds: self.clouds(fleet, &files)?, clock: self.world.clock() })
    }

    fn clouds(
        &self,
        fleet: &Fleet,
        files: &Arc<dyn Sink>,
    ) -> Result<BTreeMap<TargetName, Clouds>, Failure> {
        let one = |(name, target): (&TargetName, &heroku_data_link::fleet::Target)| {
            let account: AccountId = target.account.clone().ok_or_else(|| {
                format!(
                    "target {name} needs an `account` on simulated clouds, which know no profiles"
                )
            })?;
            let aws = self.world.aws_in(account, target.region.clone());
            let clouds = Clouds::new(self.world.heroku(), aws);
            Ok((name.clone(), clouds.with_sink(FILE.parse()?, Arc::clone(files))))
        };
        fleet.targets().iter().map(one).collect()
    }

    /// Keeps what is about to be done, if it changes the clouds.
    pub(crate) fn record(&mut self, command: &Command, document: &Value) -> Result<(), Failure> {
        match command {
            Command::Apply { prune } => self.keep(What::Apply { prune: *prune }, document),
            Command::Destroy => self.keep(What::Destroy, document),
            _ => Ok(()),
        }
    }

    /// Somebody deletes what a link made.
    pub(crate) async fn drift(&mut self, link: &LinkId, document: &Value) -> Result<(), Failure> {
        self.delete_something_of(link).await?;
        self.keep(What::Drift(link.clone()), document)
    }

    /// Somebody rotates the credentials of what a link leads to.
    pub(crate) async fn rotate(
        &mut self,
        link: &LinkId,
        fleet: &Fleet,
        document: &Value,
    ) -> Result<(), Failure> {
        self.rotate_what_is_behind(link, fleet).await?;
        self.keep(What::Rotate(link.clone()), document)
    }

    async fn rotate_what_is_behind(&self, link: &LinkId, fleet: &Fleet) -> Result<(), Failure> {
        let known = fleet.links().iter().find(|known| known.spec.link() == link);
        let spec = known.map(|known| &known.spec);
        let Some(LinkSpec::PrivateLink(spec)) = spec else {
            return Err(format!("{link} is no PrivateLink of the file").into());
        };
        let found = self.world.heroku().resolve(spec.app.as_ref(), &spec.addon).await?;
        let [addon] = found.as_slice() else {
            return Err(format!("there is no add-on {} yet", spec.addon).into());
        };
        // The clouds are the same whenever the same was done to them, passwords too.
        let now = self.world.now().duration_since(SystemTime::UNIX_EPOCH)?;
        Ok(self.world.set_password(addon.id, &format!("rotated-{}", now.as_secs()))?)
    }

    fn keep(&mut self, what: What, document: &Value) -> Result<(), Failure> {
        self.history.push(Done { what, document: document.clone() });
        let text = serde_json::to_vec(&self.history)?;
        memories::replace(&self.path, &text)
            .map_err(|error| format!("{}: {error}", self.path.display()).into())
    }

    async fn replay(&self, done: &Done, remembered: &Remembered) -> Result<(), Failure> {
        let fleet = Fleet::from_value(done.document.clone())?;
        // What was delivered then is delivered already.
        let files: Arc<dyn Sink> = Arc::new(self.world.sink());
        let clouds = self.clouds(&fleet, &files)?;
        let how = |link: &heroku_data_link::fleet::FleetLink| {
            let id = (link.target.clone(), link.spec.link().clone());
            let memory = lock(remembered).get(&id).map(|(_, memory)| memory.clone());
            let store = Arc::new(Slot(Arc::clone(remembered), id, link.spec.clone()));
            Ok(LinkOptions { memory, store: Some(store), ..LinkOptions::default() })
        };
        let clock = self.world.clock();
        // What could not begin then has changed nothing.
        let opened = fleet.open(&clouds, clock, FleetSettings::default(), how).await;
        let Ok(driver) = opened else { return Ok(()) };
        match &done.what {
            What::Apply { prune } => {
                let is_complete = driver.establish(pending()).await.is_complete();
                if *prune && is_complete {
                    let all = lock(remembered).clone();
                    let left: Vec<_> = all
                        .into_iter()
                        .map(|((target, _), (spec, _))| (target, spec))
                        .filter(|(target, spec)| memories::has_left(driver.fleet(), target, spec))
                        .collect();
                    let pruned = crate::prune(&driver, &left, LinkOptions::default).await?;
                    forget(remembered, &pruned);
                }
            }
            What::Destroy => forget(remembered, &driver.teardown(pending()).await),
            What::Drift(link) => self.delete_something_of(link).await?,
            What::Rotate(link) => {
                self.rotate_what_is_behind(link, driver.fleet()).await?;
            }
        }
        Ok(())
    }

    async fn delete_something_of(&self, link: &LinkId) -> Result<(), Failure> {
        let tag = ownership::tag_of(link);
        for account in ["123456789101", "435886841536"] {
            let aws = self.world.aws_in(account.parse()?, "us-east-1".parse()?);
            let endpoints = aws.endpoints(&EndpointQuery::Tagged(tag.clone())).await?;
            if let Some(endpoint) = endpoints.first() {
                return Ok(self.world.delete_endpoint(&endpoint.id)?);
            }
            let peerings = aws.peering_connections(&PeeringQuery::Tagged(tag.clone())).await?;
            if let Some(peering) = peerings.iter().find(|peering| peering.status.is_live()) {
                return Ok(self.world.delete_peering(&peering.id)?);
            }
        }
        Err(format!("link {link} has no endpoint and no peering that somebody could delete").into())
    }
}

/// Where a memory is kept while what was done is done again.
#[derive(Debug)]
struct Slot(Remembered, (TargetName, LinkId), LinkSpec);

#[async_trait]
impl MemoryStore for Slot {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        lock(&self.0).insert(self.1.clone(), (self.2.clone(), memory.clone()));
        Ok(())
    }
}

fn lock(remembered: &Remembered) -> MutexGuard<'_, Links> {
    remembered.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(remembered: &Remembered, reports: &FleetReport) {
    for report in reports.links.iter().filter(|report| report.state == LinkState::TornDown) {
        lock(remembered)
            .retain(|(target, link), _| *target != report.target || link.as_str() != report.link);
    }
}
