//! Links that exist and are not in the document.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::stream::{StreamExt, iter};
use serde::Serialize;

use super::driver::{FleetDriver, Opened};
use super::report::{FleetReport, LinkReport, LinkState};
use crate::discover::{Discovered, discover};
use crate::link::{LinkSpec, Options};
use crate::model::TargetName;
use crate::provider::ProviderError;

/// A link that exists in the account and region of a target, and that the document does not have there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Stray {
    /// The first target of that account and region.
    pub target: TargetName,
    /// The link, as its tags describe it.
    #[serde(flatten)]
    pub found: Discovered,
}

impl FleetDriver {
    /// All links of the targets' accounts and regions that the document does not have there. Changes
    /// nothing.
    ///
    /// A link whose id the document has in that account and region is none of them, whatever else is
    /// different: its own plan says so.
    ///
    /// # Errors
    /// When an account cannot be read; then nothing is said of any.
    pub async fn strays(&self) -> Result<Vec<Stray>, ProviderError> {
        let found = self.discovered().await?;
        Ok(found.into_iter().filter(|stray| self.is_stray(stray)).collect())
    }

    /// All links that exist in the targets' accounts and regions, whether the document has them or
    /// not. Changes nothing.
    ///
    /// # Errors
    /// When an account cannot be read.
    pub async fn discovered(&self) -> Result<Vec<Stray>, ProviderError> {
        let (mut places, mut all) = (BTreeSet::new(), Vec::new());
        for (name, target) in &self.targets {
            if places.insert(target.place()) {
                let found = discover(&*target.clouds.aws).await?;
                all.extend(found.into_iter().map(|found| Stray { target: name.clone(), found }));
            }
        }
        Ok(all)
    }

    fn is_stray(&self, stray: &Stray) -> bool {
        let place = |name| self.targets.get(name).map(Opened::place);
        let here = place(&stray.target);
        !self.fleet.links().iter().any(|link| {
            link.spec.link().as_str() == stray.found.link && place(&link.target) == here
        })
    }

    /// Tears down these strays, as far as their tags tell how: see
    /// [`teardown_specs`](Discovered::teardown_specs). What a former document said of them may do it
    /// better: give its specs to [`teardown_of`](Self::teardown_of).
    ///
    /// One that the document has by now is left alone.
    pub async fn prune(&self, strays: &[Stray], options: impl Fn() -> Options) -> FleetReport {
        let links = strays.iter().map(async |stray| {
            let state = if self.is_stray(stray) {
                let specs = stray.found.teardown_specs();
                self.tear_down(&stray.target, specs, &options).await
            } else {
                LinkState::Kept { why: "the document has it".to_owned() }
            };
            LinkReport {
                link: stray.found.link.clone(),
                kind: stray.found.kind,
                target: stray.target.clone(),
                state,
            }
        });
        FleetReport { links: iter(links).buffered(self.settings.passes.max(1)).collect().await }
    }

    /// Tears down a link that is in no document any more, by the spec that it had.
    pub async fn teardown_of(
        &self,
        target: &TargetName,
        spec: LinkSpec,
        options: impl Fn() -> Options,
    ) -> LinkReport {
        let (link, kind) = (spec.link().to_string(), Some(spec.kind()));
        let state = self.tear_down(target, vec![spec], &options).await;
        LinkReport { link, kind, target: target.clone(), state }
    }

    async fn tear_down(
        &self,
        target: &TargetName,
        specs: Vec<LinkSpec>,
        options: &impl Fn() -> Options,
    ) -> LinkState {
        if specs.is_empty() {
            let why =
                "its tags name nothing that a teardown takes away; keys and add-ons hold data";
            return LinkState::Kept { why: why.to_owned() };
        }
        let Some(opened) = self.targets.get(target) else {
            return LinkState::Failed { reasons: vec![format!("there is no target {target}")] };
        };
        for spec in specs {
            let link = match spec.open(&opened.clouds, Arc::clone(&self.clock), options()) {
                Ok(link) => link,
                Err(error) => return LinkState::Failed { reasons: vec![error.to_string()] },
            };
            if let Err(error) = link.teardown().await {
                return LinkState::of_error(&error);
            }
        }
        LinkState::TornDown
    }
}
