//! Where an app and its data live.

use crate::model::{AppName, AwsRegion};
use crate::provider::{App, ProviderResult, Space, Spaces};
use crate::reconcile::{Blocker, Code};

/// Where an app lives; as much of it as was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Home {
    pub(crate) app: Option<App>,
    pub(crate) space: Option<Space>,
    pub(crate) region: Option<AwsRegion>,
}

/// How a workflow says that a home will not do.
pub(crate) struct Words {
    /// What cannot be read where the app is unknown.
    pub(crate) app: &'static str,
    /// What to do about it.
    pub(crate) unknown_app: &'static str,
    /// What needs a space.
    pub(crate) feature: &'static str,
    /// What is in the space's region.
    pub(crate) resident: fn(&Space) -> String,
    /// What to do about AWS credentials for another region than this one.
    pub(crate) other_region: fn(&AwsRegion) -> String,
}

impl Home {
    pub(crate) async fn read<H: Spaces + ?Sized>(
        heroku: &H,
        app: &AppName,
    ) -> ProviderResult<Self> {
        let mut home = Self { app: heroku.app(app).await?, ..Self::default() };
        if let Some(space) = home.app.as_ref().and_then(|app| app.space.as_ref()) {
            home.space = heroku.space(space).await?;
        }
        if let Some(space) = &home.space {
            home.region = heroku.aws_region(&space.region).await?;
        }
        Ok(home)
    }

    /// Whether all of it was found, which then does not change.
    pub(crate) fn is_complete(&self) -> bool {
        self.region.is_some()
    }

    /// The app's space, which is in this region.
    pub(crate) fn space_in(&self, region: &AwsRegion, words: &Words) -> Result<&Space, Blocker> {
        let Some(app) = &self.app else {
            return Err(Blocker::new(
                Code::UnknownApp,
                format!("{} cannot be read with these credentials", words.app),
                words.unknown_app,
            ));
        };
        let Some(space) = &self.space else {
            return Err(match &app.space {
                None => Blocker::new(
                    Code::NotInASpace,
                    format!("app {} is not in a Private or Shield Space", app.name),
                    format!("{} needs an add-on in a space", words.feature),
                ),
                Some(space) => Blocker::new(
                    Code::UnknownSpace,
                    format!("space {space} cannot be read with these credentials"),
                    "use a token of a member of the space's team",
                ),
            });
        };
        let Some(there) = &self.region else {
            return Err(Blocker::new(
                Code::UnknownRegion,
                format!("Heroku does not say which AWS region {} is", space.region),
                "report this: the region is new",
            ));
        };
        if there == region {
            return Ok(space);
        }
        Err(Blocker::new(
            Code::OtherRegion,
            format!(
                "{} is in {there} (Heroku: {}), and these AWS credentials speak to {region}",
                (words.resident)(space),
                space.region
            ),
            (words.other_region)(there),
        ))
    }
}
