# shellcheck shell=bash
# Sourced by scripts/bench: loads of redis-benchmark, and transactions.

# What a load may take of the best, by command and pipeline.
declare -A most_of_load=(
    [set1]=0.97 [get1]=0.97 [set16]=0.65 [get16]=0.7 [set64]=0.5 [get64]=0.5
)

# one_load kind test pipeline "label" most "options" [replica...]: one run of
# redis-benchmark on the master of that kind; with replicas, until they have it all.
one_load() {
    local kind=$1 test=$2 pipeline=$3 label="$4${2^^} -P $3" most=$5 options=$6 requests before on_replica rps
    shift 6
    requests=$(((pipeline == 1 ? 200000 : 1500000) / scale))
    before=$(cpu_us "$kind")
    [ "$#" = 0 ] || on_replica=$(cpu_us "$1")
    # shellcheck disable=SC2086
    rps=$(redis-benchmark -p "${port[$kind]}" -t "$test" $options -n "$requests" -P "$pipeline" -r 100000 --csv \
        2> /dev/null | tail -n 1 | awk -F '"' '{ print $4 }')
    [ "$#" = 0 ] || wait_until 60 has_caught_up "$kind" "$@" || die "$kind: the replicas do not catch up"
    note "$kind" "$label: CPU us a command" \
        "$(awk "BEGIN { print ($(cpu_us "$kind") - $before) / $requests }")" "$most"
    note "$kind" "$label: 1000 commands a second" "$(awk "BEGIN { print $rps / 1000 }")"
    case "$#$test" in
    2set | 2incr | 2mset)
        note "$kind" "$label: CPU us a command on a replica" \
            "$(awk "BEGIN { print ($(cpu_us "$1") - $on_replica) / $requests }")" 0.5
        ;;
    esac
}

# loads "tests" "pipelines" "label" most "options" [suffix of a replica's name...]
loads() {
    local round test pipeline kind replicas=("${@:6}")
    for test in $1; do
        for pipeline in $2; do
            for ((round = 0; round < rounds; round++)); do
                for kind in "${kinds[@]}"; do
                    one_load "$kind" "$test" "$pipeline" "$3" "${4:-${most_of_load[$test$pipeline]:-1.0}}" \
                        "$5" "${replicas[@]/#/$kind-}"
                done
            done
        done
    done
}
on_each_kind() { # on_each_kind command...: with a server of each kind
    local kind
    for kind in "${kinds[@]}"; do start_server "$kind" "$kind"; done
    "$@"
    stop_server "${kinds[@]}"
}

part_commands() {
    on_each_kind loads "ping_mbulk incr mset" "1 16" "" "" "-c 50"
    on_each_kind loads "set get" "1 16 64" "" "" "-c 50"
}
part_values() { on_each_kind loads "set get" "16" "1 KB, " 0.9 "-c 50 -d 1000"; }
part_clients() { on_each_kind loads "set get" "1" "5000 clients, " 0.95 "-c 5000"; }

part_replicas() {
    local kind replica round
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        for replica in replica1 replica2; do
            start_server "$kind-$replica" "$kind" --replicaof 127.0.0.1 "${port[$kind]}"
        done
        wait_until 20 is_online "$kind" 2 || die "$kind: the replicas do not come online"
    done
    loads "ping_mbulk set get incr mset" "1 16" "2 replicas, " "" "-c 50" replica1 replica2
    # Beside these: answered when one of them has it.
    cli ours config set repl-ack-quorum 1 > /dev/null
    for ((round = 0; round < rounds; round++)); do
        one_load ours set 16 "2 replicas, quorum of 1, " "" "-c 50" ours-replica1 ours-replica2
    done
    for kind in "${kinds[@]}"; do stop_server "$kind" "$kind-replica1" "$kind-replica2"; done
}

# transactions kind count: each sets 10,000 keys; all are sent at once.
transactions() {
    awk -v count="$2" 'BEGIN {
        for (t = 0; t < count; t++) {
            printf "*1\r\n$5\r\nMULTI\r\n"
            for (i = 0; i < 10000; i++) printf "*3\r\n$3\r\nSET\r\n$8\r\nkey:%04d\r\n$4\r\n%04d\r\n", i, i
            printf "*1\r\n$4\r\nEXEC\r\n"
        }
    }' | redis-cli -p "${port[$1]}" --pipe > /dev/null
}
time_transactions() { # time_transactions "label"
    local round kind before count=$((20 / scale))
    for ((round = 0; round < rounds; round++)); do
        for kind in "${kinds[@]}"; do
            before=$(cpu_us "$kind")
            transactions "$kind" "$count"
            note "$kind" "EXEC of 10,000 SETs$1: CPU us a command" \
                "$(awk "BEGIN { print ($(cpu_us "$kind") - $before) / ($count * 10000) }")" 1.0
        done
    done
}
with_a_subscriber() {
    local kind subscribers=()
    for kind in "${kinds[@]}"; do
        cli "$kind" config set notify-keyspace-events KEA > /dev/null
        redis-cli -p "${port[$kind]}" psubscribe '__key*' > /dev/null &
        subscribers+=($!)
    done
    time_transactions ", events with a subscriber"
    kill "${subscribers[@]}"
}
part_exec() {
    on_each_kind time_transactions ""
    on_each_kind with_a_subscriber
}
