# shellcheck shell=bash
# Sourced by scripts/bench: servers by name, their processes, their data.
declare -A program=() port=() pid=()
next_port=$((21000 + RANDOM % 9000))

# Sets others, the kinds beside ours, and their programs.
choose_peers() {
    local name place
    if [ "${#wanted[@]}" = 0 ]; then
        wanted=(redis)
        for name in redis valkey; do
            place=$(newest_peer "$name-") && wanted+=("$(basename "$place")")
        done
    fi
    others=()
    for name in "${wanted[@]}"; do
        if [ "$name" = redis ]; then
            place=$(command -v redis-server)
            name=redis-$(redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/')
        elif place=$(newest_peer "$name"); then
            name=$(basename "$place") place=$place/redis-server
        else
            say "$name: skipped, it is not here (scripts/peers gets it)"
            continue
        fi
        others+=("$name")
        program[$name]=$place
    done
    [ "${#others[@]}" -gt 0 ] || die "no server is there to compare with"
}
newest_peer() { # newest_peer beginning: its folder
    find "$peers" -mindepth 1 -maxdepth 1 -name "$1*" 2> /dev/null | sort -V | tail -n 1 | grep .
}

start_server() { # start_server name kind [directive...]: its port and process
    local name=$1
    next_port=$((next_port + 1))
    port[$name]=$next_port
    mkdir -p "$work/$name"
    "${program[$2]}" --port "$next_port" --bind 127.0.0.1 --dir "$work/$name" \
        --logfile "$work/$name/log" --save "" --appendonly no --repl-diskless-sync yes \
        --repl-diskless-sync-delay 0 --repl-diskless-load disabled \
        --client-output-buffer-limit "replica 0 0 0" "${@:3}" > /dev/null 2>&1 &
    pid[$name]=$!
    wait_until "${start_seconds:-10}" answers "$name" || { tail -n 3 "$work/$name/log" >&2; die "$name did not start"; }
}
answers() { [ "$(cli "$1" ping)" = PONG ]; }
cli() { redis-cli -p "${port[$1]}" "${@:2}"; }
info() { cli "$1" info | tr -d '\r' | sed -n "s/^$2://p"; }

stop_server() {
    local name
    for name in "$@"; do
        [ -n "${pid[$name]:-}" ] || continue
        kill -9 "${pid[$name]}" 2> /dev/null || true
        wait "${pid[$name]}" 2> /dev/null || true
        unset "pid[$name]"
        rm -rf "${work:?}/$name"
    done
}

# The processor time that a process's threads took until now, in microseconds.
cpu_us() { cat "/proc/${pid[$1]}/task/"*/schedstat 2> /dev/null | awk '{ ns += $1 } END { printf "%.0f\n", ns / 1000 }'; }
rss_bytes() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/${pid[$1]}/status"; }
now_ms() { echo $((${EPOCHREALTIME/[^0-9]/} / 1000)); }

# fill name keys value-bytes [argument...]: keys of 16 bytes, values that do not
# compress, further arguments of each SET.
fill() {
    awk -v keys="$2" -v bytes="$3" -v more="${*:4}" 'BEGIN {
        srand(1)
        count = 3 + split(more, words, " ")
        for (i = 1; i <= count - 3; i++) tail = tail sprintf("$%d\r\n%s\r\n", length(words[i]), words[i])
        for (i = 0; i < 4096; i++) pool = pool sprintf("%c", 97 + int(rand() * 26))
        for (i = 0; i < keys; i++)
            printf "*%d\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%s\r\n%s", count, i, bytes, substr(pool, 1 + (i * 7919) % (4096 - bytes), bytes), tail
    }' | redis-cli -p "${port[$1]}" --pipe > "$work/fill.log"
    [ "$(cli "$1" dbsize)" = "$2" ] || die "loading $1 failed: $(cat "$work/fill.log")"
}

is_online() { [ "$(info "$1" connected_slaves)" = "$2" ] && [ "$(cli "$1" info replication | grep -c 'state=online')" = "$2" ]; }
is_alone() { [ "$(info "$1" connected_slaves)" = 0 ]; }
has_caught_up() { # has_caught_up master replica...
    local replica offset
    offset=$(info "$1" master_repl_offset)
    for replica in "${@:2}"; do
        [ "$(info "$replica" slave_repl_offset)" = "$offset" ] || return 1
    done
}
