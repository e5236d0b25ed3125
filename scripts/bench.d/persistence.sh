# shellcheck shell=bash
# Sourced by scripts/bench: what files cost those who write, and how long they take.

# The log with each appendfsync, and none at all.
policies=(no everysec always)

# start_logged kind policy: the server is named kind-policy.
start_logged() {
    local log=yes
    [ "$2" != no ] || log=no
    start_server "$1-$2" "$1" --appendonly "$log" --appendfsync "$2" --auto-aof-rewrite-percentage 0
}

# logged_writes kind policy: one run; sets cpu_per_write.
logged_writes() {
    local name=$1-$2 label="SET -P 16, appendonly no" most='' requests=$((1500000 / scale)) before rps
    [ "$2" = no ] || label="SET -P 16, appendfsync $2"
    [ "$2" != always ] || most=1.5
    before=$(cpu_us "$name")
    rps=$(redis-benchmark -p "${port[$name]}" -t set -c 50 -n "$requests" -P 16 -r 100000 --csv \
        2> /dev/null | tail -n 1 | awk -F '"' '{ print $4 }')
    cpu_per_write=$(awk "BEGIN { print ($(cpu_us "$name") - $before) / $requests }")
    note "$1" "$label: CPU us a command" "$cpu_per_write"
    note "$1" "$label: 1000 commands a second" "$(awk "BEGIN { print $rps / 1000 }")" "$most"
}
cost_of_logs() {
    local kind policy none round
    for ((round = 0; round < rounds; round++)); do
        for kind in "${kinds[@]}"; do
            for policy in "${policies[@]}"; do
                # Each begins with an empty log: a disk that is still busy is nobody's merit.
                start_logged "$kind" "$policy"
                logged_writes "$kind" "$policy"
                [ "$policy" != no ] || none=$cpu_per_write
                [ "$policy" != everysec ] || note "$kind" "everysec beside no log (to reach: 1.1): times the CPU" \
                    "$(awk "BEGIN { print $cpu_per_write / $none }")"
                stop_server "$kind-$policy"
            done
        done
    done
}

# The memory of a server and of the child that saves for it, shared pages once.
memory_bytes() {
    local process
    for process in "$1" $(cat "/proc/$1/task/"*/children 2> /dev/null); do
        # It may be gone by now.
        cat "/proc/$process/smaps_rollup" 2> /dev/null || true
    done | awk '/^Pss:/ { kib += $2 } END { printf "%.0f\n", kib * 1024 }'
}
watch_memory() { # watch_memory pid: the most until it is killed, in $work/most
    local bytes most=0
    while sleep 0.02; do
        bytes=$(memory_bytes "$1")
        [ "$bytes" -le "$most" ] || { most=$bytes && echo "$most" > "$work/most"; }
    done
}
timed_bgsave() {
    local start
    start=$(now_ms)
    bgsave "$1"
    echo $(($(now_ms) - start)) > "$work/took"
}

# save_under_load kind keys: one round, while a client writes to all keys in
# pipelines of 16.
save_under_load() {
    local kind=$1 keys=$2 writer watcher before stall
    redis-benchmark -p "${port[$kind]}" -c 4 -P 16 -n 2000000000 -r "$keys" \
        SET key:__rand_int__ "$(printf '%064d' 1)" > /dev/null 2>&1 &
    writer=$!
    before=$(memory_bytes "${pid[$kind]}")
    echo "$before" > "$work/most"
    watch_memory "${pid[$kind]}" &
    watcher=$!
    stall=$(probe "$kind" "$keys" timed_bgsave "$kind")
    kill "$writer" "$watcher" && wait "$writer" "$watcher" 2> /dev/null || true
    note "$kind" "BGSAVE of $keys keys under load: ms" "$(cat "$work/took")" 0.3
    note "$kind" "BGSAVE of $keys keys under load (to reach: 5): longest answer ms" "$stall"
    note "$kind" "BGSAVE of $keys keys under load (to reach: 25): memory added, %" \
        "$(awk "BEGIN { print ($(cat "$work/most") - $before) * 100 / $before }")"
}

# loaded kind "label" "what the log says": the time of a server of that kind that
# starts with the files of another.
loaded() {
    local name=$1-loaded seconds
    seconds=$(sed -n "s/.*$3: \([0-9.]*\) seconds.*/\1/p" "$work/$name/log")
    note "$1" "$2: load, ms" "$(awk "BEGIN { print $seconds * 1000 }")" 0.5
    stop_server "$name"
}

part_persistence() {
    local kind round keys=$((persistence_keys / scale)) start_seconds=300
    cost_of_logs
    build_probe
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        fill "$kind" "$keys" 64
        for ((round = 0; round < rounds; round++)); do save_under_load "$kind" "$keys"; done
        for ((round = 0; round < rounds; round++)); do
            start_server "$kind-loaded" "$kind" --dir "$work/$kind"
            loaded "$kind" "RDB of $keys keys" "DB loaded from disk"
        done
        stop_server "$kind"
        start_logged "$kind" everysec
        fill "$kind-everysec" "$keys" 64
        for ((round = 0; round < rounds; round++)); do
            start_server "$kind-loaded" "$kind" --dir "$work/$kind-everysec" --appendonly yes
            loaded "$kind" "log of $keys commands" "DB loaded from append only file"
        done
        stop_server "$kind-everysec"
    done
}
