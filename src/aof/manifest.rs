//! `appendonly.aof.manifest`: which files make up the append-only file, in the order in which they
//! are read.
//!
//! ```text
//! file appendonly.aof.1.base.rdb seq 1 type b      one base at most
//! file appendonly.aof.1.incr.aof seq 1 type h      of no use any more
//! file appendonly.aof.2.incr.aof seq 2 type i      what goes on from the base
//! ```

use std::fmt;

use crate::base::text::push_quoted;
use crate::resp::inline::split_args;

/// As in Redis.
const LINE_BYTES_MAX: usize = 1024;

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AofFile {
    pub name: String,
    pub seq: u64,
}

/// See the module documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub base: Option<AofFile>,
    pub history: Vec<AofFile>,
    pub incrs: Vec<AofFile>,
    base_seq: u64,
    incr_seq: u64,
    history_base_seq: u64,
    history_incr_seq: u64,
}

/// Why a manifest cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    what: &'static str,
    /// The number of the line and its text.
    line: Option<(usize, String)>,
}

impl ManifestError {
    /// As redis-server logs it before it ends.
    pub fn log_lines(&self) -> Vec<String> {
        let mut lines = vec!["\n*** FATAL AOF MANIFEST FILE ERROR ***\n".to_owned()];
        if let Some((number, text)) = &self.line {
            lines.push(format!("Reading the manifest file, at line {number}\n"));
            lines.push(format!(">>> '{text}'\n"));
        }
        lines.push(format!("{}\n", self.what));
        lines
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

/// What a line says.
enum Kind {
    Base,
    History,
    Incr,
}

impl Manifest {
    /// # Errors
    /// The first fault, as Redis calls it.
    pub fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
        let mut manifest = Manifest::default();
        if text.is_empty() {
            return Err(ManifestError { what: "Found an empty AOF manifest", line: None });
        }
        for (i, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
            if line.starts_with(b"#") {
                continue;
            }
            if line.len() > LINE_BYTES_MAX || !line.ends_with(b"\n") {
                let what = "The AOF manifest file contains too long line";
                return Err(ManifestError { what, line: None });
            }
            let line = line.trim_ascii();
            let fault = |what| {
                let text = String::from_utf8_lossy(line).into_owned();
                ManifestError { what, line: Some((i + 1, text)) }
            };
            manifest.add(line).map_err(fault)?;
        }
        Ok(manifest)
    }

    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let (kind, file) = parse_line(line)?;
        match kind {
            Kind::Base if self.base.is_some() => {
                return Err("Found duplicate base file information");
            }
            Kind::Base => {
                self.base_seq = file.seq;
                self.base = Some(file);
            }
            Kind::History => {
                // Its name is not given again while it may be there.
                let seq = match file.name.ends_with(".incr.aof") {
                    true => &mut self.history_incr_seq,
                    false => &mut self.history_base_seq,
                };
                *seq = file.seq.max(*seq);
                self.history.push(file);
            }
            Kind::Incr if file.seq <= self.incr_seq => {
                return Err("Found a non-monotonic sequence number");
            }
            Kind::Incr => {
                self.incr_seq = file.seq;
                self.incrs.push(file);
            }
        }
        Ok(())
    }

    /// One base alone, of that name: an append-only file of a time without folders.
    pub fn of_old_file(name: &str) -> Manifest {
        let base = AofFile { name: name.to_owned(), seq: 1 };
        Manifest { base: Some(base), base_seq: 1, ..Manifest::default() }
    }

    /// These files alone, in order.
    pub fn of_files(incrs: Vec<AofFile>) -> Manifest {
        Manifest { incrs, ..Manifest::default() }
    }

    /// Whether it names nothing that is to be read.
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.incrs.is_empty()
    }

    /// What is read, in order.
    pub fn files(&self) -> impl Iterator<Item = &AofFile> {
        self.base.iter().chain(&self.incrs)
    }

    /// Whether it says anything of a file of that name.
    pub fn names(&self, name: &str) -> bool {
        self.files().chain(&self.history).any(|file| file.name == name)
    }

    /// Whether a file has a name that one of ours would get, with a number that comes after all that
    /// were given. `file_name`: `appendfilename`.
    pub fn is_leftover(&self, name: &str, file_name: &str) -> bool {
        let rest = name.strip_prefix(file_name).and_then(|rest| rest.strip_prefix('.'));
        let Some((number, kind)) = rest.and_then(|rest| rest.split_once('.')) else { return false };
        let Some(number) = crate::base::number::parse_u64(number.as_bytes()) else { return false };
        match kind {
            "base.rdb" | "base.aof" => number > self.base_seq.max(self.history_base_seq),
            "incr.aof" => number > self.incr_seq.max(self.history_incr_seq),
            _ => false,
        }
    }

    pub fn text(&self) -> String {
        let of = |kind: char| move |file: &AofFile| file.line(kind);
        let base = self.base.iter().map(of('b'));
        base.chain(self.history.iter().map(of('h'))).chain(self.incrs.iter().map(of('i'))).collect()
    }

    /// Adds a file that goes on where the last one ends. `file_name`: `appendfilename`.
    pub fn add_incr(&mut self, file_name: &str) -> AofFile {
        self.incr_seq = self.incr_seq.max(self.history_incr_seq) + 1;
        let name = format!("{file_name}.{}.incr.aof", self.incr_seq);
        let file = AofFile { name, seq: self.incr_seq };
        self.incrs.push(file.clone());
        file
    }

    /// The name that the next base gets.
    pub fn next_base(&self, file_name: &str, is_rdb: bool) -> AofFile {
        let seq = self.base_seq.max(self.history_base_seq) + 1;
        let form = if is_rdb { "rdb" } else { "aof" };
        AofFile { name: format!("{file_name}.{seq}.base.{form}"), seq }
    }

    /// No number that the other one has given is given again.
    pub fn skip_numbers_of(&mut self, other: &Manifest) {
        let base = other.base_seq.max(other.history_base_seq);
        let incr = other.incr_seq.max(other.history_incr_seq);
        self.history_base_seq = self.history_base_seq.max(base);
        self.history_incr_seq = self.history_incr_seq.max(incr);
    }

    /// Another base, with which the files from `first_incr` on go on: all others are history.
    pub fn rebase(&mut self, base: AofFile, first_incr: u64) {
        self.base_seq = base.seq;
        let (mut old, kept): (Vec<AofFile>, _) =
            self.incrs.drain(..).partition(|file| file.seq < first_incr);
        self.incrs = kept;
        // The newest first, as in Redis.
        old.extend(self.base.replace(base));
        self.history.splice(0..0, old);
    }
}

impl AofFile {
    fn line(&self, kind: char) -> String {
        let needs_quotes = |c: char| c.is_whitespace() || c.is_control() || "\\\"'".contains(c);
        let name = match self.name.is_empty() || self.name.contains(needs_quotes) {
            false => self.name.clone(),
            true => {
                let mut quoted = Vec::new();
                push_quoted(&mut quoted, self.name.as_bytes());
                String::from_utf8_lossy(&quoted).into_owned()
            }
        };
        format!("file {name} seq {} type {kind}\n", self.seq)
    }
}

fn parse_line(line: &[u8]) -> Result<(Kind, AofFile), &'static str> {
    const FORMAT: &str = "Invalid AOF manifest file format";
    let words = split_args(line).map_err(|_| FORMAT)?;
    // What a later version may say beside is passed over.
    if words.len() < 6 || words.len() % 2 != 0 {
        return Err(FORMAT);
    }
    let (mut name, mut seq, mut kind) = (None, None, None);
    for pair in words.chunks_exact(2) {
        let [key, value] = pair else { continue };
        match key.to_ascii_lowercase().as_slice() {
            b"file" => {
                if value.iter().any(|&byte| byte == b'/' || byte == b'\\') {
                    return Err("File can't be a path, just a filename");
                }
                name = Some(String::from_utf8(value.clone()).map_err(|_| FORMAT)?);
            }
            b"seq" => seq = crate::base::number::parse_u64(value).filter(|&seq| seq < u64::MAX / 2),
            b"type" => kind = value.first().copied(),
            _ => {}
        }
    }
    let name = name.filter(|name| !name.is_empty()).ok_or(FORMAT)?;
    let seq = seq.filter(|&seq| seq > 0).ok_or(FORMAT)?;
    let kind = match kind.ok_or(FORMAT)? {
        b'b' => Kind::Base,
        b'h' => Kind::History,
        b'i' => Kind::Incr,
        _ => return Err("Unknown AOF file type"),
    };
    Ok((kind, AofFile { name, seq }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> &'static str {
        Manifest::parse(text.as_bytes()).unwrap_err().what
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut manifest = Manifest::default();
        manifest.rebase(manifest.next_base("a b\".aof", true), 1);
        manifest.add_incr("a b\".aof");
        manifest.add_incr("a b\".aof");
        let text = manifest.text();
        assert!(text.starts_with("file \"a b\\\".aof.1.base.rdb\" seq 1 type b\n"), "{text}");
        assert_eq!(Manifest::parse(text.as_bytes()).unwrap().text(), text);
        let names: Vec<_> = manifest.files().map(|file| file.seq).collect();
        assert_eq!(names, [1, 1, 2]);
    }

    #[test]
    fn a_new_base_makes_history_of_what_it_stands_for() {
        let mut manifest = Manifest::parse(
            b"file x.3.base.rdb seq 3 type b\nfile x.4.incr.aof seq 4 type i\n\
              # a comment\nfile x.5.incr.aof seq 5 type i more yes\n",
        )
        .unwrap();
        let incr = manifest.add_incr("x");
        manifest.rebase(manifest.next_base("x", false), incr.seq);
        assert_eq!(
            manifest.text(),
            "file x.4.base.aof seq 4 type b\n\
             file x.4.incr.aof seq 4 type h\nfile x.5.incr.aof seq 5 type h\n\
             file x.3.base.rdb seq 3 type h\nfile x.6.incr.aof seq 6 type i\n"
        );
        assert!(!manifest.is_empty() && Manifest::default().is_empty());
    }

    /// It would go with the history that it had its name from.
    #[test]
    fn no_new_file_gets_a_name_that_history_has() {
        let mut manifest = Manifest::parse(
            b"file x.2.base.rdb seq 2 type b\nfile x.3.base.rdb seq 3 type h\n\
              file x.7.incr.aof seq 7 type h\n",
        )
        .unwrap();
        assert_eq!(manifest.next_base("x", true).name, "x.4.base.rdb");
        assert_eq!(manifest.add_incr("x").name, "x.8.incr.aof");
        let mut other = Manifest::default();
        other.skip_numbers_of(&manifest);
        assert_eq!(other.next_base("x", true).name, "x.4.base.rdb");
        assert_eq!(other.add_incr("x").name, "x.9.incr.aof");
    }

    #[test]
    fn faults_are_named_as_in_redis() {
        assert_eq!(fault(""), "Found an empty AOF manifest");
        assert_eq!(fault("\n"), "Invalid AOF manifest file format");
        assert_eq!(fault("file a seq 1 type b"), "The AOF manifest file contains too long line");
        assert_eq!(fault("file a seq 1\n"), "Invalid AOF manifest file format");
        assert_eq!(fault("file a seq 1 type\n"), "Invalid AOF manifest file format");
        assert_eq!(fault("file a seq 0 type b\n"), "Invalid AOF manifest file format");
        assert_eq!(fault("file a/b seq 1 type b\n"), "File can't be a path, just a filename");
        assert_eq!(fault("file a seq 1 type x\n"), "Unknown AOF file type");
        let base = "file a seq 1 type b\n";
        assert_eq!(fault(&base.repeat(2)), "Found duplicate base file information");
        let incr = "file a seq 2 type i\n";
        assert_eq!(fault(&incr.repeat(2)), "Found a non-monotonic sequence number");
        let long = format!("file {} seq 1 type b\n", "x".repeat(1024));
        assert_eq!(fault(&long), "The AOF manifest file contains too long line");
        let lines = Manifest::parse(b"#\nfile a seq 1 type x\n").unwrap_err().log_lines();
        assert_eq!(lines[1], "Reading the manifest file, at line 2\n");
        assert_eq!(lines[2], ">>> 'file a seq 1 type x'\n");
    }
}
