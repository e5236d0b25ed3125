//! Packs byte for byte as redis-server makes them.

use understudy::store::packed::{Intset, Listpack, Ziplist};

use crate::support::{Client, Kind, Random, Server, Value, find_peer};

/// A pack may be as large as this and is still one block of a list.
const BLOCK_BYTES: usize = 60_000;

/// The block in a payload of a list that has one, behind `kind`.
fn block_of<'a>(payload: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
    let rest = payload.strip_prefix(kind)?;
    let (len, rest) = match *rest {
        [len @ 0..0x40, ref rest @ ..] => (usize::from(len), rest),
        [high @ 0x40..0x80, low, ref rest @ ..] => {
            (usize::from(u16::from_be_bytes([high & 0x3f, low])), rest)
        }
        [0x80, a, b, c, d, ref rest @ ..] => (u32::from_be_bytes([a, b, c, d]) as usize, rest),
        _ => return None,
    };
    rest.get(..len)
}

fn text(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0..=3 => ((random.next_u64() as i64) >> random.below(64)).to_string().into_bytes(),
        4 => vec![b'x'; [0, 63, 64, 126, 127, 128][random.below(6) as usize]],
        5 => vec![b'y'; [4095, 4096, 16_376, 16_377, 16_378, 16_379][random.below(6) as usize]],
        _ => {
            let len = random.below(30) as usize;
            random.bytes(len)
        }
    }
}

/// One change of a list on the server and of the pack.
fn step(client: &mut Client, pack: &mut Listpack, random: &mut Random) {
    let text = text(random);
    let len = pack.len() as u64;
    let index = random.below(len.max(1));
    let at = index.to_string().into_bytes();
    let position = pack.seek(index as usize);
    match (random.below(if len > 40 { 8 } else { 5 }), position) {
        (0, Some(position)) => {
            client.cmd(&[b"lset".as_slice(), b"k", &at, &text]);
            pack.replace(position, &text).expect("room");
        }
        (1, Some(position)) => {
            let pivot = pack.get(position).to_vec();
            client.cmd(&[b"linsert".as_slice(), b"k", b"before", &pivot, &text]);
            let first = pack.find(&pivot, 1).expect("the element that is there");
            pack.insert_before(first, &text).expect("room");
        }
        (2, _) => {
            client.cmd(&[b"lpush".as_slice(), b"k", &text]);
            pack.push_front(&text).expect("room");
        }
        (3 | 4, _) => {
            client.cmd(&[b"rpush".as_slice(), b"k", &text]);
            pack.push_back(&text).expect("room");
        }
        (_, Some(_)) => {
            client.cmd(&[b"ltrim".as_slice(), b"k", &at, b"-2"]);
            pack.remove_range(0, index as usize);
            pack.remove(pack.last().expect("one that is left"));
        }
        // An empty list has nothing to change.
        (_, None) => {}
    }
}

#[test]
fn a_pack_has_the_bytes_of_a_list_of_redis_after_the_same_changes() {
    let server = Server::start(
        Kind::RealRedis,
        &["--rdbcompression", "no", "--list-max-listpack-size", "-5"],
    );
    let mut client = server.client();
    let mut random = Random::from_environment("packs");
    let mut compared = 0;
    for _ in 0..20 {
        client.run("del k");
        let mut pack = Listpack::new();
        for _ in 0..100 {
            step(&mut client, &mut pack, &mut random);
            if pack.total_bytes() > BLOCK_BYTES - 20_000 {
                break;
            }
            let payload = client.cmd(&[b"dump".as_slice(), b"k"]);
            if pack.is_empty() {
                assert_eq!(payload, Value::Nil);
                continue;
            }
            // Type 18, one block, of kind 2: packed.
            let theirs = block_of(payload.bytes(), &[18, 1, 2]).expect("a list of one block");
            assert_eq!(
                theirs.escape_ascii().to_string(),
                pack.as_bytes().escape_ascii().to_string()
            );
            assert_eq!(Listpack::from_bytes(theirs).as_ref(), Ok(&pack));
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared} compared");
}

#[test]
fn an_intset_has_the_bytes_of_a_set_of_redis_after_the_same_changes() {
    let server = Server::start(Kind::RealRedis, &["--rdbcompression", "no"]);
    let mut client = server.client();
    let mut random = Random::from_environment("intsets");
    for round in 0..20 {
        client.run("del k");
        let mut set = Intset::new();
        let shift = [52, 40, 20, 0][round % 4];
        for _ in 0..25 {
            let number = (random.next_u64() as i64) >> (shift + random.below(12));
            let text = number.to_string();
            if random.below(4) > 0 {
                let added = client.cmd(&["sadd", "k", &text]);
                assert_eq!(added, i64::from(set.insert(number).expect("room")));
            } else {
                let removed = client.cmd(&["srem", "k", &text]);
                assert_eq!(removed, i64::from(set.remove(number)));
            }
            let payload = client.cmd(&["dump", "k"]);
            if set.is_empty() {
                assert_eq!(payload, Value::Nil);
                continue;
            }
            // Type 11 and a string; version and checksum at the end.
            let ours = [&[11][..], &string_len(set.total_bytes()), set.as_bytes()].concat();
            let theirs = payload.bytes().split_last_chunk::<10>().expect("a payload").0;
            assert_eq!(theirs.escape_ascii().to_string(), ours.escape_ascii().to_string());
        }
    }
}

/// The length of a string in an RDB, below 16 KiB.
fn string_len(len: usize) -> Vec<u8> {
    if len < 64 { vec![len as u8] } else { vec![0x40 | (len >> 8) as u8, len as u8] }
}

#[test]
fn a_ziplist_of_redis_six_has_the_elements_of_its_list() {
    let Some(redis_six) = find_peer("redis-6.0") else { return };
    let server =
        Server::start(redis_six, &["--rdbcompression", "no", "--list-max-ziplist-size", "-5"]);
    let mut client = server.client();
    let mut random = Random::from_environment("ziplists");
    for _ in 0..50 {
        client.run("del k");
        let mut texts: Vec<Vec<u8>> = Vec::new();
        while texts.len() < 40 && texts.iter().map(Vec::len).sum::<usize>() < BLOCK_BYTES - 40_000 {
            let text = text(&mut random);
            // A long text that a short one replaces may leave its length in five bytes behind.
            let index = random.below(texts.len() as u64 + 1) as usize;
            if index == texts.len() {
                client.cmd(&[b"rpush".as_slice(), b"k", &text]);
            } else {
                client.cmd(&[b"lset".as_slice(), b"k", index.to_string().as_bytes(), &text]);
                texts.remove(index);
            }
            texts.insert(index, text);
        }
        let payload = client.cmd(&[b"dump".as_slice(), b"k"]);
        // Type 14, one block.
        let block = block_of(payload.bytes(), &[14, 1]).expect("a list of one block");
        let ziplist = Ziplist::from_bytes(block).expect("a ziplist of Redis");
        assert!(ziplist.iter().map(|element| element.to_vec()).eq(texts.iter().cloned()));
        assert_eq!(Listpack::from_elements(&ziplist), Listpack::from_elements(&texts));
    }
}
