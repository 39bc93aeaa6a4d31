//! Metrics for Prometheus, and whether the operator is well.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use heroku_data_link::link::Health;
use heroku_data_link::reconcile::{CallHook, Outcome, Sending};

/// What is counted. As a hook it counts the calls that change something on a cloud.
#[derive(Debug, Default)]
pub struct Metrics {
    counters: Mutex<BTreeMap<(&'static str, String), u64>>,
    links: Mutex<BTreeMap<String, (&'static str, Health)>>,
    is_leader: AtomicBool,
}

impl Metrics {
    /// Says whether this operator is the one that works.
    pub fn lead(&self, is_leader: bool) {
        self.is_leader.store(is_leader, Ordering::Relaxed);
    }

    pub(crate) fn passed(&self, uid: &str, kind: &'static str, health: Health) {
        self.count("passes_total", format!("kind=\"{kind}\",health=\"{health}\""));
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.insert(uid.to_owned(), (kind, health));
    }

    pub(crate) fn forget(&self, uid: &str) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    fn count(&self, name: &'static str, labels: String) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry((name, labels)).or_default() += 1;
    }

    /// As Prometheus reads them.
    pub fn text(&self) -> String {
        const HELP: [(&str, &str); 2] = [
            ("calls_total", "Calls that change something on a cloud or in a Secret."),
            ("passes_total", "Passes over links, by how they found them."),
        ];
        let mut text = String::new();
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, help) in HELP {
            let _ = writeln!(text, "# HELP heroku_data_link_{name} {help}");
            let _ = writeln!(text, "# TYPE heroku_data_link_{name} counter");
            for ((_, labels), count) in counters.iter().filter(|((it, _), _)| *it == name) {
                let _ = writeln!(text, "heroku_data_link_{name}{{{labels}}} {count}");
            }
        }
        let mut by_health: BTreeMap<(&str, String), u64> = BTreeMap::new();
        for (kind, health) in self.links.lock().unwrap_or_else(PoisonError::into_inner).values() {
            *by_health.entry((kind, health.to_string())).or_default() += 1;
        }
        let _ = writeln!(text, "# HELP heroku_data_link_links Links, by how they are.");
        let _ = writeln!(text, "# TYPE heroku_data_link_links gauge");
        for ((kind, health), count) in by_health {
            let _ = writeln!(
                text,
                "heroku_data_link_links{{kind=\"{kind}\",health=\"{health}\"}} {count}"
            );
        }
        let leader = u8::from(self.is_leader.load(Ordering::Relaxed));
        let _ = writeln!(text, "# HELP heroku_data_link_leader Whether this operator works.");
        let _ = writeln!(text, "# TYPE heroku_data_link_leader gauge");
        let _ = writeln!(text, "heroku_data_link_leader {leader}");
        text
    }
}

#[async_trait]
impl CallHook for Metrics {
    fn after(&self, sending: &Sending<'_>, outcome: &Outcome<'_>) {
        let operation = sending.call.operation();
        let outcome = match outcome.answer {
            Ok(_) => "done".to_owned(),
            Err(error) => error.kind().to_string(),
        };
        self.count("calls_total", format!("operation=\"{operation}\",outcome=\"{outcome}\""));
    }
}

/// Answers `/metrics`, `/healthz` and `/readyz`. An operator that waits for the lease is ready, too.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(at: SocketAddr, metrics: Arc<Metrics>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(at).await?;
    axum::serve(listener, router(metrics)).await
}

fn router(metrics: Arc<Metrics>) -> Router {
    let well = || async { (StatusCode::OK, "ok\n") };
    Router::new()
        .route("/healthz", get(well))
        .route("/readyz", get(well))
        .route("/metrics", get(move || async move { metrics.text() }))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn it_says_whether_it_is_well_and_what_it_did() {
        let metrics = Arc::new(Metrics::default());
        metrics.passed("uid-1", "peering", Health::Ready);
        metrics.passed("uid-1", "peering", Health::Blocked);
        metrics.lead(true);
        for (path, code, part) in [
            ("/healthz", 200, "ok"),
            ("/readyz", 200, "ok"),
            ("/metrics", 200, "heroku_data_link_leader 1\n"),
            ("/metrics", 200, "passes_total{kind=\"peering\",health=\"ready\"} 1\n"),
            ("/metrics", 200, "links{kind=\"peering\",health=\"blocked\"} 1\n"),
            ("/", 404, ""),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router(Arc::clone(&metrics)).oneshot(request).await.unwrap();
            assert_eq!(answer.status(), code, "{path}");
            let text = to_bytes(answer.into_body(), 65536).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            assert!(text.contains(part), "{path}: {text}");
        }
        metrics.forget("uid-1");
        assert!(!metrics.text().contains("heroku_data_link_links{"));
    }
}
