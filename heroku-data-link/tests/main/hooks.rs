//! What sees each call before it is sent: audit log, dry run, rate limit.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{ErrorKind, operation};
use heroku_data_link::reconcile::{
    AuditLog, CallHook, Clock, Outcome, ReconcileError, Refused, Sending,
};
use heroku_data_link_mock::Fault;

use crate::golden::assert_golden;
use crate::support::{driver, procedure};

/// A writer that a test can read while the log has it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_audit_log_of_a_whole_life() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let lost = Fault::on(operation::CREATE_SECURITY_GROUP).after(ErrorKind::Timeout);
    world.fault(lost);
    let log = Shared::default();
    let link = driver(&world, &spec).with_hook(Arc::new(AuditLog::new(log.clone())));
    link.establish().await.unwrap();
    link.teardown().await.unwrap();
    let text = log.text();
    assert_golden("audit.jsonl", &text);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sent = lines.iter().filter(|line| line["event"] == "sending").count();
    assert_eq!((sent, lines.len()), (world.mutations(), 2 * world.mutations()));
    assert!(lines.iter().all(|line| line["caller"].is_string()));
}

#[derive(Debug)]
struct DryRun;

#[async_trait]
impl CallHook for DryRun {
    async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
        Err(Refused(format!("would run: {}", sending.call)))
    }
}

#[tokio::test]
async fn a_hook_that_refuses_keeps_every_call_from_being_sent() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let before = world.fingerprint();
    let error = driver(&world, &spec).with_hook(Arc::new(DryRun)).establish().await.unwrap_err();
    assert!(matches!(&error, ReconcileError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("would run: heroku data:privatelink:create"), "{error}");
    assert_eq!((world.mutations(), world.fingerprint()), (0, before));
}

/// One call a minute, on the driver's clock.
#[derive(Debug)]
struct Slow {
    clock: Arc<dyn Clock>,
    answers: AtomicUsize,
}

#[async_trait]
impl CallHook for Slow {
    async fn before(&self, _: &Sending<'_>) -> Result<(), Refused> {
        self.clock.sleep(Duration::from_secs(60)).await;
        Ok(())
    }

    fn after(&self, _: &Sending<'_>, outcome: &Outcome<'_>) {
        assert!(outcome.answer.is_ok());
        self.answers.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_hook_may_make_calls_wait() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let slow = Arc::new(Slow { clock: world.clock(), answers: AtomicUsize::new(0) });
    driver(&world, &spec).with_hook(slow.clone()).establish().await.unwrap();
    assert_eq!(slow.answers.load(Ordering::Relaxed), world.mutations());
    let journal = world.journal();
    let first = journal.iter().find(|call| call.mutating).unwrap().at;
    assert!(first.duration_since(journal[0].at).unwrap() >= Duration::from_secs(60));
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_done() {
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("disk full"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec).with_hook(Arc::new(AuditLog::new(Full)));
    let error = link.establish().await.unwrap_err();
    assert!(error.to_string().contains("the audit log cannot be written"), "{error}");
    assert_eq!(world.mutations(), 0);
}
