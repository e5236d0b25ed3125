# shellcheck shell=bash
# Sourced by scripts/bench: what clients notice when the master changes, and
# what it costs that replicas have a write before it is answered.

down_after_ms=1000

# start_sentinels kind: three of Redis's, which watch the master of that kind.
start_sentinels() {
    local kind=$1 i name
    for i in 1 2 3; do
        name=$kind-sentinel$i
        next_port=$((next_port + 1))
        port[$name]=$next_port
        mkdir -p "$work/$name"
        cat > "$work/$name/sentinel.conf" << END
port $next_port
bind 127.0.0.1
dir $work/$name
logfile $work/$name/log
sentinel monitor it 127.0.0.1 ${port[$kind]} 2
sentinel down-after-milliseconds it $down_after_ms
sentinel failover-timeout it 10000
END
        redis-sentinel "$work/$name/sentinel.conf" > /dev/null 2>&1 &
        pid[$name]=$!
        wait_until 10 answers "$name" || die "$name did not start"
    done
    for i in 1 2 3; do
        wait_until 60 knows_all "$kind-sentinel$i" || die "$kind-sentinel$i does not find the others"
    done
}
knows_all() {
    local told
    told=$(cli "$1" sentinel master it | paste -sd ' ')
    [[ $told == *"num-slaves 2 num-other-sentinels 2"* ]]
}

# accepts port: whether the server there takes a write.
accepts() { [ "$(redis-cli -p "$1" set probe 1 2> /dev/null)" = OK ]; }

# time_to_promotion kind: one round: from the kill of the master until the server
# that a Sentinel names, which is asked again and again, takes a write.
time_to_promotion() {
    local kind=$1 start named i limit=$((SECONDS + 60))
    start_server "$kind" "$kind"
    for i in 1 2; do start_server "$kind-replica$i" "$kind" --replicaof 127.0.0.1 "${port[$kind]}"; done
    wait_until 60 is_online "$kind" 2 || die "$kind: the replicas do not come online"
    start_sentinels "$kind"
    start=$(now_ms)
    kill -9 "${pid[$kind]}"
    wait "${pid[$kind]}" 2> /dev/null || true
    while :; do
        named=$(cli "$kind-sentinel1" sentinel get-master-addr-by-name it | tail -n 1)
        [ "$named" = "${port[$kind]}" ] || ! accepts "$named" || break
        [ "$SECONDS" -lt "$limit" ] || die "$kind: nobody was promoted"
        sleep 0.005
    done
    note "$kind" "Sentinel: kill to the first accepted write, ms" $(($(now_ms) - start)) 1.0
    stop_server "$kind-sentinel1" "$kind-sentinel2" "$kind-sentinel3" "$kind-replica1" "$kind-replica2" "$kind"
}

# with_quorum: one round of both, on ours: throughput when each write is answered
# at once, and when one of two replicas has it.
with_quorum() {
    local quorum rps=()
    for quorum in 0 1; do
        cli ours config set repl-ack-quorum "$quorum" > /dev/null
        rps+=("$(redis-benchmark -p "${port[ours]}" -t set -c 50 -n $((1500000 / scale)) -P 16 -r 100000 --csv \
            2> /dev/null | tail -n 1 | awk -F '"' '{ print $4 }')")
    done
    note ours "SET -P 16, 2 replicas: 1000 writes a second" "$(awk "BEGIN { print ${rps[0]} / 1000 }")"
    note ours "SET -P 16, repl-ack-quorum 1: 1000 writes a second" "$(awk "BEGIN { print ${rps[1]} / 1000 }")"
    note ours "SET -P 16, repl-ack-quorum 1: times without (0.5)" "$(awk "BEGIN { print ${rps[1]} / ${rps[0]} }")"
}
cost_of_quorum() {
    local round i
    start_server ours ours
    for i in 1 2; do start_server "ours-replica$i" ours --replicaof 127.0.0.1 "${port[ours]}"; done
    wait_until 60 is_online ours 2 || die "the replicas do not come online"
    for ((round = 0; round < rounds; round++)); do with_quorum; done
    stop_server ours ours-replica1 ours-replica2
}

# hand_over from to: by FAILOVER, until the old master follows the new one.
hand_over() {
    cli "$1" failover to 127.0.0.1 "${port[$2]}" > /dev/null
    poll "$2" replication role:master
    poll "$1" replication master_link_status:up
    poll "$2" replication state=online
}

# ten_switches: one round on ours, whose replicas forward writes: redis-benchmark
# goes on at the first of two servers that change places ten times.
ten_switches() {
    local benchmark switches=0 longest
    for i in ours ours-replica1; do start_server "$i" ours --replica-forward-writes yes; done
    cli ours-replica1 replicaof 127.0.0.1 "${port[ours]}" > /dev/null
    wait_until 60 is_online ours 1 || die "the replica does not come online"
    redis-benchmark -p "${port[ours]}" -t set -c 20 -P 4 -n $((2000000 / scale)) -r 100000 --csv > "$work/switches" 2>&1 &
    benchmark=$!
    while [ "$switches" -lt 10 ] && kill -0 "$benchmark" 2> /dev/null; do
        hand_over ours ours-replica1
        hand_over ours-replica1 ours
        switches=$((switches + 2))
    done
    wait "$benchmark" || die "redis-benchmark met an error: $(tail -n 1 "$work/switches")"
    longest=$(tail -n 1 "$work/switches" | awk -F '"' '{ print $16 }')
    note ours "FAILOVER under redis-benchmark: switches (10)" "$switches"
    note ours "FAILOVER under redis-benchmark: longest answer, ms (200)" "$longest"
    stop_server ours ours-replica1
}

part_switches() {
    local kind round
    need redis-sentinel:redis-sentinel
    cost_of_quorum
    for ((round = 0; round < rounds; round++)); do ten_switches; done
    # Sentinel's own chance decides over half a second and more.
    for ((round = 0; round < (scale == 1 ? 7 : 1); round++)); do
        for kind in "${kinds[@]}"; do time_to_promotion "$kind"; done
    done
}
