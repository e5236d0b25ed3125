//! The credit between the snapshot thread, which takes, and the link, which gives and closes.

use loom::sync::Arc;
use loom::thread;

use crate::credit::Credit;

/// A taker that waited on in any of these orders would be reported as a deadlock.
#[test]
fn a_taker_goes_on_when_it_is_given_credit() {
    loom::model(|| {
        let credit = Arc::new(Credit::new(1));
        let taker = {
            let credit = credit.clone();
            thread::spawn(move || (0..3).all(|_| credit.take()))
        };
        credit.give(1);
        credit.give(1);
        assert!(taker.join().unwrap());
    });
}

#[test]
fn a_taker_ends_when_the_receiver_is_gone() {
    loom::model(|| {
        let credit = Arc::new(Credit::new(1));
        let taker = {
            let credit = credit.clone();
            thread::spawn(move || {
                let mut taken = 0;
                while credit.take() {
                    taken += 1;
                }
                (taken, credit.is_closed())
            })
        };
        credit.give(1);
        credit.close();
        let (taken, closed) = taker.join().unwrap();
        assert!(closed && taken <= 2);
    });
}
