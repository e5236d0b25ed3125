# shellcheck shell=bash
# Sourced by scripts/bench: what replicas cost a master, and a full sync under load.

# writes kind replicas: CPU per SET on the master with so many replicas, and on
# one of them; sets cpu_per_write.
writes() {
    local kind=$1 count=$2 requests=$((1500000 / scale)) before on_replica i replicas=()
    for ((i = 1; i <= count; i++)); do
        replicas+=("$kind-replica$i")
        [ -n "${pid[$kind-replica$i]:-}" ] ||
            start_server "$kind-replica$i" "$kind" --replicaof 127.0.0.1 "${port[$kind]}"
    done
    wait_until 60 is_online "$kind" "$count" || die "$kind: the replicas do not come online"
    before=$(cpu_us "$kind")
    [ "$count" = 0 ] || on_replica=$(cpu_us "$kind-replica1")
    redis-benchmark -p "${port[$kind]}" -t set -c 50 -n "$requests" -P 16 -r 100000 -q > /dev/null 2>&1
    [ "$count" = 0 ] || wait_until 60 has_caught_up "$kind" "${replicas[@]}" || die "$kind: the replicas do not catch up"
    cpu_per_write=$(awk "BEGIN { print ($(cpu_us "$kind") - $before) / $requests }")
    note "$kind" "SET -P 16, $count replicas: master's CPU us a write" "$cpu_per_write"
    [ "$count" != 1 ] || note "$kind" "SET -P 16: replica's CPU us an applied write" \
        "$(awk "BEGIN { print ($(cpu_us "$kind-replica1") - $on_replica) / $requests }")" 0.5
}

# cost_of_replicas kind: one round.
cost_of_replicas() {
    local kind=$1 alone count i
    start_server "$kind" "$kind"
    # The first run makes the keys.
    redis-benchmark -p "${port[$kind]}" -t set -c 50 -n $((500000 / scale)) -P 16 -r 100000 -q > /dev/null 2>&1
    for count in 0 1 2 8; do
        writes "$kind" "$count"
        [ "$count" != 0 ] || alone=$cpu_per_write
        [ "$count" = 0 ] || note "$kind" "SET -P 16, $count replicas: times the CPU of none" \
            "$(awk "BEGIN { print $cpu_per_write / $alone }")"
    done
    for i in 1 2 3 4 5 6 7 8; do stop_server "$kind-replica$i"; done
    stop_server "$kind"
}

# The most that a process had in memory since it was asked to count anew.
reset_peak() { echo 5 > "/proc/${pid[$1]}/clear_refs"; }
peak_bytes() { awk '/^VmHWM/ { print $2 * 1024 }' "/proc/${pid[$1]}/status"; }

# sync_under_load kind keys: one round: the time, the longest answer and the
# memory of a full sync while a client writes to all keys in pipelines of 16.
sync_under_load() {
    local kind=$1 keys=$2 writer before stall
    start_server "$kind-replica" "$kind"
    redis-benchmark -p "${port[$kind]}" -c 4 -P 16 -n 2000000000 -r "$keys" \
        SET key:__rand_int__ "$(printf '%064d' 1)" > /dev/null 2>&1 &
    writer=$!
    before=$(rss_bytes "$kind")
    reset_peak "$kind"
    stall=$(probe "$kind" "$keys" timed_sync "$kind")
    note "$kind" "full sync of $keys keys under load: ms" "$(cat "$work/took")"
    note "$kind" "full sync of $keys keys under load: longest answer ms" "$stall"
    note "$kind" "full sync of $keys keys under load: memory added, %" \
        "$(awk "BEGIN { print ($(peak_bytes "$kind") - $before) * 100 / $before }")"
    note "$kind" "full syncs that it took" "$(info "$kind" sync_full)"
    kill "$writer" && wait "$writer" 2> /dev/null || true
    stop_server "$kind-replica"
    wait_until 20 is_alone "$kind"
    cli "$kind" config resetstat > /dev/null
}
timed_sync() {
    sync "$1"
    echo "$took_ms" > "$work/took"
}

part_replication() {
    local kind round keys=$((sync_keys / scale))
    for ((round = 0; round < rounds; round++)); do
        for kind in "${kinds[@]}"; do cost_of_replicas "$kind"; done
    done
    build_probe
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        fill "$kind" "$keys" 64
        for ((round = 0; round < rounds; round++)); do sync_under_load "$kind" "$keys"; done
        stop_server "$kind"
    done
}
