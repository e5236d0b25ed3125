//! Lines with quotes: of inline commands, and of configuration files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::config::words;
use understudy::resp::inline::split_args;

fuzz_target!(|line: &[u8]| {
    if let Ok(args) = split_args(line) {
        assert!(args.iter().map(Vec::len).sum::<usize>() <= line.len());
        let quoted: Vec<Vec<u8>> = args.iter().map(|arg| words::quote(arg)).collect();
        let again = quoted.join(&b' ');
        assert_eq!(split_args(&again).as_ref(), Ok(&args));
        assert_eq!(words::split(&again), Some(args));
    }
    let _ = words::split(line);
});
