use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::provider::ProviderResult;

/// A fact that does not change, so that it is read once and not in every pass.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<Option<T>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    /// The fact, if it is known.
    pub(crate) fn get(&self) -> Option<T> {
        self.lock().clone()
    }

    pub(crate) fn set(&self, fact: &T) {
        *self.lock() = Some(fact.clone());
    }

    /// It may not be so any more: it will be read again.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    /// The fact, read unless it is known.
    pub(crate) async fn get_or_read(
        &self,
        read: impl Future<Output = ProviderResult<T>>,
    ) -> ProviderResult<T> {
        self.get_or_read_until(|_| true, read).await
    }

    /// The same, read again until what is read `is_final`.
    pub(crate) async fn get_or_read_until(
        &self,
        is_final: impl FnOnce(&T) -> bool,
        read: impl Future<Output = ProviderResult<T>>,
    ) -> ProviderResult<T> {
        if let Some(fact) = self.get() {
            return Ok(fact);
        }
        let fact = read.await?;
        if is_final(&fact) {
            self.set(&fact);
        }
        Ok(fact)
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ErrorKind, ProviderError};

    #[tokio::test]
    async fn what_is_known_is_not_read_again() {
        let fact = Remembered::default();
        assert_eq!(fact.get_or_read(async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(fact.get_or_read(async { Ok(2) }).await.unwrap(), 1);
        fact.forget();
        assert_eq!(fact.get_or_read(async { Ok(3) }).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_is_not_final_is_read_again() {
        let fact = Remembered::default();
        for (read, got) in [(None, None), (Some(1), Some(1)), (None, Some(1))] {
            let read = fact.get_or_read_until(Option::is_some, async { Ok(read) });
            assert_eq!(read.await.unwrap(), got);
        }
    }

    #[tokio::test]
    async fn a_failure_is_no_fact() {
        let fact = Remembered::default();
        let error = || ProviderError::new("Read", ErrorKind::Timeout, "too late");
        assert!(fact.get_or_read(async { Err(error()) }).await.is_err());
        assert_eq!(fact.get(), None);
        assert!(fact.get_or_read(async { Ok(1) }).await.is_ok());
    }
}
