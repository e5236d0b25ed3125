#[derive(Debug, Clone)]
pub struct ReplicaStatus;
#[derive(Debug, Clone, Default)]
pub struct MasterLinkStatus;
impl MasterLinkStatus {
    pub fn is_up(&self) -> bool {
        true
    }
}
