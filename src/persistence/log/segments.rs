//! The stream on disk where there is no append-only log: segments, each in the form of an incremental
//! file of one, and what they go on from.
//!
//! ```text
//! replbacklogdir/
//!   stream.7.aof      SELECT 0, #STREAM:<replid>:<offset>:..., the stream from that offset on
//!   stream.8.aof      what follows
//!   base              boot <id of the machine's start>
//!                     end <offset>                          of a clean end, until the next start
//!                     rdb <identity> <replid> <offset> <db>     a snapshot file, and where it stands
//! ```
//! A snapshot file that is found at start and is one of those that `base` names is what the segments
//! go on from. Any other file was put there by somebody, who wants that and nothing else.
//!
//! Without save points nothing is to come back after the end of the process: the segments have no
//! name then, and there is no folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

use crate::aof::mark::Mark;
use crate::base::ids::{DbIndex, ReplId};
use crate::base::number::{parse_i64, parse_u64};
use crate::base::offset::{self, Offset};

/// So much of the beginning and of the end of a file tells it from others: the time and the offset
/// of the save, and the checksum of all.
const TELLING_BYTES: u64 = 4096;
/// Snapshot files that are named at a time: the one in its place, and one that takes it.
const BASES: usize = 2;
const BASE_NAME: &str = "base";
const MISSING: &str = "none";

/// Where the segments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFolder {
    /// Of the folder, from the root on; the data folder where they have no name.
    pub dir: PathBuf,
    pub is_named: bool,
}

/// Which snapshot file; `none` where there was none, empty while it has yet to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity(String);

/// Where a snapshot file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    pub identity: Identity,
    pub id: ReplId,
    pub offset: Offset,
    /// The database that the stream is in there.
    pub db: DbIndex,
}

impl Base {
    /// Whether a stream that has come to this mark is where the file stands.
    pub fn is_at(&self, mark: &Mark) -> bool {
        let is_second = |(id, until)| id == self.id && self.offset <= until;
        mark.offset == self.offset && (mark.id == self.id || mark.second.is_some_and(is_second))
    }
}

/// A segment, and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub seq: u64,
    pub began_at: Offset,
    pub bytes: u64,
}

/// What `base` says.
#[derive(Debug, Default)]
struct Bases {
    boot: String,
    bases: Vec<Base>,
    end: Option<Offset>,
}

impl Identity {
    /// Of the file with that path, or of there being none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(path: &Path) -> io::Result<Identity> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Identity(MISSING.to_owned()));
            }
            file => file?,
        };
        let bytes = file.metadata()?.len();
        let mut telling = Vec::new();
        (&mut file).take(TELLING_BYTES).read_to_end(&mut telling)?;
        file.seek(SeekFrom::Start(bytes.saturating_sub(TELLING_BYTES)))?;
        file.take(TELLING_BYTES).read_to_end(&mut telling)?;
        // Not by a CRC-64: the file ends with its own, so that all files would have one and the same.
        let digest = Sha1::digest(&telling);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Identity(format!("{digits}.{bytes}")))
    }
}

impl Bases {
    fn text(&self) -> String {
        let line = |base: &Base| {
            let id = String::from_utf8_lossy(base.id.as_bytes());
            format!("rdb {} {id} {} {}\n", base.identity.0, base.offset, base.db)
        };
        let lines: String = self.bases.iter().map(line).collect();
        let end = self.end.map(|end| format!("end {end}\n")).unwrap_or_default();
        format!("boot {}\n{end}{lines}", self.boot)
    }

    /// `None`: nothing that we would write.
    fn parse(text: &str) -> Option<Bases> {
        let mut bases = Bases::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["boot", boot] => bases.boot = boot.to_owned(),
                ["end", end] => bases.end = Some(parse_i64(end.as_bytes())?),
                ["rdb", identity, id, offset, db] => bases.bases.push(Base {
                    identity: Identity(identity.to_owned()),
                    id: ReplId::from_bytes(id.as_bytes())?,
                    offset: parse_i64(offset.as_bytes()).and_then(offset::taken)?,
                    db: parse_u64(db.as_bytes()).and_then(|db| usize::try_from(db).ok())?,
                }),
                _ => return None,
            }
        }
        Some(bases)
    }
}

impl SegmentFolder {
    pub fn path(&self, seq: u64) -> PathBuf {
        self.dir.join(file_name(seq))
    }

    /// Makes the folder where it is missing, and takes it for as long as the file is open. `None`:
    /// another process has it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn lock(&self) -> io::Result<Option<File>> {
        self.make()?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(self.dir.join("lock"))?;
        Ok(file.try_lock().is_ok().then_some(file))
    }

    fn make(&self) -> io::Result<()> {
        match fs::create_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// A new and empty segment to append to, and to read from.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self, seq: u64) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        if !self.is_named {
            options.create_new(true);
            let path = self.dir.join(format!("temp-{}.{}", std::process::id(), file_name(seq)));
            let file = options.open(&path)?;
            fs::remove_file(&path)?;
            return Ok(file);
        }
        self.make()?;
        let file = options.create(true).open(self.path(seq))?;
        file.set_len(0)?;
        Ok(file)
    }

    /// The numbers of the segments that are there, in order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<u64>> {
        if !self.is_named {
            return Ok(Vec::new());
        }
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix("stream."));
            let digits = digits.and_then(|name| name.strip_suffix(".aof"));
            found.extend(digits.and_then(|digits| parse_u64(digits.as_bytes())));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Removes these segments; one that is not there is no error.
    pub fn remove(&self, seqs: &[u64]) {
        for &seq in seqs.iter().filter(|_| self.is_named) {
            let _ = fs::remove_file(self.path(seq));
        }
    }

    /// Nothing of what is there is to be used any more.
    pub fn clear(&self) {
        let _ = fs::remove_file(self.dir.join(BASE_NAME));
        self.remove(&self.list().unwrap_or_default());
    }

    /// What the snapshot file in its place stands for, if the segments go on from it: those of the
    /// same start of the machine. What was not synced may be lost by another.
    pub fn base_of(&self, identity: &Identity) -> Option<Base> {
        let is_of_now = |bases: &Bases| !bases.boot.is_empty() && bases.boot == boot_id();
        let bases = self.read_bases().filter(is_of_now)?;
        bases.bases.into_iter().find(|base| base.identity == *identity)
    }

    fn read_bases(&self) -> Option<Bases> {
        Bases::parse(&fs::read_to_string(self.dir.join(BASE_NAME)).ok()?)
    }

    /// A snapshot file is about to take its place: until it has, the one before it may be found.
    ///
    /// # Errors
    /// That cannot be written. Without it, nothing will go on from the new file.
    pub fn add_base(&self, base: Base) -> io::Result<()> {
        let mut bases = self.read_bases().unwrap_or_default();
        bases.end = None;
        bases.bases.retain(|old| old.identity != base.identity);
        let excess = (bases.bases.len() + 1).saturating_sub(BASES);
        bases.bases.drain(..excess);
        bases.bases.push(base);
        self.write_bases(bases)
    }

    /// The snapshot file is in its place: no other is what the segments go on from.
    ///
    /// # Errors
    /// That cannot be written.
    pub fn keep_base(&self, base: Base) -> io::Result<()> {
        self.write_bases(Bases { bases: vec![base], ..Bases::default() })
    }

    /// Nothing follows that place: the process ends cleanly.
    ///
    /// # Errors
    /// That cannot be written.
    pub fn note_end(&self, end: Offset) -> io::Result<()> {
        let bases = self.read_bases().unwrap_or_default();
        self.write_bases(Bases { end: Some(end), ..bases })
    }

    /// What was noted at the end is not so any more. Whether nothing follows the snapshot file that
    /// stands at `base`.
    pub fn take_end(&self, base: Offset) -> bool {
        let Some(bases) = self.read_bases() else { return false };
        let is_clean = bases.end == Some(base);
        bases.end.is_some() && self.write_bases(Bases { end: None, ..bases }).is_ok() && is_clean
    }

    fn write_bases(&self, mut bases: Bases) -> io::Result<()> {
        bases.boot = boot_id();
        self.make()?;
        let temp = self.dir.join(format!("temp-{BASE_NAME}"));
        File::create(&temp)?.write_all(bases.text().as_bytes())?;
        fs::rename(temp, self.dir.join(BASE_NAME))
    }
}

/// Of a segment.
pub fn file_name(seq: u64) -> String {
    format!("stream.{seq}.aof")
}

/// Another one after each start of the machine.
fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(identity: &Identity, offset: Offset) -> Base {
        let id = ReplId::from_bytes(&[b'a'; 40]).unwrap();
        Base { identity: identity.clone(), id, offset, db: 3 }
    }

    fn folder(dir: &Path) -> SegmentFolder {
        SegmentFolder { dir: dir.join("log"), is_named: true }
    }

    #[test]
    fn the_file_in_its_place_is_known_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, path) = (folder(dir.path()), dir.path().join("dump.rdb"));
        let none = Identity::of(&path).unwrap();
        assert_eq!(folder.base_of(&none), None);
        folder.add_base(base(&none, 0)).unwrap();
        assert_eq!(folder.base_of(&none), Some(base(&none, 0)));
        let mut seen = vec![none];
        for text in ["first", "other", "third"] {
            fs::write(&path, text.repeat(5000)).unwrap();
            let identity = Identity::of(&path).unwrap();
            assert!(!seen.contains(&identity), "{text}");
            folder.add_base(base(&identity, 7)).unwrap();
            seen.push(identity);
        }
        // The last two: one that takes the place of the other.
        let known: Vec<bool> = seen.iter().map(|one| folder.base_of(one).is_some()).collect();
        assert_eq!(known, [false, false, true, true]);
        // The same bytes elsewhere are the same file.
        fs::copy(&path, dir.path().join("copy")).unwrap();
        let copy = Identity::of(&dir.path().join("copy")).unwrap();
        assert_eq!(folder.base_of(&copy), Some(base(&copy, 7)));
        assert!(!folder.take_end(7));
        folder.note_end(7).unwrap();
        assert!(folder.base_of(&copy).is_some() && folder.take_end(7));
        assert!(!folder.take_end(7), "once");
        folder.note_end(9).unwrap();
        assert!(!folder.take_end(7), "something follows");
        folder.keep_base(base(&copy, 8)).unwrap();
        assert_eq!(folder.base_of(&copy), Some(base(&copy, 8)));
        assert_eq!(folder.base_of(&seen[2]), None);
        folder.clear();
        assert_eq!(folder.base_of(&copy), None);
    }

    #[test]
    fn what_is_garbled_or_of_another_start_of_the_machine_is_no_base() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        let none = Identity::of(&dir.path().join("dump.rdb")).unwrap();
        folder.add_base(base(&none, 1)).unwrap();
        let path = folder.dir.join(BASE_NAME);
        let good = fs::read_to_string(&path).unwrap();
        let other = good.replace(&boot_id(), "another");
        for bad in [&other, &good.replace("rdb none", "rdb"), "rdb none x 1 2\n", "\u{0}", ""] {
            fs::write(&path, bad).unwrap();
            assert_eq!(folder.base_of(&none), None, "{bad:?}");
        }
        fs::write(&path, &good).unwrap();
        assert!(folder.base_of(&none).is_some());
    }

    #[test]
    fn segments_are_listed_in_order_and_those_without_a_name_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        assert!(folder.list().unwrap().is_empty());
        for seq in [10, 9, 100] {
            folder.create(seq).unwrap().write_all(b"x").unwrap();
        }
        fs::write(folder.dir.join("stream.x.aof"), "").unwrap();
        assert_eq!(folder.list().unwrap(), [9, 10, 100]);
        assert_eq!(folder.create(9).unwrap().metadata().unwrap().len(), 0, "it is made anew");
        folder.remove(&[9, 11]);
        assert_eq!(folder.list().unwrap(), [10, 100]);
        folder.clear();
        assert!(folder.list().unwrap().is_empty());
        let nameless = SegmentFolder { dir: dir.path().to_owned(), is_named: false };
        let mut file = nameless.create(1).unwrap();
        file.write_all(b"abc").unwrap();
        let mut read = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, "abc");
        let names = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(names, 1, "the folder of the others");
    }
}
