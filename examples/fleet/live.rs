//! The real clouds, as the targets of a fleet name them.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use heroku_data_link::fleet::{Fleet, Target};
use heroku_data_link::provider::Clouds;
use heroku_data_link_aws::{AssumedRole, Targets};
use heroku_data_link_examples::live::LiveClock;
use heroku_data_link_examples::sinks::{with_files, with_those_of_aws};

use crate::Backend;
use crate::options::Options;

/// One Heroku token, which has one budget of requests, and a client of AWS for each target.
pub(crate) async fn backend(fleet: &Fleet, options: &Options) -> Result<Backend, Box<dyn Error>> {
    let heroku = Arc::new(heroku_data_link_heroku::Client::from_env()?);
    let (pool, mut clouds) = (Targets::new(), BTreeMap::new());
    for (name, target) in fleet.targets() {
        let aws = pool.client(&credentials(target)).await;
        let aws = aws.map_err(|error| -> Box<dyn Error> {
            format!("target {name}: {}", one_line(&error)).into()
        })?;
        let both = Clouds::new(heroku.clone(), Arc::new(aws.clone()));
        let both = with_those_of_aws(with_files(both, options.folder())?, &aws)?;
        clouds.insert(name.clone(), both);
    }
    Ok(Backend { clouds, clock: Arc::new(LiveClock::new(options.common.speed)) })
}

fn credentials(target: &Target) -> heroku_data_link_aws::Target {
    let role = target.role.as_ref().map(|role| {
        let mut assumed = AssumedRole::new(role.arn.clone());
        if let Some(id) = &role.external_id {
            assumed = assumed.external_id(id);
        }
        if let Some(name) = &role.session_name {
            assumed = assumed.session_name(name);
        }
        assumed
    });
    heroku_data_link_aws::Target {
        region: Some(target.region.clone()),
        profile: target.profile.clone(),
        role,
    }
}

fn one_line(error: &dyn Error) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
