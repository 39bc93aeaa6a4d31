//! No secret in anything that prints.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex, PoisonError};

use heroku_data_link::reconcile::{Event, Plan, ReconcileError};

use crate::world::World;

/// Looks for the world's secrets.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    secrets: Arc<[String]>,
    leak: Arc<Mutex<Option<String>>>,
}

impl Sweep {
    /// The secrets are the passwords of all add-ons that are there.
    pub(crate) fn new(world: &World) -> Self {
        let inner = world.lock();
        let addons = inner.state.heroku.addons.values();
        let secrets = addons.map(|addon| addon.password.expose().to_owned()).collect();
        Self { secrets, leak: Arc::default() }
    }

    /// What was printed with a secret in it.
    pub(crate) fn leak(&self) -> Option<String> {
        self.leak.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn text(&self, text: &str) {
        if self.secrets.iter().any(|secret| text.contains(secret.as_str())) {
            let mut leak = self.leak.lock().unwrap_or_else(PoisonError::into_inner);
            leak.get_or_insert_with(|| format!("a secret is printed: {text}"));
        }
    }

    pub(crate) fn event(&self, event: &Event) {
        self.text(&format!("{event:?}"));
        self.text(&serde_json::to_string(event).unwrap_or_default());
    }

    pub(crate) fn plan(&self, plan: &Plan) {
        self.text(&format!("{plan:?}"));
        self.text(&plan.to_string());
        self.text(&serde_json::to_string(plan).unwrap_or_default());
    }

    pub(crate) fn memory(&self, text: &str) {
        self.text(text);
    }

    pub(crate) fn debug(&self, value: &impl Debug) {
        self.text(&format!("{value:?}"));
    }

    /// An error and its sources, as one line.
    pub(crate) fn error(&self, error: &ReconcileError) -> String {
        let mut line = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            line.push_str(": ");
            line.push_str(&error.to_string());
            source = error.source();
        }
        self.debug(error);
        self.text(&line);
        line
    }

    pub(crate) fn line(&self, line: impl Display) -> String {
        let line = line.to_string();
        self.text(&line);
        line
    }
}
