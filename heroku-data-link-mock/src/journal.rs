use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::provider::{ErrorKind, operation};

/// One call that was made to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: SystemTime,
    /// Which: a name of [`operation`].
    pub operation: &'static str,
    /// Whether it was made to change something.
    pub mutating: bool,
    /// What it was about: ids, names and states, never a secret.
    pub detail: String,
    /// What came of it, as its caller saw it.
    pub outcome: Outcome,
    /// The IAM actions that it took; none for Heroku.
    pub permissions: Vec<&'static str>,
}

/// What its caller saw of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Ok,
    /// It failed.
    Failed(ErrorKind),
    /// It never returned: the call of [`World::crash_at`](crate::World::crash_at) or
    /// [`World::hang_at`](crate::World::hang_at). Calls that a program would have made after its
    /// crash are not in the journal.
    NeverReturned,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.detail)?;
        match &self.outcome {
            Outcome::Ok => Ok(()),
            Outcome::Failed(kind) => write!(f, " ({kind})"),
            Outcome::NeverReturned => write!(f, " (never returned)"),
        }
    }
}

/// What a call is, before it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) operation: &'static str,
    pub(crate) detail: &'a str,
    /// Whether it sets tags on what it creates.
    pub(crate) tags: bool,
}

impl<'a> Request<'a> {
    pub(crate) fn new(operation: &'static str, detail: &'a str) -> Self {
        Self { operation, detail, tags: false }
    }

    pub(crate) fn tagging(self, tags: bool) -> Self {
        Self { tags, ..self }
    }
}

/// All calls, packed: a fleet of a thousand links makes half a million of them.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    operations: Vec<&'static str>,
    details: Vec<Arc<str>>,
    detail_ids: HashMap<Arc<str>, u32>,
    without_reads: bool,
    pub(crate) calls: usize,
    pub(crate) mutations: usize,
}

#[derive(Debug)]
struct Entry {
    /// Nanoseconds since the Unix epoch.
    at: u64,
    /// `None` is success.
    failure: Option<Box<Outcome>>,
    detail: u32,
    operation: u8,
    mutating: bool,
    tags: bool,
}

impl Journal {
    pub(crate) fn leave_out_reads(&mut self) {
        self.without_reads = true;
    }

    pub(crate) fn note(
        &mut self,
        at: SystemTime,
        request: Request<'_>,
        mutating: bool,
        outcome: Outcome,
    ) {
        if self.without_reads && !mutating {
            return;
        }
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let entry = Entry {
            at: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            failure: (outcome != Outcome::Ok).then(|| Box::new(outcome)),
            detail: self.detail(request.detail),
            operation: self.operation(request.operation),
            mutating,
            tags: request.tags,
        };
        self.entries.push(entry);
    }

    pub(crate) fn list(&self) -> Vec<Call> {
        self.entries.iter().map(|entry| self.unpack(entry)).collect()
    }

    fn unpack(&self, entry: &Entry) -> Call {
        let operation = self.operations[usize::from(entry.operation)];
        Call {
            at: SystemTime::UNIX_EPOCH + Duration::from_nanos(entry.at),
            operation,
            mutating: entry.mutating,
            detail: usize::try_from(entry.detail)
                .ok()
                .and_then(|index| self.details.get(index))
                .map_or_else(String::new, ToString::to_string),
            outcome: entry.failure.as_deref().cloned().unwrap_or(Outcome::Ok),
            permissions: permissions(operation, entry.tags),
        }
    }

    fn operation(&mut self, name: &'static str) -> u8 {
        let known = self.operations.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            self.operations.push(name);
            self.operations.len() - 1
        });
        // There are no 256 operations.
        u8::try_from(index).unwrap_or(u8::MAX)
    }

    fn detail(&mut self, text: &str) -> u32 {
        if let Some(id) = self.detail_ids.get(text) {
            return *id;
        }
        let id = u32::try_from(self.details.len()).unwrap_or(u32::MAX);
        let shared: Arc<str> = text.into();
        self.details.push(Arc::clone(&shared));
        self.detail_ids.insert(shared, id);
        id
    }
}

/// The IAM actions that a call takes.
fn permissions(operation: &'static str, tags: bool) -> Vec<&'static str> {
    let (is_ec2, is_kms) = (operation.starts_with("ec2:"), operation.starts_with("kms:"));
    let mut permissions = Vec::new();
    if is_ec2 || is_kms {
        permissions.push(operation);
    }
    match operation {
        operation::CREATE_KEY => permissions.push(operation::PUT_KEY_POLICY),
        // KMS lists ids alone: tags and the rest are asked for key by key.
        operation::LIST_KEYS => {
            permissions.extend([operation::LIST_RESOURCE_TAGS, operation::DESCRIBE_KEY]);
        }
        _ => {}
    }
    if tags {
        permissions.push(if is_kms { operation::TAG_KEY } else { operation::CREATE_TAGS });
    }
    permissions
}
