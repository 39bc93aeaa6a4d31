//! Dotenv files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::bundle::{Destination, Format};
use crate::model::{Secret, Stamp};
use crate::provider::{
    Delivery, ErrorKind, ProviderError, ProviderResult, Sink, StoredCopy, Tags, operation as op,
};
use crate::reconcile::ownership;

/// What the first line of a file begins with that a link delivered; its tags follow, as JSON.
const MARK: &str = "# heroku-data-link ";
/// What the second line is.
const WARNING: &str =
    "# Delivered, and written again when it is changed or credentials are rotated.\n";
/// More than the certificates of Kafka with everything else.
const LONGEST: u64 = 1 << 20;

/// Files of the local file system: a dotenv file for each copy, which nobody but its owner may read
/// (mode 0600 on Unix), replaced as a whole.
///
/// The first line, a comment, holds the tags that say whose it is. So all values are written, in dotenv
/// format; the folder must exist. A file that others may read counts as changed, and is written again.
/// A file is small, so that it is read and written without a thread of its own.
#[derive(Debug, Clone)]
pub struct EnvFile {
    folder: PathBuf,
}

impl EnvFile {
    /// Files whose names are paths below this folder; an absolute name is taken as it is.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, at: &Destination) -> PathBuf {
        self.folder.join(at.name.as_str())
    }
}

#[async_trait]
impl Sink for EnvFile {
    fn check(&self, at: &Destination) -> Result<(), String> {
        if at.format == Format::Json || at.value.is_some() {
            return Err(
                "it must be all values in dotenv format, as no other can say whose the file \
                        is"
                .to_owned(),
            );
        }
        if at.kms_key.is_some() {
            return Err("it must name no KMS key: a file is not encrypted".to_owned());
        }
        if self.path(at).file_name().is_none() {
            return Err("it must be the path of a file".to_owned());
        }
        Ok(())
    }

    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>> {
        let path = self.path(at);
        read(&path).map_err(|error| failed(op::READ_COPY, &path, &error))
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let path = self.path(delivery.at);
        let failed = |error| failed(op::DELIVER_COPY, &path, &error);
        let conflict =
            |text: String| Err(ProviderError::new(op::DELIVER_COPY, ErrorKind::Conflict, text));
        let stored = read(&path).map_err(failed)?;
        match stored {
            Some(_) if !delivery.replaces => {
                return conflict(format!("{} exists already", path.display()));
            }
            Some(stored) if !ownership::is_of_same_link(&stored.tags, delivery.tags) => {
                return conflict(format!("{} is not the link's own", path.display()));
            }
            Some(_) | None => {}
        }
        write(&path, delivery).map_err(failed)
    }

    async fn remove(&self, at: &Destination) -> ProviderResult<()> {
        let path = self.path(at);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed(op::REMOVE_COPY, &path, &error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn read(path: &Path) -> io::Result<Option<StoredCopy>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_private = is_private(&file)?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    // What is no text is nothing of ours.
    let text = Secret::new(String::from_utf8(bytes).unwrap_or_default());
    let Some((tags, body)) = split(text.expose()) else {
        return Ok(Some(StoredCopy::default()));
    };
    let link = ownership::owner(&tags).and_then(|link| link.parse().ok());
    let stamp = link.map(|link| Stamp::of(&link, body)).filter(|_| is_private);
    Ok(Some(StoredCopy { tags, stamp, ..StoredCopy::default() }))
}

/// The tags of a file, and what was delivered.
fn split(text: &str) -> Option<(Tags, &str)> {
    let (tags, rest) = text.strip_prefix(MARK)?.split_once('\n')?;
    Some((serde_json::from_str(tags).ok()?, rest.strip_prefix(WARNING).unwrap_or(rest)))
}

/// Whole or not at all, also if the machine stops in between.
fn write(path: &Path, delivery: &Delivery<'_>) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);

    let (name, folder) = (path.file_name().unwrap_or_default(), parent(path));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{}.{count}", std::process::id()));
    let draft = folder.join(draft);

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(
            format!("{MARK}{}\n{WARNING}", serde_json::to_string(delivery.tags)?).as_bytes(),
        )?;
        file.write_all(delivery.text.expose().as_bytes())?;
        file.sync_all()
    });
    let placed = written.and_then(|()| {
        if delivery.replaces {
            return fs::rename(&draft, path);
        }
        // Unlike a rename, it fails where there is something.
        fs::hard_link(&draft, path).and_then(|()| fs::remove_file(&draft))
    });
    if placed.is_err() {
        // It holds a secret, and is of no use.
        let _ = fs::remove_file(&draft);
        return placed;
    }
    // So that the name lasts, too; not every system can.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

/// Whether nobody but its owner may read it.
#[cfg(unix)]
fn is_private(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    Ok(file.metadata()?.permissions().mode() & OTHERS == 0)
}

#[cfg(not(unix))]
fn is_private(_: &File) -> io::Result<bool> {
    Ok(true)
}

fn failed(operation: &'static str, path: &Path, error: &io::Error) -> ProviderError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
        io::ErrorKind::AlreadyExists => ErrorKind::Conflict,
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => {
            ErrorKind::InvalidRequest
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::QuotaExceeded,
        _ => ErrorKind::Transient,
    };
    ProviderError::new(operation, kind, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
