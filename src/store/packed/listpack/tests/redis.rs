//! What `DUMP` of redis-server 7.0.15 gives, without type byte, lengths, version and checksum.

use super::*;

/// The bytes of a text in hexadecimal.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().map(|byte| (byte as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[track_caller]
fn assert_is(dump: &str, elements: &[&str]) {
    let bytes = unhex(dump);
    let pack = Listpack::from_bytes(&bytes).unwrap();
    assert_eq!(pack.as_bytes(), bytes);
    assert_eq!(pack.len(), elements.len());
    let expected: Vec<Element<'_>> = elements.iter().map(|e| Element::of(e.as_bytes())).collect();
    assert_eq!(pack.iter().collect::<Vec<_>>(), expected);
    let mut reversed: Vec<_> = pack.iter().rev().collect();
    reversed.reverse();
    assert_eq!(reversed, expected);
    // Made by ourselves, it is the same.
    assert_eq!(Listpack::from_elements(expected.clone()), Ok(pack.clone()));
    let mut pushed = Listpack::new();
    expected.iter().for_each(|&element| pushed.push_back(element).unwrap());
    assert_eq!(pushed, pack);
    let mut pushed = Listpack::new();
    expected.iter().rev().for_each(|&element| pushed.push_front(element).unwrap());
    assert_eq!(pushed, pack);
}

#[test]
fn a_small_hash_of_redis_is_read_and_made_byte_for_byte() {
    assert_is(
        "340000000800846e616d6505834164610484626f726e05c717028573636f726506842d332e35058001\
         f4ffffffffffffff7f09ff",
        &["name", "Ada", "born", "1815", "score", "-3.5", "", "9223372036854775807"],
    );
}

#[test]
fn a_small_sorted_set_of_redis_is_read_and_made_byte_for_byte() {
    assert_is(
        "2f0000000800836c6f7704f290eefe04836f6e65040101836d69640483322e350484686967680585\
         31652b323006ff",
        &["low", "-70000", "one", "1", "mid", "2.5", "high", "1e+20"],
    );
}

#[test]
fn a_small_list_of_redis_is_read_and_made_byte_for_byte() {
    let long = "x".repeat(70);
    let numbers = "8d0000000e0000017f01c08002dfff02cfff02d00002f1ff7f03f2ff7fff04f2ffff7f04f300000080\
                   05f4000000800000000009f400000000000000800983303037";
    assert_is(
        &[numbers, "04e046", &"78".repeat(70), "48ff"].concat(),
        &[
            "0",
            "127",
            "128",
            "-1",
            "4095",
            "-4096",
            "32767",
            "-32769",
            "8388607",
            "-2147483648",
            "2147483648",
            "-9223372036854775808",
            "007",
            &long,
        ],
    );
}

#[test]
fn a_block_of_a_stream_of_redis_is_read_and_made_byte_for_byte() {
    // Two entries: one gives its fields f and g to the block, the other has the same.
    assert_is(
        "31000000120002010001020181660281670200010201000100018176\
         02c3e8020501020100010101817702c3e9020501ff",
        &[
            "2", "0", "2", "f", "g", "0", "2", "0", "0", "v", "1000", "5", "2", "0", "1", "w",
            "1001", "5",
        ],
    );
}
