use heroku_data_link::model::{AppName, AwsRegion, Generation, HerokuRegion, SpaceId, SpaceName};
use heroku_data_link::provider;
use serde::Deserialize;
use serde_json::Value;

use super::Named;
use crate::decode::{or_default, value_or_none};

#[derive(Debug, Deserialize)]
pub(crate) struct App {
    name: AppName,
    #[serde(default)]
    space: Option<Named<SpaceName>>,
}

impl From<App> for provider::App {
    fn from(app: App) -> Self {
        Self { name: app.name, space: app.space.map(|space| space.name) }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Space {
    #[serde(default, deserialize_with = "value_or_none")]
    id: Option<SpaceId>,
    name: SpaceName,
    region: Named<HerokuRegion>,
    #[serde(default, deserialize_with = "or_default")]
    shield: bool,
    /// Text or an object with a name, by the variant of the API that was asked for.
    #[serde(default)]
    generation: Value,
}

impl From<Space> for provider::Space {
    fn from(space: Space) -> Self {
        let named = space.generation.get("name").unwrap_or(&space.generation);
        // Replies from before there were two do not name it.
        let generation = named.as_str().map_or(Generation::Cedar, Generation::from);
        Self {
            id: space.id,
            name: space.name,
            region: space.region.name,
            shield: space.shield,
            generation,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Region {
    provider: RegionProvider,
}

#[derive(Debug, Deserialize)]
struct RegionProvider {
    region: AwsRegion,
}

impl Region {
    pub(crate) fn aws_region(self) -> AwsRegion {
        self.provider.region
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) email: String,
}
