//! An object as the API server has it, and its status as the store of a driver's memory.

use std::error::Error;

use async_trait::async_trait;
use heroku_data_link::reconcile::{Memory, MemoryStore};
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use tokio::sync::Mutex;

use crate::condition::LinkStatus;
use crate::object::Linked;

/// The object of one link. Whatever is written is written on top of what was read or written last: if
/// somebody else has changed the object since, the API server refuses, and nothing was done.
#[derive(Debug)]
pub(crate) struct Saved<K> {
    api: Api<K>,
    object: Mutex<K>,
}

impl<K: Linked> Saved<K> {
    pub(crate) fn new(api: Api<K>, object: K) -> Self {
        Self { api, object: Mutex::new(object) }
    }

    pub(crate) async fn object(&self) -> K {
        self.object.lock().await.clone()
    }

    /// Another version of the same object, which was read just now.
    pub(crate) async fn renew(&self, object: K) {
        *self.object.lock().await = object;
    }

    /// Changes the status. Sends nothing where it stays the same; says whether it did.
    pub(crate) async fn write(&self, change: impl FnOnce(&mut LinkStatus)) -> kube::Result<bool> {
        let mut object = self.object.lock().await;
        let mut status = object.status().cloned().unwrap_or_default();
        change(&mut status);
        if object.status() == Some(&status) {
            return Ok(false);
        }
        let mut changed = object.clone();
        *changed.status_mut() = Some(status);
        let name = object.name_any();
        *object = self.api.replace_status(&name, &PostParams::default(), &changed).await?;
        Ok(true)
    }
}

#[async_trait]
impl<K: Linked> MemoryStore for Saved<K> {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.write(|status| status.memory = Some(memory.to_json())).await?;
        Ok(())
    }
}
