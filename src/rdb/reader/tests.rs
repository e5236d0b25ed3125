use super::super::length;
use super::super::output::{Output, WriteSink};
use super::super::value::string;
use super::*;
use crate::base::crc64::Crc64;

/// An RDB of the given version: what `body` appends, the end, the checksum.
fn rdb(version: &str, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = format!("REDIS{version}").into_bytes();
    body(&mut bytes);
    bytes.push(opcode::EOF);
    let checksum = Crc64::of(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn put_string(text: &[u8], out: &mut Vec<u8>) {
    let mut encoded = Output::new(WriteSink(out));
    string::encode(text, &mut encoded).unwrap();
    encoded.finish().unwrap();
}

/// Every item as text, and the error, if any.
fn items(bytes: &[u8]) -> (Vec<String>, Option<RdbError>) {
    let mut seen = Vec::new();
    let mut reader = match Reader::new(bytes, true) {
        Ok(reader) => reader,
        Err(error) => return (seen, Some(error)),
    };
    loop {
        match reader.next() {
            Err(error) => return (seen, Some(error)),
            Ok(item) => seen.push(format!("{item:?}")),
        }
        if seen.last().is_some_and(|last| last.starts_with("End")) {
            return (seen, None);
        }
    }
}

fn error_of(bytes: &[u8]) -> RdbError {
    items(bytes).1.expect("a fault")
}

#[test]
fn signature_and_version_are_checked() {
    assert_eq!(
        error_of(b"RODIS0009....").to_string(),
        "Wrong signature trying to load DB from file"
    );
    let refused =
        [("0000", 0), ("0013", 13), ("9999", 9999), ("abcd", 0), ("001e", 0), ("+009", 0)];
    for (version, told) in refused {
        let text = format!("Can't handle RDB format version {told}");
        assert_eq!(error_of(format!("REDIS{version}").as_bytes()).to_string(), text);
    }
    for version in ["0005", "0009", "0010", "0011", "0012"] {
        assert_eq!(items(&rdb(version, |_| ())).0, ["End { checked: true }"]);
    }
    for version in ["0001", "0004"] {
        let bytes = [b"REDIS", version.as_bytes(), &[opcode::EOF]].concat();
        assert_eq!(items(&bytes).0, ["End { checked: false }"]);
    }
}

#[test]
fn the_checksum_is_compared_unless_it_is_zero() {
    let mut bytes = rdb("0009", |_| ());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = error_of(&bytes);
    let RdbErrorKind::WrongChecksum { stated, computed } = error.kind else { panic!("{error}") };
    assert_eq!(stated ^ computed, 1 << 56);
    assert_eq!(
        error.to_string(),
        format!("Wrong RDB checksum expected: ({computed:x}) but got ({stated:x}). Aborting now.")
    );
    assert!(matches!(
        Reader::new(&bytes[..], false).unwrap().next().unwrap(),
        Item::End { checked: false }
    ));
    bytes[last - 7..].fill(0);
    assert_eq!(items(&bytes).0, ["End { checked: false }"]);
}

#[test]
fn attributes_belong_to_the_next_key_only() {
    let bytes = rdb("0009", |out| {
        out.push(opcode::EXPIRETIME);
        out.extend_from_slice(&(-2i32).to_le_bytes());
        out.extend_from_slice(&[opcode::FREQ, 200, opcode::STRING]);
        put_string(b"a", out);
        put_string(b"1", out);
        out.push(opcode::IDLE);
        length::put(70_000, out);
        out.push(opcode::STRING);
        put_string(b"b", out);
        put_string(b"x", out);
        out.push(opcode::STRING);
        put_string(b"c", out);
        put_string(b"", out);
    });
    let mut reader = Reader::new(&bytes[..], true).unwrap();
    let mut seen = Vec::new();
    while let Item::Record(r) = reader.next().unwrap() {
        seen.push((r.key.to_vec(), r.expires_at, r.idle_seconds, r.frequency));
    }
    assert_eq!(
        seen,
        [
            (b"a".to_vec(), Some(-2000), None, Some(200)),
            (b"b".to_vec(), None, Some(70_000), None),
            (b"c".to_vec(), None, None, None),
        ]
    );
}

#[test]
fn what_is_not_a_key_is_told_or_passed_over() {
    let bytes = rdb("0012", |out| {
        out.push(opcode::FUNCTION2);
        put_string(b"#!lua name=lib", out);
        out.push(opcode::MODULE_AUX);
        length::put(module_id("test-type", 3), out);
        out.extend_from_slice(&[2, 1, 5, 3, b'a', b'b', b'c', 1, 9, 3, 0, 0, 0, 0]);
        out.extend_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend_from_slice(&[opcode::SLOT_INFO, 1, 2, 3]);
        out.extend_from_slice(&[opcode::SELECTDB, 9, opcode::RESIZEDB, 5, 1]);
    });
    let (seen, error) = items(&bytes);
    assert!(error.is_none(), "{error:?}");
    assert!(seen[0].starts_with("Function("));
    assert_eq!(seen[1], "ModuleAux { module: \"test-type\" }");
    assert_eq!(seen[2..4], ["SelectDb(9)", "ResizeDb { keys: 5, expires: 1 }"]);
}

fn module_id(name: &str, version: u64) -> u64 {
    let characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    name.chars().fold(0, |id, c| id << 6 | characters.find(c).unwrap() as u64) << 10 | version
}

#[test]
fn a_value_of_another_type_is_refused_by_key_and_type() {
    let is_other = |row: &&opcode::ValueType| !crate::rdb::value::is_known(row.code);
    for value_type in opcode::VALUE_TYPES.iter().filter(is_other) {
        let error = error_of(&rdb("0012", |out| {
            out.push(value_type.code);
            put_string(b"the\nkey", out);
        }));
        let text = error.to_string();
        assert!(text.contains("'the\\nkey'") && text.contains(value_type.name), "{text}");
    }
    let unknown = error_of(&rdb("0012", |out| {
        out.push(99);
        put_string(b"key", out);
    }));
    assert_eq!(unknown.to_string(), "Unknown RDB encoding type 99");
    let functions = error_of(&rdb("0010", |out| out.push(opcode::FUNCTION_PRE_GA)));
    assert_eq!(functions.to_string(), "Pre-release function format not supported.");
}

#[test]
fn an_io_error_is_told_as_such() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    let Err(error) = Reader::new(Broken, true) else { panic!("read from a broken source") };
    assert!(matches!(error.kind, RdbErrorKind::Io(_)));
}
