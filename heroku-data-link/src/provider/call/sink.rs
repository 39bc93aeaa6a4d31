//! The mutating calls to sinks.

use serde::{Deserialize, Serialize};

use super::Sent;
use crate::bundle::{Bundle, Destination};
use crate::model::{AppName, LinkId, Stamp, VpcEndpointId};
use crate::provider::{
    Clouds, Delivery, ErrorKind, ProviderError, ProviderResult, Tag, Tags, operation as op,
};

/// A mutating call to a sink.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SinkCall {
    /// Deliver a link's connection. It holds no secret: what is delivered is read anew from the app's
    /// config variables when it is sent, and is refused unless it has this stamp.
    Deliver {
        /// Where to.
        at: Destination,
        /// The link.
        link: LinkId,
        /// The app whose config variables are read.
        app: AppName,
        /// The endpoint that they are for.
        endpoint: VpcEndpointId,
        /// The stamp of what is delivered.
        stamp: Stamp,
        /// The tags of the copy.
        tags: Tags,
        /// Whether a copy of the link's own is there, and is replaced.
        replaces: bool,
    },
    /// Delete a copy, if it still has the tag of its owner when the call is sent.
    Remove {
        /// Where it is.
        at: Destination,
        /// The tag that says whose it is.
        owner: Tag,
    },
}

impl SinkCall {
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Deliver { .. } => op::DELIVER_COPY,
            Self::Remove { .. } => op::REMOVE_COPY,
        }
    }

    pub(super) async fn send(&self, clouds: &Clouds) -> ProviderResult<Sent> {
        let (Self::Deliver { at, .. } | Self::Remove { at, .. }) = self;
        let sink = clouds.sinks.get(&at.to).ok_or_else(|| {
            let text = format!("this program offers no sink {}", at.to);
            ProviderError::new(self.operation(), ErrorKind::InvalidRequest, text)
        })?;
        match self {
            Self::Deliver { at, link, app, endpoint, stamp, tags, replaces } => {
                let vars = clouds.heroku.config_vars(app).await?;
                let attachment = at.attachment.as_ref();
                let bundle = Bundle::from_config_vars(endpoint, &vars, &at.names, attachment);
                let text = bundle.and_then(|bundle| at.text(link, &bundle));
                let changed =
                    |why: String| ProviderError::new(self.operation(), ErrorKind::Conflict, why);
                let (text, now) = text.map_err(|error| changed(error.to_string()))?;
                if now != *stamp {
                    return Err(changed("the config variables changed a moment ago".to_owned()));
                }
                let (text, tags) = (&text, tags);
                sink.deliver(&Delivery { at, text, stamp: now, tags, replaces: *replaces }).await?;
            }
            Self::Remove { at, owner } => {
                let Some(stored) = sink.stored(at).await? else { return Ok(Sent::default()) };
                if stored.tags.get(&owner.key) != Some(&owner.value) {
                    let text = format!("{at} is not the link's own any more");
                    return Err(ProviderError::new(self.operation(), ErrorKind::Conflict, text));
                }
                sink.remove(at).await?;
            }
        }
        Ok(Sent::default())
    }
}
