//! Base files of commands, written here of data sets of our server: redis-server loads them, and
//! writes the same bytes of the same data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use understudy::aof::annotation::Timestamp;
use understudy::aof::commands::{CommandsInfo, save_commands};
use understudy::rdb::load::{LoadOptions, load_into};
use understudy::rdb::output::WriteSink;
use understudy::rdb::usage::UsageClock;
use understudy::store::dataset::Dataset;
use understudy::store::value::Limits;

use crate::support::*;

const FOLDER: &str = "appendonlydir";
const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";
const FUNCTION: &str =
    "#!lua name=lib\nredis.register_function('answer', function() return 42 end)";

type Command = Vec<Vec<u8>>;

/// Our server with values of every type in forms of every size, some of them expiring, in several
/// databases.
pub fn sample() -> Server {
    let server = ours(&[]);
    fill(&server, 2_000);
    fill_db(&server, 9, 50);
    fill_collections(&server, 200);
    write_collections(&server, 3_000, false);
    let mut client = server.client();
    for length in [0, 1_024, 1_025, 70_000, 3_000_000] {
        let value = Random::new(length as u64).bytes(length);
        assert_eq!(client.cmd(&[b"set".to_vec(), format!("s:{length}").into(), value]), "OK");
    }
    client.ok("select 3");
    write_groups(&mut client);
    for key in ["x:0", "x:1"] {
        assert_eq!(client.run(&format!("pexpire {key} 7200000")), 1);
    }
    client.ok("xgroup create empty g $ mkstream");
    for command in ["xadd gone 7-7 f v", "xtrim gone maxlen 0", "sadd ints 3 -1 2"] {
        client.ok(command);
    }
    server
}

/// Streams whose groups have read some of them; of some, entries are pending that were deleted.
fn write_groups(client: &mut Client) {
    let mut random = Random::from_environment("groups");
    for key in 0..20 {
        let key = format!("x:{key}");
        for n in 1..=40 {
            client.ok(&format!("xadd {key} {n}-{} f {n} other value", random.below(3)));
        }
        for group in 0..random.below(4) {
            let first = random.below(20);
            client.ok(&format!("xgroup create {key} g{group} {first} entriesread {first}"));
            for _ in 0..random.below(6) {
                let (consumer, count) = (random.below(4), 1 + random.below(5));
                let read = format!("group g{group} c{consumer} count {count} streams {key} >");
                client.ok(&format!("xreadgroup {read}"));
            }
            client.ok(&format!("xgroup createconsumer {key} g{group} c9"));
            let id = format!("{}-0", first + 2);
            client.ok(&format!("xclaim {key} g{group} c1 0 {id} retrycount 7 time 1234567890123"));
            client.ok(&format!("xack {key} g{group} {}-1", first + 1));
        }
        for n in 0..random.below(3) * 3 {
            client.ok(&format!("xdel {key} {}-{}", 10 + n, n % 3));
        }
    }
}

/// Saves, and loads the file as a data set.
pub fn dataset_of(server: &Server) -> Dataset {
    server.ok("save");
    let options = LoadOptions {
        limits: Limits::default(),
        now: 0,
        drop_expired: false,
        replace_duplicates: false,
        verify_checksum: true,
        usage: UsageClock::Lru { seconds: 0 },
    };
    let mut dataset = Dataset::new(16, 1);
    let file = File::open(server.dir().join("dump.rdb")).expect("the file");
    load_into(&mut dataset, file, options, &mut ()).expect("our own file");
    dataset
}

/// Writes the data as the only file of a log in the server's folder, and gives its path.
fn write_log(dataset: &Dataset, info: &CommandsInfo, dir: &Path) -> PathBuf {
    fs::create_dir(dir.join(FOLDER)).expect("a folder");
    let name = "appendonly.aof.1.base.aof";
    fs::write(dir.join(MANIFEST), format!("file {name} seq 1 type b\n")).expect("a manifest");
    let path = dir.join(FOLDER).join(name);
    let file = File::create(&path).expect("a file");
    let (_, written) =
        save_commands(dataset.snapshot(), info, WriteSink(file)).expect("a disk with room");
    assert_eq!(written.keys, dataset.key_count() as u64);
    assert_eq!(written.bytes, fs::metadata(&path).expect("a file").len());
    path
}

fn redis_of_log(dataset: &Dataset, info: &CommandsInfo) -> (Server, PathBuf) {
    let mut server = Server::prepare(Kind::RealRedis, &["--appendonly", "yes"]);
    let path = write_log(dataset, info, server.dir());
    server.restart();
    (server, path)
}

/// The base file that redis-server writes of what it holds.
fn rewritten(server: &Server) -> Vec<u8> {
    for setting in ["aof-use-rdb-preamble no", "aof-timestamp-enabled yes"] {
        server.ok(&format!("config set {setting}"));
    }
    let before = base_name(server);
    match server.run("config get appendonly").items()[1] == "no" {
        true => server.ok("config set appendonly yes"),
        false => server.ok("bgrewriteaof"),
    };
    wait_until(PATIENCE, "the rewrite to end", || base_name(server) != before);
    let name = base_name(server).expect("a base file");
    fs::read(server.dir().join(FOLDER).join(name)).expect("the base file")
}

fn base_name(server: &Server) -> Option<String> {
    let manifest = fs::read_to_string(server.dir().join(MANIFEST)).ok()?;
    let line = manifest.lines().find(|line| line.ends_with(" type b"))?;
    line.split(' ').nth(1).map(str::to_owned)
}

/// The lines that begin with `#`, and the commands.
fn parse(mut bytes: &[u8]) -> (Vec<String>, Vec<Command>) {
    fn line<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
        let end = bytes.windows(2).position(|two| two == b"\r\n").expect("a line");
        let (line, rest) = bytes.split_at(end);
        *bytes = &rest[2..];
        line
    }
    fn number(line: &[u8], marker: u8) -> usize {
        assert_eq!(line[0], marker, "{}", line.escape_ascii());
        std::str::from_utf8(&line[1..]).expect("digits").parse().expect("a number")
    }
    let (mut notes, mut commands) = (Vec::new(), Vec::new());
    while let Some(first) = bytes.first() {
        if *first == b'#' {
            notes.push(String::from_utf8_lossy(line(&mut bytes)).into_owned());
            continue;
        }
        let words = number(line(&mut bytes), b'*');
        let word = |_| {
            let length = number(line(&mut bytes), b'$');
            let (word, rest) = bytes.split_at(length);
            bytes = rest.strip_prefix(b"\r\n").expect("the end of a word");
            word.to_vec()
        };
        commands.push((0..words).map(word).collect());
    }
    (notes, commands)
}

/// The commands of each key, by database. What redis-server has in the order of its hashes is sorted.
fn by_key(commands: &[Command]) -> BTreeMap<(Vec<u8>, Vec<u8>), Vec<Command>> {
    let mut database = Vec::new();
    let mut keys: BTreeMap<_, Vec<Command>> = BTreeMap::new();
    for command in commands {
        let key = match &command[0][..] {
            b"SELECT" => {
                database.clone_from(&command[1]);
                continue;
            }
            b"FUNCTION" => continue,
            b"XGROUP" => &command[2],
            _ => &command[1],
        };
        keys.entry((database.clone(), key.clone())).or_default().push(command.clone());
    }
    keys.values_mut().for_each(sort_unordered);
    keys
}

/// The elements of a collection that redis-server keeps by hash, one a command and sorted; how many
/// each of its commands has comes before.
fn sort_unordered(commands: &mut Vec<Command>) {
    let width = match &commands[0][0][..] {
        b"SADD" => 1,
        b"HMSET" | b"ZADD" => 2,
        _ => return,
    };
    let (elements, rest): (Vec<Command>, Vec<Command>) =
        commands.drain(..).partition(|command| command[0] != b"PEXPIREAT");
    let words = || elements.iter().flat_map(|command| &command[2..]);
    let is_small = match width {
        1 => words().all(|word| is_integer(word)) && words().count() <= 512,
        _ => words().all(|word| word.len() <= 64) && words().count() <= 256,
    };
    if is_small {
        commands.extend(elements);
    } else {
        let sizes = elements.iter().map(|command| command.len().to_string().into_bytes());
        let pairs = elements.iter().flat_map(|command| command[2..].chunks(width));
        let mut sorted: Vec<Command> = pairs.map(<[_]>::to_vec).collect();
        sorted.sort();
        commands.push(sizes.collect());
        commands.extend(sorted);
    }
    commands.extend(rest);
}

fn is_integer(word: &[u8]) -> bool {
    let number = std::str::from_utf8(word).ok().and_then(|text| text.parse::<i64>().ok());
    number.is_some_and(|number| number.to_string().as_bytes() == word)
}

/// Whether all that is pending is of entries that are there.
fn is_whole(commands: &[Command]) -> bool {
    let ids = |name: &[u8], at: usize| {
        let named = commands.iter().filter(move |command| command[0] == name);
        named.map(|command| command[at].clone()).collect::<BTreeSet<_>>()
    };
    ids(b"XCLAIM", 5).is_subset(&ids(b"XADD", 2))
}

#[track_caller]
fn assert_same(
    ours: &BTreeMap<(Vec<u8>, Vec<u8>), Vec<Command>>,
    theirs: &BTreeMap<(Vec<u8>, Vec<u8>), Vec<Command>>,
    is_compared: impl Fn(&[Command]) -> bool,
) {
    assert!(ours.keys().eq(theirs.keys()), "{} keys, {}", ours.len(), theirs.len());
    for ((database, key), commands) in ours {
        let others = &theirs[&(database.clone(), key.clone())];
        if is_compared(commands) && commands != others {
            let show = |command: &Command| {
                let words = command.iter().map(|word| word.escape_ascii().to_string());
                words.collect::<Vec<_>>().join(" ")
            };
            let [mine, other] = [commands, others]
                .map(|commands| commands.iter().map(show).collect::<Vec<_>>().join("\n"));
            panic!("{}: ours\n{mine}\ntheirs\n{other}", key.escape_ascii());
        }
    }
}

/// Other versions have other words for scores, hashes and streams.
fn writes_as_we_do(redis: &Server) -> bool {
    info_field(redis, "server", "redis_version").starts_with("7.0.")
}

fn says_its_time(notes: &[String]) -> bool {
    let [note] = notes else { return false };
    Timestamp::parse(note.as_bytes()).is_some_and(|time| time.unix_seconds > 1_700_000_000)
}

#[test]
fn redis_holds_the_same_after_loading_a_base_of_commands() {
    if Kind::RealRedis.is_redis_six() {
        return;
    }
    let ours = sample();
    let dataset = dataset_of(&ours);
    let info = CommandsInfo {
        timestamp: Some(Timestamp { unix_seconds: 1_700_000_000 }),
        functions: vec![Bytes::from(FUNCTION)],
    };
    let (redis, path) = redis_of_log(&dataset, &info);
    assert_eq!(digest(&redis), digest(&ours));
    assert_eq!(redis.run("fcall answer 0"), 42);
    if !writes_as_we_do(&redis) {
        return;
    }
    // What no digest covers: groups are written again as they were.
    let (_, commands) = parse(&fs::read(path).expect("the file"));
    let (notes, again) = parse(&rewritten(&redis));
    assert!(says_its_time(&notes), "{notes:?}");
    assert_eq!(again[0], commands[0]);
    let (written, again) = (by_key(&commands), by_key(&again));
    assert_same(&written, &again, is_whole);
    let has = |name: &[u8]| {
        let whole = written.values().filter(|commands| is_whole(commands));
        whole.flatten().filter(|command| command[0] == name).count()
    };
    assert!(has(b"XCLAIM") > 10 && has(b"XGROUP") > 10);
}

#[test]
fn the_bytes_of_a_base_of_commands_are_those_of_redis() {
    if Kind::RealRedis.is_redis_six() {
        return;
    }
    let ours = sample();
    let dataset = dataset_of(&ours);
    let home = tempfile::tempdir().expect("a folder");
    let path = write_log(&dataset, &CommandsInfo::default(), home.path());
    let mut redis = Server::prepare(Kind::RealRedis, &[]);
    fs::copy(ours.dir().join("dump.rdb"), redis.dir().join("dump.rdb")).expect("a copy");
    redis.restart();
    if !writes_as_we_do(&redis) {
        return;
    }
    let (_, commands) = parse(&fs::read(path).expect("the file"));
    let (_, theirs) = parse(&rewritten(&redis));
    let (commands, theirs) = (by_key(&commands), by_key(&theirs));
    assert!(commands.len() > 3_000, "{}", commands.len());
    assert_same(&commands, &theirs, |_| true);
}
