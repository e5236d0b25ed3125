//! Snapshots to files and back, on threads of their own.
