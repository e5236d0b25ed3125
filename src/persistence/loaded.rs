//! What comes of a load.

use crate::base::ids::DbIndex;
use crate::rdb::report::LoadReport;
use crate::store::dataset::Dataset;

/// What a file holds.
#[derive(Debug)]
pub struct LoadedFile {
    pub dataset: Dataset,
    pub report: LoadReport,
    /// Keys left out since they had expired: replicas that have the file's data must hear of it.
    pub expired: Vec<(DbIndex, Vec<u8>)>,
}
