//! The keyspace's end of the stream: what it writes, under which name, and what the replication
//! manager is to hear of it, in one order.
//!
//! ```text
//!   write ──► feed ─────┐
//!   rename, reset ──────┴─► next_news() ──► Appended, Renamed, Reset, ... ──► the manager's edge
//! ```
//!
//! Whatever changes the name or the place of the stream first seals the bytes before it, so that
//! no byte is ever told of under the name of another's. The backlog is the manager's alone.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::base::ids::{DbIndex, ReplId};
use crate::base::offset::Offset;
use crate::replication::model::feed::Feed;
use crate::replication::model::history::History;
use crate::replication::model::lines::LogLine;

/// One piece of news for the manager. Their order is the order of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamNews {
    /// The next bytes; `start`: the offset before the first of them.
    Appended { start: Offset, bytes: Bytes },
    /// There was no backlog; from here on the stream is kept. Who waits for a snapshot goes on
    /// waiting. `is_created`: for a replica, and so under a new name.
    Begun { history: History, is_created: bool },
    /// The same bytes go on under another name: whoever reads must ask anew.
    Renamed { history: History },
    /// The same bytes go on under a name that nobody knows: nobody may continue by the old one, and
    /// whoever reads reads on.
    Disowned { history: History },
    /// The stream goes on somewhere else: nothing that was kept is of use, and whoever reads must
    /// ask anew.
    Reset { history: History },
    /// The stream is not kept any more.
    Freed { history: History },
}

/// See the module documentation.
#[derive(Debug)]
pub struct StreamWriter {
    history: History,
    feed: Feed,
    is_feeding: bool,
    /// What was not fetched yet and comes before the bytes in `feed`.
    news: VecDeque<StreamNews>,
    /// How often the backlog was emptied, with what is in `news`.
    resets: u64,
    /// The offset at which it was emptied last.
    began_at: Offset,
}

impl StreamWriter {
    /// At the beginning of a history, which is not written yet.
    pub fn new(id: ReplId) -> StreamWriter {
        StreamWriter {
            history: History::new(id),
            feed: Feed::new(),
            is_feeding: false,
            news: VecDeque::new(),
            resets: 0,
            began_at: 0,
        }
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    /// `master_repl_offset`: what was not fetched yet is counted.
    pub fn offset(&self) -> Offset {
        self.history.offset()
    }

    /// Whether there is a backlog, so that the stream is written at all.
    pub fn is_feeding(&self) -> bool {
        self.is_feeding
    }

    /// How often the backlog was emptied, and where it began then.
    pub fn last_reset(&self) -> (u64, Offset) {
        (self.resets, self.began_at)
    }

    /// The database that the last command of the stream was for.
    pub fn selected(&self) -> Option<DbIndex> {
        self.feed.selected()
    }

    /// See [`Feed::forget_selected`].
    pub fn forget_selected(&mut self) {
        self.feed.forget_selected();
    }

    /// Adds what `add` puts into the feed; nothing, and `add` is not asked, while the stream is not
    /// kept.
    pub fn write(&mut self, add: impl FnOnce(&mut Feed)) {
        if self.is_feeding {
            let before = self.feed.len();
            add(&mut self.feed);
            self.history.advance(self.feed.len() - before);
        }
    }

    /// Begins to keep the stream where it is, if it is not kept already.
    pub fn begin(&mut self) {
        if !self.is_feeding {
            self.begin_keeping(false);
        }
    }

    /// Begins to keep the stream for a first replica. What was written before was not counted, so
    /// the history begins anew. False if it is kept already.
    pub fn begin_for_replica(&mut self, id: ReplId) -> bool {
        if self.is_feeding {
            return false;
        }
        self.history.begin_anew(id);
        self.begin_keeping(true);
        true
    }

    fn begin_keeping(&mut self, is_created: bool) {
        self.is_feeding = true;
        self.emptied();
        let history = self.history.clone();
        self.news.push_back(StreamNews::Begun { history, is_created });
    }

    /// Stops keeping the stream. What is written from here on is not counted, so the history
    /// begins anew. Nobody is there to read what was not fetched.
    pub fn free(&mut self, id: ReplId) {
        self.seal();
        self.history.begin_anew(id);
        self.is_feeding = false;
        self.emptied();
        self.news.push_back(StreamNews::Freed { history: self.history.clone() });
    }

    /// A replica is promoted: see [`History::shift`].
    pub fn promote(&mut self, id: ReplId) -> LogLine {
        self.seal();
        self.feed.forget_selected();
        let line = self.history.shift(id);
        self.renamed();
        line
    }

    /// The master goes on with our stream: see [`History::adopt`].
    pub fn adopt(&mut self, id: Option<ReplId>) -> Option<LogLine> {
        self.seal();
        let line = self.history.adopt(id)?;
        self.renamed();
        Some(line)
    }

    /// Nobody may continue: see [`History::begin_anew`].
    pub fn disown(&mut self, id: ReplId) {
        self.seal();
        self.history.begin_anew(id);
        self.news.push_back(StreamNews::Disowned { history: self.history.clone() });
    }

    /// A full sync was loaded: we are where the master was, and keep the stream from here on.
    pub fn replace(&mut self, id: ReplId, offset: Offset) {
        self.seal();
        self.history.replace(id, offset);
        self.reset();
    }

    /// A file was loaded: see [`History::restored`].
    pub fn restore(&mut self, found: ReplId, offset: Offset, id: ReplId) {
        self.seal();
        self.history = History::restored(found, offset, id);
        self.reset();
    }

    /// As [`StreamWriter::replace`], with the bytes before `offset` at hand.
    pub fn replace_with(&mut self, id: ReplId, offset: Offset, tail: Bytes) {
        let start = offset.saturating_sub(i64::try_from(tail.len()).unwrap_or(i64::MAX));
        // No stream is longer than its offset says.
        let tail = if start < 0 { Bytes::new() } else { tail };
        let start = if start < 0 { offset } else { start };
        self.replace(id, start);
        if !tail.is_empty() {
            self.history.advance(tail.len());
            self.news.push_back(StreamNews::Appended { start, bytes: tail });
        }
    }

    /// As [`StreamWriter::restore`], with the bytes before `offset` at hand.
    pub fn restore_with(&mut self, found: ReplId, offset: Offset, tail: Bytes, id: ReplId) {
        self.replace_with(found, offset, tail);
        self.history = History::restored(found, offset, id);
        self.renamed();
    }

    fn renamed(&mut self) {
        self.news.push_back(StreamNews::Renamed { history: self.history.clone() });
    }

    fn reset(&mut self) {
        self.is_feeding = true;
        self.emptied();
        self.news.push_back(StreamNews::Reset { history: self.history.clone() });
    }

    fn emptied(&mut self) {
        self.feed.forget_selected();
        self.resets += 1;
        self.began_at = self.history.offset();
    }

    /// What was written so far is news of its own, before whatever comes next.
    fn seal(&mut self) {
        if !self.feed.is_empty() {
            let news = self.take_appended();
            self.news.push_back(news);
        }
    }

    fn take_appended(&mut self) -> StreamNews {
        let bytes = self.feed.take();
        let start = self.history.offset() - bytes.len() as Offset;
        StreamNews::Appended { start, bytes }
    }

    /// The next news for the manager; between units only.
    pub fn next_news(&mut self) -> Option<StreamNews> {
        if let Some(news) = self.news.pop_front() {
            return Some(news);
        }
        (!self.feed.is_empty()).then(|| self.take_appended())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ReplId {
        ReplId::from_bytes(&[digit; 40]).unwrap()
    }

    fn all(writer: &mut StreamWriter) -> Vec<StreamNews> {
        std::iter::from_fn(|| writer.next_news()).collect()
    }

    fn appended(start: Offset, bytes: &'static [u8]) -> StreamNews {
        StreamNews::Appended { start, bytes: Bytes::from_static(bytes) }
    }

    #[test]
    fn what_nobody_keeps_is_not_written_and_does_not_count() {
        let mut writer = StreamWriter::new(id(b'a'));
        writer.write(|_| panic!("asked"));
        assert_eq!((writer.offset(), all(&mut writer)), (0, vec![]));
    }

    #[test]
    fn bytes_before_and_after_a_promotion_are_told_under_their_own_names() {
        let mut writer = StreamWriter::new(id(b'a'));
        writer.begin();
        writer.write(|feed| feed.pass_on(b"old"));
        writer.promote(id(b'b'));
        writer.write(|feed| feed.pass_on(b"new"));
        let news = all(&mut writer);
        assert!(matches!(news[0], StreamNews::Begun { is_created: false, .. }));
        assert_eq!(news[1], appended(0, b"old"));
        let StreamNews::Renamed { history } = &news[2] else { panic!("{news:?}") };
        assert_eq!((history.id(), history.offset()), (id(b'b'), 3));
        assert_eq!(news[3..], [appended(3, b"new")]);
    }

    #[test]
    fn bytes_of_before_a_full_sync_keep_their_place() {
        let mut writer = StreamWriter::new(id(b'a'));
        writer.begin();
        writer.write(|feed| feed.pass_on(b"old"));
        writer.replace(id(b'm'), 1000);
        writer.write(|feed| feed.pass_on(b"new"));
        assert_eq!(writer.last_reset(), (2, 1000));
        let news = all(&mut writer);
        assert_eq!(news[1], appended(0, b"old"));
        assert!(matches!(&news[2], StreamNews::Reset { history } if history.offset() == 1000));
        assert_eq!(news[3], appended(1000, b"new"));
    }

    #[test]
    fn a_stream_that_is_kept_for_a_first_replica_has_a_new_name() {
        let mut writer = StreamWriter::new(id(b'a'));
        assert!(writer.begin_for_replica(id(b'b')));
        assert!(!writer.begin_for_replica(id(b'c')));
        assert_eq!(writer.history().id(), id(b'b'));
        writer.free(id(b'd'));
        assert!(!writer.is_feeding());
        assert!(matches!(all(&mut writer)[1], StreamNews::Freed { .. }));
    }
}
