//! The backlog, written by the manager alone and read by its links, each of which moves its own
//! cursor.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::model::backlog::Backlog;

#[derive(Clone)]
pub struct SharedBacklog(Arc<Mutex<Backlog>>);

impl SharedBacklog {
    pub fn new(backlog: Backlog) -> SharedBacklog {
        SharedBacklog(Arc::new(Mutex::new(backlog)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Backlog> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
