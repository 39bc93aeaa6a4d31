use futures_util::FutureExt;

use super::*;
use crate::model::{LinkId, LinkKind};
use crate::reconcile::ownership::Owner;

/// A folder of a test's own, deleted with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("env-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn link(name: &str) -> LinkId {
    name.parse().unwrap()
}

fn tags(name: &str) -> Tags {
    Owner::new(&link(name), LinkKind::PrivateLink, None, "redis\n1").tags()
}

fn at(name: &str) -> Destination {
    Destination::new("file".parse().unwrap(), name.parse().unwrap())
}

fn deliver(sink: &EnvFile, whose: &str, text: &str, replaces: bool) -> ProviderResult<()> {
    let (text, tags) = (Secret::new(text), tags(whose));
    let stamp = Stamp::of(&link(whose), text.expose());
    let at = at("cache.env");
    let delivery = Delivery { at: &at, text: &text, stamp, tags: &tags, replaces };
    sink.deliver(&delivery).now_or_never().unwrap()
}

fn stored(sink: &EnvFile) -> ProviderResult<Option<StoredCopy>> {
    sink.stored(&at("cache.env")).now_or_never().unwrap()
}

#[test]
fn a_file_is_written_whole_and_read_again() {
    let folder = Folder::new("whole");
    let sink = EnvFile::in_folder(&folder.0);
    assert_eq!(stored(&sink).unwrap(), None);
    for (text, replaces) in [("A=1\n", false), ("A=2\n", true)] {
        deliver(&sink, "cache", text, replaces).unwrap();
        let copy = stored(&sink).unwrap().unwrap();
        assert_eq!(copy.tags, tags("cache"));
        assert_eq!(copy.stamp, Some(Stamp::of(&link("cache"), text)));
        assert_eq!(folder.names(), ["cache.env"]);
    }
    let written = fs::read_to_string(folder.0.join("cache.env")).unwrap();
    assert!(written.ends_with("\nA=2\n") && written.starts_with("# "), "{written}");
    sink.remove(&at("cache.env")).now_or_never().unwrap().unwrap();
    sink.remove(&at("cache.env")).now_or_never().unwrap().unwrap();
    assert_eq!(stored(&sink).unwrap(), None);
}

#[test]
fn a_file_of_somebody_elses_is_never_overwritten() {
    let folder = Folder::new("foreign");
    let sink = EnvFile::in_folder(&folder.0);
    let path = folder.0.join("cache.env");
    for content in ["A=1\n", "", "# heroku-data-link {}\nA=1\n", "# heroku-data-link nonsense\n"] {
        fs::write(&path, content).unwrap();
        assert_eq!(stored(&sink).unwrap().unwrap().tags, Tags::new(), "{content}");
        for replaces in [false, true] {
            let error = deliver(&sink, "cache", "A=2\n", replaces).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Conflict, "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    deliver(&sink, "other", "A=1\n", false).unwrap();
    deliver(&sink, "cache", "A=2\n", true).unwrap_err();
    assert_eq!(stored(&sink).unwrap().unwrap().tags, tags("other"));
    assert_eq!(folder.names(), ["cache.env"]);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("mode");
    let sink = EnvFile::in_folder(&folder.0);
    deliver(&sink, "cache", "A=1\n", false).unwrap();
    let path = folder.0.join("cache.env");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(stored(&sink).unwrap().unwrap().stamp, None);
    deliver(&sink, "cache", "A=1\n", true).unwrap();
    assert_eq!((mode(), stored(&sink).unwrap().unwrap().stamp.is_some()), (0o600, true));
}

#[test]
fn a_change_by_hand_is_seen() {
    let folder = Folder::new("hand");
    let sink = EnvFile::in_folder(&folder.0);
    deliver(&sink, "cache", "A=1\n", false).unwrap();
    let path = folder.0.join("cache.env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("A=1", "A=2")).unwrap();
    let copy = stored(&sink).unwrap().unwrap();
    assert_eq!(
        (copy.tags, copy.stamp == Some(Stamp::of(&link("cache"), "A=1\n"))),
        (tags("cache"), false)
    );
}

#[test]
fn what_cannot_be_a_file_is_refused() {
    let folder = Folder::new("refused");
    let sink = EnvFile::in_folder(&folder.0);
    let refused = |change: &dyn Fn(&mut Destination)| {
        let mut at = at("cache.env");
        change(&mut at);
        sink.check(&at).unwrap_err()
    };
    assert!(refused(&|at| at.format = Format::Json).contains("dotenv"));
    assert!(refused(&|at| at.value = Some("A".parse().unwrap())).contains("dotenv"));
    assert!(refused(&|at| at.name = "..".parse().unwrap()).contains("path of a file"));
    assert_eq!(sink.check(&at("/a/b")), Ok(()));

    let missing = EnvFile::in_folder(folder.0.join("missing"));
    assert_eq!(stored(&missing).unwrap(), None);
    let error = deliver(&missing, "cache", "A=1\n", false).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest, "{error}");
    fs::create_dir(folder.0.join("cache.env")).unwrap();
    let error = stored(&sink).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest, "{error}");
}
