use super::*;

const INTRODUCTION: &str = "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n9001\r\n\
    *7\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n\
    $4\r\ncapa\r\n$11\r\nstream-sums\r\n";
const NOTHING_CACHED: &str = "* Partial resynchronization not possible (no cached master)";
const PONG: &str = "* Master replied to PING, replication can continue...";

fn setup() -> Setup {
    Setup { listening_port: 9001, ..Setup::default() }
}

fn with_history() -> Setup {
    let id = ReplId::from_bytes(&[b'a'; 40]).unwrap();
    Setup { have: Some(Have { id, offset: 26 }), ..setup() }
}

/// All that a master's lines bring about: what is sent, what is logged (with Redis's sign),
/// how it ends.
fn talk(setup: Setup, replies: &[&str]) -> (Vec<Bytes>, Vec<String>, Option<Outcome>) {
    let (mut handshake, mut step) = Handshake::start(setup);
    let (mut sent, mut logged) = (Vec::new(), Vec::new());
    let mut replies = replies.iter();
    loop {
        sent.extend(Some(step.send).filter(|send| !send.is_empty()));
        logged.extend(step.log.iter().map(|line| {
            let sign = if line.level == log::Level::Info { '*' } else { '#' };
            format!("{sign} {}", line.text)
        }));
        if step.outcome.is_some() {
            assert_eq!(handshake.state(), State::Over);
            assert_eq!(replies.next(), None, "lines after the outcome");
            return (sent, logged, step.outcome);
        }
        let Some(reply) = replies.next() else { return (sent, logged, None) };
        step = handshake.on_line(reply.as_bytes());
    }
}

fn id(digit: u8) -> ReplId {
    ReplId::from_bytes(&[digit; 40]).unwrap()
}

#[test]
fn a_first_full_sync_reads_on_the_wire_and_in_the_log_as_from_redis() {
    let full = format!("+FULLRESYNC {} 1821", id(b'c'));
    let (sent, logged, outcome) = talk(setup(), &["+PONG", "+OK", "+OK", "", "", &full]);
    assert_eq!(
        sent,
        ["*1\r\n$4\r\nPING\r\n", INTRODUCTION, "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n"]
    );
    let got = format!("* Full resync from master: {}:1821", id(b'c'));
    assert_eq!(logged, [PONG, NOTHING_CACHED, &got]);
    assert_eq!(outcome, Some(Outcome::FullSync { id: id(b'c'), offset: 1821 }));
}

#[test]
fn a_known_history_is_asked_for_from_the_next_byte() {
    let (sent, logged, outcome) = talk(with_history(), &["+PONG", "+OK", "+OK", "+CONTINUE"]);
    let a = "a".repeat(40);
    assert_eq!(sent[2], format!("*3\r\n$5\r\nPSYNC\r\n$40\r\n{a}\r\n$2\r\n27\r\n"));
    assert_eq!(
        logged[1..],
        [
            format!("* Trying a partial resynchronization (request {a}:27)."),
            "* Successful partial resynchronization with master.".into()
        ]
    );
    assert_eq!(outcome, Some(Outcome::Continue { new_id: None }));
}

#[test]
fn continue_names_a_new_id_only_if_it_is_forty_bytes() {
    let new = format!("+CONTINUE {}", id(b'b'));
    for (reply, new_id) in
        [(new.as_str(), Some(id(b'b'))), ("+CONTINUE", None), ("+CONTINUE abcdef", None)]
    {
        let (_, _, outcome) = talk(with_history(), &["+PONG", "+OK", "+OK", reply]);
        assert_eq!(outcome, Some(Outcome::Continue { new_id }), "{reply}");
    }
}

#[test]
fn auth_and_announced_address_go_out_with_the_rest() {
    let auth = Some(MasterAuth { user: Some(b"bob".to_vec()), password: b"pw".to_vec() });
    let announce_ip = Some("9.9.9.9".to_string());
    let setup = Setup { auth, announce_ip, ..setup() };
    let (sent, logged, _) = talk(setup, &["-NOAUTH x", "+OK", "-ERR u1", "-ERR u2", "-ERR u3"]);
    let text = String::from_utf8_lossy(&sent[1]).into_owned();
    assert!(text.starts_with("*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n*3\r\n"));
    assert!(text.contains("9001\r\n*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$7\r\n9.9.9.9"));
    assert_eq!(
        logged,
        [
            PONG,
            "* (Non critical) Master does not understand REPLCONF listening-port: -ERR u1",
            "* (Non critical) Master does not understand REPLCONF ip-address: -ERR u2",
            "* (Non critical) Master does not understand REPLCONF capa: -ERR u3",
            NOTHING_CACHED,
        ]
    );
}

#[test]
fn a_password_without_a_user_goes_in_the_auth_of_old() {
    let auth = Some(MasterAuth { user: None, password: b"pw".to_vec() });
    let (sent, _, _) = talk(Setup { auth, ..setup() }, &["+PONG"]);
    assert!(sent[1].starts_with(b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n"));
}

#[test]
fn a_refused_password_ends_the_attempt() {
    let auth = Some(MasterAuth { user: None, password: b"pw".to_vec() });
    let (_, logged, outcome) = talk(Setup { auth, ..setup() }, &["+PONG", "-WRONGPASS bad"]);
    assert_eq!(logged[1], "# Unable to AUTH to MASTER: -WRONGPASS bad");
    assert_eq!(outcome, Some(Outcome::Retry));
}

#[test]
fn answers_to_ping_truth_table() {
    for good in ["+PONG", "+anything", "-NOAUTH x", "-NOPERM x", "-ERR operation not permitted"] {
        assert_eq!(talk(setup(), &[good]).1, [PONG], "{good}");
    }
    for bad in ["-ERR nope", "-LOADING Redis is loading", "HTTP/1.1 400", "", "-DENIED x"] {
        let (_, logged, outcome) = talk(setup(), &[bad]);
        assert_eq!(logged, [format!("# Error reply to PING from master: '{bad}'")]);
        assert_eq!(outcome, Some(Outcome::Retry));
    }
}

#[test]
fn answers_to_psync_truth_table() {
    let unable = "* Master is currently unable to PSYNC but should be in the future: ";
    let error = "* Master does not support PSYNC or is in error state (reply: -ERR x)";
    let unexpected = "# Unexpected reply to PSYNC from master: ";
    let wrong = "# Master replied with wrong +FULLRESYNC syntax.";
    let a = "a".repeat(40);
    let table = [
        ("-NOMASTERLINK x".into(), format!("{unable}-NOMASTERLINK x"), Outcome::Retry),
        ("-LOADING x".into(), format!("{unable}-LOADING x"), Outcome::Retry),
        ("-ERR x".into(), error.into(), Outcome::OldSync),
        ("-NOAUTH x".into(), format!("{unexpected}-NOAUTH x"), Outcome::OldSync),
        ("+WEIRD".into(), format!("{unexpected}+WEIRD"), Outcome::OldSync),
        ("+CONTINUE".into(), format!("{unexpected}+CONTINUE"), Outcome::Retry),
        ("+FULLRESYNC".into(), wrong.into(), Outcome::Retry),
        ("+FULLRESYNC abc 12".into(), wrong.into(), Outcome::Retry),
        (format!("+FULLRESYNC {a}"), wrong.into(), Outcome::Retry),
        (format!("+FULLRESYNC {a} x"), wrong.into(), Outcome::Retry),
        (format!("+FULLRESYNC {a} -5"), wrong.into(), Outcome::Retry),
        (format!("+FULLRESYNC {a} 99999999999999999999"), wrong.into(), Outcome::Retry),
    ];
    for (reply, line, expected) in table {
        let (sent, logged, outcome) = talk(setup(), &["+PONG", "+OK", "+OK", &reply]);
        assert_eq!((&logged[2], outcome), (&line, Some(expected)), "{reply}");
        let sync = sent.last().unwrap() == "SYNC\r\n";
        assert_eq!(sync, expected == Outcome::OldSync, "{reply}");
        assert_eq!(logged.get(3).map(String::as_str), sync.then_some("* Retrying with SYNC..."));
    }
}

#[test]
fn a_lost_connection_is_told_by_its_phase() {
    let lost = |replies: &[&str]| {
        let (mut handshake, _) = Handshake::start(setup());
        for reply in replies {
            handshake.on_line(reply.as_bytes());
        }
        let step = handshake.on_disconnect("Success");
        assert_eq!(step.outcome, Some(Outcome::Retry));
        assert_eq!(step.log[0].text, "Failed to read response from the server: Success");
        step.log[1].text.clone()
    };
    let early = "Master did not respond to command during SYNC handshake";
    assert_eq!(lost(&[]), early);
    assert_eq!(lost(&["+PONG"]), early);
    assert_eq!(lost(&["+PONG", "+OK", "+OK", ""]), "Master did not reply to PSYNC, will try later");
}

#[test]
fn a_hostile_line_stays_one_line_in_the_log() {
    let (_, logged, _) = talk(setup(), &["-ERR a\x1b[2J\rb"]);
    assert_eq!(logged, ["# Error reply to PING from master: '-ERR a?[2J?b'"]);
}

proptest::proptest! {
    /// Whatever a master says, a step gives an outcome or waits; after an outcome, silence.
    #[test]
    fn no_lines_upset_the_handshake(
        lines in proptest::collection::vec(
            "(\\+PONG|\\+OK|\\+CONTINUE|\\+FULLRESYNC|-ERR|-LOADING)?( [0-9a]{0,45}){0,3}.{0,5}",
            0..9,
        ),
        knows_history: bool,
    ) {
        let setup = if knows_history { with_history() } else { setup() };
        let (mut handshake, _) = Handshake::start(setup);
        let mut is_over = false;
        for line in &lines {
            let step = handshake.on_line(line.as_bytes());
            proptest::prop_assert!(!is_over || step == Step::default());
            is_over |= step.outcome.is_some();
            proptest::prop_assert_eq!(is_over, handshake.state() == State::Over);
        }
    }
}

fn handing_over() -> Setup {
    Setup { hands_over: true, ..with_history() }
}

#[test]
fn a_replica_is_asked_to_take_over_from_where_we_are() {
    let new = format!("+CONTINUE {}", id(b'b'));
    let (sent, _, outcome) = talk(handing_over(), &["+PONG", "+OK", "+OK", &new]);
    let a = "a".repeat(40);
    let psync = format!("*4\r\n$5\r\nPSYNC\r\n$40\r\n{a}\r\n$2\r\n27\r\n$8\r\nFAILOVER\r\n");
    assert_eq!(sent[1], psync);
    assert_eq!(outcome, Some(Outcome::Continue { new_id: Some(id(b'b')) }));
}

/// It gets no SYNC then, and no second chance.
#[test]
fn a_replica_that_does_not_take_over_has_refused_and_says_why_in_the_log() {
    let cases = [
        (
            "-ERR PSYNC FAILOVER replid must match my replid.",
            "* Master does not support PSYNC or is in error state \
             (reply: -ERR PSYNC FAILOVER replid must match my replid.)",
        ),
        (
            "-NOMASTERLINK Can't SYNC while failing over",
            "* Master is currently unable to PSYNC but should be in the future: \
             -NOMASTERLINK Can't SYNC while failing over",
        ),
        ("nonsense", "# Unexpected reply to PSYNC from master: nonsense"),
    ];
    for (reply, line) in cases {
        let (sent, logged, outcome) = talk(handing_over(), &["+PONG", "+OK", "+OK", reply]);
        assert_eq!(sent.len(), 2, "{reply}");
        assert_eq!(logged[2..], [line]);
        assert_eq!(outcome, Some(Outcome::HandOverRefused), "{reply}");
    }
}

/// It may have taken over, and its answer been lost.
#[test]
fn a_replica_that_hangs_up_when_it_is_asked_is_asked_again() {
    let asked = |replies: &[&str]| {
        let (mut handshake, _) = Handshake::start(handing_over());
        for reply in replies {
            handshake.on_line(reply.as_bytes());
        }
        let outcome = handshake.on_disconnect("connection lost").outcome;
        (handshake.has_asked(), outcome)
    };
    assert_eq!(asked(&[]), (false, Some(Outcome::Retry)));
    assert_eq!(asked(&["+PONG", "+OK"]), (false, Some(Outcome::Retry)));
    assert_eq!(asked(&["+PONG", "+OK", "+OK"]), (true, Some(Outcome::Retry)));
    let (_, _, wrong) = talk(handing_over(), &["+PONG", "+OK", "+OK", "+FULLRESYNC x"]);
    assert_eq!(wrong, Some(Outcome::Retry), "it has taken over");

    let is_a_master = "-ERR PSYNC FAILOVER can't be sent to a master.";
    for (asked_before, outcome) in
        [(false, Outcome::HandOverRefused), (true, Outcome::HandOverDone)]
    {
        let setup = Setup { asked_before, ..handing_over() };
        let (sent, _, came) = talk(setup, &["+PONG", "+OK", "+OK", is_a_master]);
        assert_eq!((sent.len(), came), (2, Some(outcome)));
    }

    let passed_on = "-ERR PSYNC FAILOVER was obeyed before, and there is another master now.";
    for (asked_before, outcome) in
        [(false, Outcome::HandOverRefused), (true, Outcome::HandOverPassedOn)]
    {
        let setup = Setup { asked_before, ..handing_over() };
        let (sent, _, came) = talk(setup, &["+PONG", "+OK", "+OK", passed_on]);
        assert_eq!((sent.len(), came), (2, Some(outcome)));
    }

    // What has started anew meanwhile lacks what we have.
    let full = format!("+FULLRESYNC {} 5", id(b'b'));
    for is_a_master in [false, true] {
        let setup = Setup { asked_before: true, is_a_master, ..handing_over() };
        let (sent, _, came) = talk(setup.clone(), &["+PONG", "+OK", "+OK", &full]);
        let asks = sent[1].windows(8).any(|word| word == b"FAILOVER");
        assert_eq!(asks, !is_a_master);
        assert_eq!(came, Some(Outcome::HandOverRefused));
        let (_, _, came) = talk(setup, &["+PONG", "+OK", "+OK", "+CONTINUE"]);
        assert_eq!(came, Some(Outcome::Continue { new_id: None }));
    }
    let (_, _, came) = talk(handing_over(), &["+PONG", "+OK", "+OK", &full]);
    assert!(matches!(came, Some(Outcome::FullSync { .. })), "as FAILOVER with FORCE may end");
}
