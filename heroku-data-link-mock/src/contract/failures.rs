//! How calls fail, whatever they are about.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use heroku_data_link::provider::{ErrorKind, ProviderResult};

use super::Start;
use super::expect::{refused, secs};
use crate::Fault;

/// A call that is to fail, and the name that its error is to have.
pub(super) struct Probe<'a> {
    operation: &'static str,
    call: Box<dyn Fn() -> LocalBoxFuture<'a, ProviderResult<()>> + 'a>,
}

/// A call of `operation`.
pub(super) fn probe<'a, T, F>(operation: &'static str, call: impl Fn() -> F + 'a) -> Probe<'a>
where
    F: Future<Output = ProviderResult<T>> + 'a,
{
    Probe {
        operation,
        call: Box::new(move || {
            let answer = call();
            async move { answer.await.map(drop) }.boxed_local()
        }),
    }
}

/// Which cloud the calls are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Heroku,
    Aws,
}

/// What any call may fail with, without having had any effect.
fn kinds(cloud: Cloud) -> Vec<ErrorKind> {
    let mut kinds = vec![
        ErrorKind::Transient,
        ErrorKind::Forbidden,
        ErrorKind::Unauthorized,
        ErrorKind::RateLimited { retry_after: None },
        ErrorKind::RateLimited { retry_after: Some(secs(7)) },
    ];
    match cloud {
        // A 404 that is not Heroku's must not pass for absence.
        Cloud::Heroku => kinds.extend([ErrorKind::TwoFactorRequired, ErrorKind::Protocol]),
        Cloud::Aws => {}
    }
    kinds
}

/// Lets each of these calls fail in every way, and looks at the error, and at the number of calls
/// that the world saw: a call is one attempt.
pub(super) async fn check(start: &Start, cloud: Cloud, probes: &[Probe<'_>]) {
    let world = &start.world;
    for Probe { operation, call } in probes {
        for expected in kinds(cloud) {
            let fault = Fault::on_any_call().before(expected.clone());
            let (error, attempts) = attempt(start, fault, call()).await;
            assert_eq!(error.kind(), &expected, "{error}");
            assert_eq!(error.operation(), *operation);
            assert_eq!(attempts, 1, "{operation} was tried again after: {error}");
            // A client may rest for as long as it was asked to.
            world.advance(secs(60));
        }
        let lost = Fault::on_any_call().before(ErrorKind::Timeout);
        let (error, attempts) = attempt(start, lost, call()).await;
        let unsure = matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Transient);
        assert!(unsure, "an answer that never came: {error}");
        assert_eq!(attempts, 1, "{operation} was tried again after a lost answer");
    }
}

async fn attempt(
    start: &Start,
    fault: Fault,
    call: LocalBoxFuture<'_, ProviderResult<()>>,
) -> (heroku_data_link::provider::ProviderError, usize) {
    let before = start.world.calls();
    start.world.fault(fault.saying("a fault of the contract"));
    let error = refused(call.await);
    start.world.clear_faults();
    (error, start.world.calls() - before)
}

/// A mutation that has its effect while its answer is lost: the caller hears that nobody knows.
pub(super) async fn lose_answer(start: &Start, call: impl Future<Output = ProviderResult<()>>) {
    start.world.fault(Fault::on_any_mutation().after(ErrorKind::Timeout));
    let before = start.world.mutations();
    let error = refused(call.await);
    let unsure = matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Transient);
    assert!(unsure, "an answer that never came: {error}");
    assert_eq!(start.world.mutations() - before, 1, "{error}");
}
