//! A listpack of bytes from outside: refused, or walked both ways and changed like a list of texts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::store::packed::{Element, Listpack, MAX_BYTES};

fn texts(pack: &Listpack) -> Vec<Vec<u8>> {
    pack.iter().map(Element::to_vec).collect()
}

/// Header and end around entries.
fn around(entries: &[u8]) -> Vec<u8> {
    let total = entries.len() as u32 + 7;
    [&total.to_le_bytes()[..], &[0xff, 0xff], entries, &[0xff]].concat()
}

fn check(pack: &Listpack, model: &[Vec<u8>]) {
    assert_eq!(texts(pack), model);
    let mut backwards: Vec<Vec<u8>> = pack.iter().rev().map(Element::to_vec).collect();
    backwards.reverse();
    assert_eq!(backwards, model);
    assert_eq!(pack.len(), model.len());
    assert_eq!(Listpack::from_elements(model).as_ref(), Ok(pack));
}

/// Changes both as an operation says, at an index.
fn change(pack: &mut Listpack, model: &mut Vec<Vec<u8>>, operation: u8, index: usize) {
    let number = index.to_string();
    let text = if operation % 2 == 0 { number.as_bytes() } else { &[operation] };
    let count = usize::from(operation / 16);
    let end = (index + count).min(model.len());
    match (operation % 10, pack.seek(index)) {
        (0, _) => {
            pack.push_back(text).unwrap();
            model.push(text.to_vec());
        }
        (1, at) => {
            pack.insert_all(at, &[Element::Str(text), Element::Int(7)]).unwrap();
            model.splice(index..index, [text.to_vec(), b"7".to_vec()]);
        }
        (2, Some(at)) => {
            pack.replace(at, text).unwrap();
            model[index] = text.to_vec();
        }
        (3, Some(at)) => {
            pack.remove_entries(at, count);
            model.drain(index..end);
        }
        (4, Some(at)) => {
            let taken = pack.split_off(at);
            let rest = model.split_off(index);
            check(&taken, &rest);
            pack.prepend(&taken).unwrap();
            model.splice(0..0, rest);
        }
        (5, Some(at)) => {
            pack.remove_groups(&[at], count);
            model.drain(index..end);
        }
        (6, Some(at)) => {
            pack.insert_after(at, text).unwrap();
            model.insert(index + 1, text.to_vec());
        }
        (7, Some(_)) => {
            let found = pack.find(&model[index], 2);
            let expected = model.iter().step_by(2).position(|text| *text == model[index]);
            assert_eq!(found, expected.and_then(|group| pack.seek(2 * group)));
        }
        _ => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let _ = Listpack::from_bytes(data);
    let Some((&operations, rest)) = data.split_first() else { return };
    let (operations, entries) = rest.split_at(usize::from(operations).min(rest.len()));
    let Ok(mut pack) = Listpack::from_bytes(&around(entries)) else { return };
    assert!(pack.total_bytes() <= entries.len() + 7 && pack.has_room(MAX_BYTES / 2));
    let mut model = texts(&pack);
    check(&pack, &model);
    for operation in operations.chunks_exact(2).take(20) {
        let index = usize::from(operation[1]) % (model.len() + 1);
        change(&mut pack, &mut model, operation[0], index);
    }
    check(&pack, &model);
    assert_eq!(Listpack::from_bytes(pack.as_bytes()), Ok(pack));
});
