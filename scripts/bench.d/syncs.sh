# shellcheck shell=bash
# Sourced by scripts/bench: how long a full sync takes, and what it does to clients.

# poll name section pattern: until INFO of the server matches. It is asked over
# one connection: to start redis-cli takes longer than what is measured.
poll() {
    local connection length text='' limit=$((SECONDS + 300))
    exec {connection}<> "/dev/tcp/127.0.0.1/${port[$1]}"
    while [[ $text != *$3* ]]; do
        [ "$SECONDS" -lt "$limit" ] || die "$1 never came to $3"
        sleep 0.005
        printf 'INFO %s\r\n' "$2" >&"$connection"
        read -r length <&"$connection"
        LC_ALL=C read -r -N $((${length//[^0-9]/} + 2)) text <&"$connection"
    done
    exec {connection}>&-
}

# sync kind: has the waiting replica follow the master of its kind, until it has
# loaded everything and the master calls it online; sets took_ms.
sync() {
    local start
    start=$(now_ms)
    cli "$1-replica" replicaof 127.0.0.1 "${port[$1]}" > /dev/null
    poll "$1-replica" replication master_link_status:up
    poll "$1" replication state=online
    took_ms=$(($(now_ms) - start))
}

part_sync() {
    local keys=$((1000000 / scale)) kind round
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        fill "$kind" "$keys" 64
    done
    for ((round = 0; round < rounds; round++)); do
        for kind in "${kinds[@]}"; do
            start_server "$kind-replica" "$kind"
            sync "$kind"
            note "$kind" "full sync of $keys keys: ms" "$took_ms" 0.2
            stop_server "$kind-replica"
            wait_until 20 is_alone "$kind"
        done
    done
    stop_server "${kinds[@]}"
}

# probe kind keys command...: the longest wait in ms of 20 clients that send
# 5,000 requests a second, while the command runs and half a second around it.
probe() {
    local kind=$1 keys=$2 report
    report=$({
        sleep 0.5
        "${@:3}" > /dev/null 2>&1
        sleep 0.5
    } | $first_in_line "$probe" "${port[$kind]}" 20 5000 "$keys" 300)
    say "${report##*max=}" | awk '{ print $1 / 1000 }'
}
bgsave() {
    cli "$1" bgsave
    poll "$1" persistence rdb_bgsave_in_progress:0
}
# A replica that takes the file and makes nothing of it, as on another machine.
take_file() { redis-cli -p "${port[$1]}" --rdb - > /dev/null; }

# stalls kind keys: one round.
stalls() {
    local kind=$1 keys=$2 quiet saving taken busy
    quiet=$(probe "$kind" "$keys" sleep $((scale == 1 ? 5 : 1)))
    saving=$(probe "$kind" "$keys" bgsave "$kind")
    taken=$(probe "$kind" "$keys" take_file "$kind")
    start_server "$kind-replica" "$kind"
    busy=$(probe "$kind" "$keys" sync "$kind")
    stop_server "$kind-replica"
    wait_until 20 is_alone "$kind"
    note "$kind" "longest answer, nothing else done: ms" "$quiet"
    note "$kind" "longest answer, BGSAVE of $keys keys: ms" "$saving"
    note "$kind" "longest answer, sync to a mere reader: ms" "$taken"
    note "$kind" "longest answer, sync to its like on these cores: ms" "$busy"
    note "$kind" "what a BGSAVE adds (to reach: 1 ms): ms" "$(awk "BEGIN { print $saving - $quiet }")"
    note "$kind" "what a sync adds (to reach: 2 ms): ms" "$(awk "BEGIN { print $busy - $quiet }")"
}
build_probe() {
    probe=$work/stall_probe
    rustc --edition 2024 -O -o "$probe" "$root/examples/stall_probe.rs"
    # With the right to, the probe goes before all else: what it measures is the
    # server's delay, not its own.
    first_in_line=
    if nice -n -10 true 2> /dev/null; then first_in_line="nice -n -10"; fi
}
part_stall() {
    local keys=$((5000000 / scale)) kind round
    build_probe
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        fill "$kind" "$keys" 3
    done
    for ((round = 0; round < rounds; round++)); do
        for kind in "${kinds[@]}"; do stalls "$kind" "$keys"; done
    done
    stop_server "${kinds[@]}"
}
