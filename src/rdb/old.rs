//! Packed collections of earlier versions, which are read and never written.

pub mod ziplist;
