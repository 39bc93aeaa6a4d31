//! What stands between a driver and the clouds: sees each call before it is sent, and what came of
//! it.

use std::fmt::{self, Debug};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::json;

use super::plan::StepName;
use super::text::timestamp;
use crate::model::{LinkId, LinkKind};
use crate::provider::{Call, CallerIdentity, ProviderError, Sent};

/// A call that is about to be sent, or was.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sending<'a> {
    /// The link that it is for.
    pub link: &'a LinkId,
    /// The kind of link.
    pub kind: LinkKind,
    /// The step's name.
    pub step: &'a StepName,
    /// The call, with its whole request.
    pub call: &'a Call,
    /// Who acts on AWS, once that was asked.
    pub caller: Option<&'a CallerIdentity>,
    /// When it is sent.
    pub at: SystemTime,
}

/// What came of a call.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// What the cloud said: the id of what was made and of the request, or an error, which may have a
    /// request id.
    pub answer: Result<&'a Sent, &'a ProviderError>,
    /// How long it took.
    pub took: Duration,
}

/// Why a call is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Sees each mutating call of a driver. Give it to [`Driver::with_hook`](super::Driver::with_hook).
///
/// An audit log is [`AuditLog`]. A rate limit waits in `before`; a dry run refuses there:
///
/// ```
/// use heroku_data_link::reconcile::{CallHook, Refused, Sending};
///
/// #[derive(Debug)]
/// struct DryRun;
///
/// #[async_trait::async_trait]
/// impl CallHook for DryRun {
///     async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
///         Err(Refused(format!("would run: {}", sending.call)))
///     }
/// }
/// ```
#[async_trait]
pub trait CallHook: Debug + Send + Sync {
    /// Before a call is sent. It is sent once every hook has returned.
    ///
    /// # Errors
    /// Then the call is not sent, and the pass fails.
    async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
        let _ = sending;
        Ok(())
    }

    /// After a call was answered. A call that is dropped in mid-air has no answer.
    fn after(&self, sending: &Sending<'_>, outcome: &Outcome<'_>) {
        let _ = (sending, outcome);
    }
}

/// A log of every call as lines of JSON: one before it is sent, and one with what came of it.
///
/// | field | value |
/// | --- | --- |
/// | `at` | when it was sent, as RFC 3339 |
/// | `event` | `sending`, `done` or `failed` |
/// | `caller` | the ARN of who acts on AWS, where it is known |
/// | `link`, `kind`, `step` | what it is for |
/// | `operation` | the IAM action, or Heroku's operation |
/// | `call` | the whole request; it holds no secret |
/// | `made` | the id of what was made, if there is one |
/// | `error` | what the cloud said, where it failed |
/// | `request-id` | the id by which the cloud's logs know the request, where it is known |
/// | `took-ms` | milliseconds until the answer |
pub struct AuditLog<W> {
    out: Mutex<W>,
}

impl<W> Debug for AuditLog<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").finish_non_exhaustive()
    }
}

impl<W: Write + Send> AuditLog<W> {
    /// A log that is appended to `out`, a line at a time.
    pub fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.out.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: &impl Serialize) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// What every line begins with.
fn line(sending: &Sending<'_>, event: &str) -> serde_json::Value {
    let Sending { link, kind, step, call, caller, at } = sending;
    let mut line = json!({
        "at": timestamp(*at),
        "event": event,
        "link": link,
        "kind": kind,
        "step": step,
        "operation": call.operation(),
        "call": call,
    });
    if let Some(caller) = caller {
        line["caller"] = json!(caller.arn);
    }
    line
}

#[async_trait]
impl<W: Write + Send> CallHook for AuditLog<W> {
    /// What cannot be logged is not done.
    async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
        let written = self.write(&line(sending, "sending"));
        written.map_err(|error| Refused(format!("the audit log cannot be written: {error}")))
    }

    fn after(&self, sending: &Sending<'_>, outcome: &Outcome<'_>) {
        let (mut line, request_id) = match outcome.answer {
            Ok(sent) => {
                let mut line = line(sending, "done");
                if let Some(made) = &sent.made {
                    line["made"] = json!(made);
                }
                (line, sent.request_id.as_deref())
            }
            Err(error) => {
                let mut line = line(sending, "failed");
                line["error"] = json!(error.to_string());
                (line, error.request_id())
            }
        };
        if let Some(id) = request_id {
            line["request-id"] = json!(id);
        }
        line["took-ms"] = json!(u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX));
        if let Err(error) = self.write(&line) {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }
}
