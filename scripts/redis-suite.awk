# Reads the known gaps of one test file (name<TAB>reason) and then the log that
# Redis's runner wrote of it; prints, separated by tabs:
#   file   <file> <passed> <failed> <skipped> <gaps> <seconds>
#   failed <file> <test> <first detail>    a failure that is not listed
#   gap    <file> <test> <reason>          a failure that is
#   gone   <file> <test> <reason>          a listed test that did not fail
# Variables: file, seconds.
BEGIN { FS = OFS = "\t" }

FNR == NR && FILENAME == ARGV[1] { reason[$1] = $2; next }

/^\[ok\]: / { passed++ }
/^\[skip\]: / || /^\[ignore\]: / { skipped++ }
/^\[err\]: / {
    name = $0
    sub(/^\[err\]: /, "", name)
    sub(/ in tests\/[^ ]*\.tcl$/, "", name)
    fail(name)
    want_detail = 1
    next
}
/^\[exception\]: / { fail("(exception) " substr($0, 14)) }
/^\[TIMEOUT\]: / { fail("(timeout)") }
/The End$/ { ended = 1 }

# The runner of tests/sentinel: "12:34:56> test: redis/1 OK", or "FAILED: why" in the place of OK.
/^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]> / {
    name = substr($0, 11)
    if (match(name, /: ([a-z]+\/[0-9]+ )*FAILED: /)) {
        fail(substr(name, 1, RSTART - 1))
        detail[failures] = substr(name, RSTART + RLENGTH)
    } else if (name ~ /OK$/) passed++
}
/^FAILED: / { fail("(error) " substr($0, 9)) }
/^>>>>>>>> / { fail("(aborted) " substr($0, 10)) }
/Crash report found in/ { fail("(crash)") }
/^GOOD! No errors/ || /^WARNING [0-9]+ test/ { ended = 1 }

want_detail { detail[failures] = $0; want_detail = 0 }

function fail(name) { failed_test[++failures] = name }

function matching_gap(name,    gap) {
    for (gap in reason) {
        if (gap == name || (substr(gap, 1, 1) == "/" && name ~ substr(gap, 2))) return gap
    }
    return ""
}

END {
    if (!ended && !failures) { fail("(the run ended early)") }
    for (i = 1; i <= failures; i++) {
        gap = matching_gap(failed_test[i])
        if (gap == "") {
            unlisted++
            print "failed", file, failed_test[i], detail[i]
        } else {
            listed++
            seen[gap] = 1
            print "gap", file, failed_test[i], reason[gap]
        }
    }
    for (gap in reason) if (!(gap in seen)) print "gone", file, gap, reason[gap]
    print "file", file, passed + 0, unlisted + 0, skipped + 0, listed + 0, seconds
}
