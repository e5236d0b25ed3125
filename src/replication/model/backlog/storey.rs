//! The backlog's second storey: what of the stream is on disk, and where.
//!
//! ```text
//!   start()                                             end() = backlog.end()
//!     ▼                                                   ▼
//!     ├─ stretch ──┬─ stretch ──────────┬─ stretch ─ ─ ─ ─┤   on disk
//!     file 1 @ 130  file 1 @ 90_412       file 2 @ 61
//!                                      ├── backlog ───────┤   in memory
//! ```
//! The files hold the bytes of the stream one after the other, but for annotations between them: a
//! stretch is what stands between two of these. Bytes are in a file before they come to the backlog,
//! so that the end of one is the end of the other. Who reads a file is the business of the actors.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use crate::base::offset::{self, Offset};

/// A file that holds a part of the stream.
pub trait StoredFile: Debug + Send + Sync {
    /// Fills `out` with what stands there from `at` on, in bytes from its beginning.
    ///
    /// # Errors
    /// Not all of it can be had.
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()>;
}

/// Bytes of the stream in a file, up to where the next stretch begins.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub start: Offset,
    pub file: Arc<dyn StoredFile>,
    /// Where `start` is in the file.
    pub at: u64,
}

/// Where some bytes of the stream are.
#[derive(Clone, Debug)]
pub struct StoredPlace {
    pub file: Arc<dyn StoredFile>,
    pub at: u64,
    pub bytes: usize,
}

/// What the keyspace tells of its files. They come on the edge on which the stream comes, each
/// before the bytes that it tells of.
#[derive(Clone, Debug)]
pub enum StoredNews {
    /// What comes next is in this file.
    Begun(Stretch),
    /// All of this is there, up to the end of the stream.
    Found(Vec<Stretch>),
    /// What is before this place goes. Who reads it yet may go on with it.
    Dropped { before: Offset },
    /// Nothing is to be had there, and what comes next is not written.
    Lost,
}

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Storey {
    /// Each begins where the one before it ends.
    stretches: VecDeque<Stretch>,
    /// Of the last one; the end of the stream while there is one.
    end: Offset,
}

impl Storey {
    /// What is told, of a stream that has come to `end`.
    pub fn hear(&mut self, news: StoredNews, end: Offset) {
        match news {
            StoredNews::Begun(stretch) => {
                if stretch.start != end {
                    // What was told is of another stream than what comes.
                    return self.stretches.clear();
                }
                self.end = end;
                self.stretches.push_back(stretch);
            }
            StoredNews::Found(stretches) => {
                self.stretches = stretches.into();
                self.end = end;
            }
            StoredNews::Dropped { before } => self.drop_before(before),
            StoredNews::Lost => self.stretches.clear(),
        }
    }

    /// The stream has grown by so many bytes, which are in the last file.
    pub fn grow(&mut self, bytes: usize) {
        self.end = offset::advance(self.end, bytes);
    }

    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// The position before the oldest byte that is held.
    pub fn start(&self) -> Option<Offset> {
        self.stretches.front().map(|stretch| stretch.start)
    }

    pub fn holds(&self, position: Offset) -> bool {
        self.start().is_some_and(|start| start <= position && position <= self.end)
    }

    /// Where what follows `position` is, at most so many bytes; `None` if it is not held, or if
    /// there is nothing.
    pub fn place(&self, position: Offset, max_bytes: usize) -> Option<StoredPlace> {
        let after = self.stretches.partition_point(|stretch| stretch.start <= position);
        let stretch = self.stretches.get(after.checked_sub(1)?)?;
        let end = self.stretches.get(after).map_or(self.end, |next| next.start);
        let bytes = offset::bytes_between(position, end).min(max_bytes);
        let into = offset::bytes_between(stretch.start, position) as u64;
        (bytes > 0).then(|| StoredPlace {
            file: stretch.file.clone(),
            at: stretch.at.saturating_add(into),
            bytes,
        })
    }

    fn drop_before(&mut self, before: Offset) {
        while let Some(next) = self.stretches.get(1)
            && next.start <= before
        {
            self.stretches.pop_front();
        }
    }
}

#[cfg(test)]
pub mod testing {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// A file in memory.
    #[derive(Debug, Default)]
    pub struct TestFile(pub Mutex<Vec<u8>>);

    impl TestFile {
        pub fn of(bytes: &[u8]) -> Arc<TestFile> {
            Arc::new(TestFile(Mutex::new(bytes.to_vec())))
        }
    }

    impl StoredFile for TestFile {
        fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
            let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let start = usize::try_from(at).unwrap_or(usize::MAX);
            let found = bytes.get(start..start.saturating_add(out.len()));
            out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::TestFile;
    use super::*;

    fn stretch(start: Offset, file: &Arc<TestFile>, at: u64) -> Stretch {
        Stretch { start, file: file.clone(), at }
    }

    fn text(storey: &Storey, position: Offset, max: usize) -> Option<String> {
        let place = storey.place(position, max)?;
        let mut out = vec![0; place.bytes];
        place.file.read_at(place.at, &mut out).unwrap();
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn bytes_are_found_between_the_annotations() {
        let (one, two) = (TestFile::of(b"##abc#de"), TestFile::of(b"#fgh"));
        let mut storey = Storey::default();
        assert!(storey.is_empty() && !storey.holds(0));
        for (news, bytes) in [(stretch(100, &one, 2), 3), (stretch(103, &one, 6), 2)] {
            storey.hear(StoredNews::Begun(news.clone()), news.start);
            storey.grow(bytes);
        }
        storey.hear(StoredNews::Begun(stretch(105, &two, 1)), 105);
        assert_eq!(text(&storey, 105, 9), None, "there is nothing yet");
        storey.grow(3);
        let found: Vec<_> = (99..109).map(|at| text(&storey, at, 9)).collect();
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        let expected = ["abc", "bc", "c", "de", "e", "fgh", "gh", "h"].map(Some);
        assert_eq!(found[1..9], expected);
        assert_eq!((found[0], found[9]), (None, None));
        assert_eq!(text(&storey, 100, 2).as_deref(), Some("ab"));
        assert!(storey.holds(100) && storey.holds(108) && !storey.holds(109) && !storey.holds(99));
    }

    #[test]
    fn what_goes_is_whole_stretches_and_never_the_last() {
        let file = TestFile::of(b"abcdef");
        let mut storey = Storey::default();
        let all = vec![stretch(0, &file, 0), stretch(2, &file, 2), stretch(4, &file, 4)];
        storey.hear(StoredNews::Found(all), 6);
        storey.hear(StoredNews::Dropped { before: 3 }, 6);
        assert_eq!(storey.start(), Some(2));
        storey.hear(StoredNews::Dropped { before: 100 }, 6);
        assert_eq!(storey.start(), Some(4));
        storey.hear(StoredNews::Lost, 6);
        assert!(storey.is_empty());
    }

    #[test]
    fn what_does_not_begin_at_the_end_is_not_believed() {
        let file = TestFile::of(b"abcdef");
        let mut storey = Storey::default();
        storey.hear(StoredNews::Begun(stretch(0, &file, 0)), 0);
        storey.grow(3);
        storey.hear(StoredNews::Begun(stretch(5, &file, 5)), 3);
        assert!(storey.is_empty() && !storey.holds(3));
    }
}
