pub mod backlog;
pub mod feed;
pub mod history;
pub mod lines;
pub mod status;
