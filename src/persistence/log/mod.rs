//! The append-only log: the replication stream on disk.
//!
//! [`folder`] is the folder with its manifest, [`writer`] the file that grows, [`files`] the thread
//! that syncs and does whatever else the disk may take long for, [`load`] the way back. Where there is no
//! append-only log, the stream stands in [`segments`].

pub mod backup;
pub mod files;
pub mod folder;
pub mod load;
pub mod loaded;
pub mod segments;
pub mod writer;
