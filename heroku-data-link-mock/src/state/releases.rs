//! What an app's releases were made for.

use std::time::SystemTime;

use heroku_data_link::model::AppName;

use super::addons::HerokuState;

/// A change of an app that restarted it.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "server"), allow(dead_code))]
pub(crate) struct ReleaseRecord {
    pub(crate) at: SystemTime,
    pub(crate) description: String,
}

impl HerokuState {
    pub(crate) fn release(&mut self, app: &AppName, at: SystemTime, description: String) {
        let release = ReleaseRecord { at, description };
        self.releases.entry(app.clone()).or_default().push(release);
    }
}
