//! What the drivers of a fleet remember, in a folder beside its file: a file for each link.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use fs4::fs_std::FileExt;
use heroku_data_link::fleet::{Fleet, FleetLink, FleetReport, LinkState};
use heroku_data_link::link::LinkSpec;
use heroku_data_link::model::TargetName;
use heroku_data_link::reconcile::{Memory, MemoryStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is kept of a link: enough to tear it down when it is in no file any more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Kept {
    target: TargetName,
    spec: LinkSpec,
    memory: Value,
}

/// The folder. Whoever changes the clouds by it holds its lock.
#[derive(Debug)]
pub(crate) struct Memories {
    folder: PathBuf,
    _lock: Option<File>,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Memories {
    /// The folder of a fleet. With `changes`, no other run may have it open like that.
    pub(crate) fn open(folder: &Path, changes: bool) -> Result<Self, Box<dyn Error>> {
        let within = |error: io::Error| format!("{}: {error}", folder.display());
        let mut held = None;
        if changes {
            fs::create_dir_all(folder).map_err(within)?;
            let lock = File::create(folder.join("lock")).map_err(within)?;
            if !FileExt::try_lock_exclusive(&lock).map_err(within)? {
                let text = "another run changes this fleet now; wait for it to end, or stop it";
                return Err(format!("{}: {text}", folder.display()).into());
            }
            held = Some(lock);
        }
        Ok(Self { folder: folder.to_owned(), _lock: held })
    }

    fn path(&self, target: &TargetName, link: &str) -> PathBuf {
        self.folder.join(format!("{target}.{link}.json"))
    }

    /// What was remembered of a link, and where to keep what will be.
    pub(crate) fn of(
        self: &Arc<Self>,
        link: &FleetLink,
    ) -> Result<(Option<Memory>, Arc<dyn MemoryStore>), Failure> {
        let path = self.path(&link.target, link.spec.link().as_str());
        let text = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        let memory = text.as_ref().map(|text| -> Result<Memory, Failure> {
            let kept: Kept = serde_json::from_str(text)?;
            Ok(Memory::from_json(&kept.memory.to_string())?)
        });
        let memory = memory.transpose().map_err(|error| {
            format!(
                "{}: {error}; restore the file, or remove it: then a key that was asked for a \
                 moment ago may be asked for again after a minute",
                path.display()
            )
        })?;
        let (target, spec) = (link.target.clone(), link.spec.clone());
        let slot = Slot { memories: Arc::clone(self), target, spec, last: Mutex::new(text) };
        Ok((memory, Arc::new(slot)))
    }

    /// The links that are remembered and that the fleet does not have any more. Those that hold data
    /// are left out.
    pub(crate) fn left(
        &self,
        fleet: &Fleet,
    ) -> Result<Vec<(TargetName, LinkSpec)>, Box<dyn Error>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let kept: Kept = serde_json::from_slice(&fs::read(&path)?)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            if has_left(fleet, &kept.target, &kept.spec) {
                left.push((kept.target, kept.spec));
            }
        }
        Ok(left)
    }

    /// Removes what is kept of links that were torn down.
    pub(crate) fn forget(&self, reports: &FleetReport) -> io::Result<()> {
        for report in reports.links.iter().filter(|report| report.state == LinkState::TornDown) {
            match fs::remove_file(self.path(&report.target, &report.link)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Whether a link that was worked is in its fleet no more, and no data needs it.
pub(crate) fn has_left(fleet: &Fleet, target: &TargetName, spec: &LinkSpec) -> bool {
    let mut links = fleet.links().iter();
    let is_there = links.any(|link| link.target == *target && link.spec.link() == spec.link());
    let holds_data = matches!(spec, LinkSpec::Encryption(_) | LinkSpec::KeyAccess(_));
    !is_there && !holds_data && fleet.targets().contains_key(target)
}

/// The place of one link.
#[derive(Debug)]
struct Slot {
    memories: Arc<Memories>,
    target: TargetName,
    spec: LinkSpec,
    last: Mutex<Option<String>>,
}

#[async_trait]
impl MemoryStore for Slot {
    async fn save(&self, memory: &Memory) -> Result<(), Failure> {
        let (target, spec) = (self.target.clone(), self.spec.clone());
        let kept = Kept { target, spec, memory: serde_json::to_value(memory)? };
        let text = serde_json::to_string(&kept)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&text) {
            replace(&self.memories.path(&self.target, self.spec.link().as_str()), text.as_bytes())?;
            *last = Some(text);
        }
        Ok(())
    }
}

/// Writes a file that is always whole: the old one or the new one, also after a power failure.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, path)
}
