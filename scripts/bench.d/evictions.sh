# shellcheck shell=bash
# Sourced by scripts/bench: how well the keys are chosen that are evicted.

# zipf kind seed count keys: asks for so many keys by Zipf's law, each of which is
# set if it is not there.
zipf() {
    awk -v seed="$2" -v count="$3" -v keys="$4" 'BEGIN {
        srand(seed)
        for (i = 0; i < 64; i++) value = value "x"
        for (i = 0; i < count; i++) {
            key = sprintf("key:%012d", int(exp(rand() * log(keys))))
            printf "*2\r\n$3\r\nGET\r\n$16\r\n%s\r\n*4\r\n$3\r\nSET\r\n$16\r\n%s\r\n$64\r\n%s\r\n$2\r\nNX\r\n", key, key, value
        }
    }' | redis-cli -p "${port[$1]}" --pipe > "$work/zipf.log" || die "$1: $(tail -n 1 "$work/zipf.log")"
}
misses() { # misses kind: of a hundred
    awk "BEGIN { print 100 * $(info "$1" keyspace_misses) / ($(info "$1" keyspace_misses) + $(info "$1" keyspace_hits)) }"
}

evictions_under() { # evictions_under policy round
    local keys=$((1000000 / scale)) kind limit
    for kind in "${kinds[@]}"; do
        # Its figures of each command would take a part of what is a limit for keys.
        start_server "$kind" "$kind" --latency-tracking no
        # Room for a tenth of the keys, however many bytes they are.
        fill "$kind" $((keys / 10)) 64
        limit=$(info "$kind" used_memory)
        cli "$kind" config set maxmemory-policy "$1" maxmemory "$limit" > /dev/null
        zipf "$kind" "$2" $((keys * 2)) "$keys"
        cli "$kind" config resetstat > /dev/null
        zipf "$kind" "1$2" $((keys * 2)) "$keys"
        note "$kind" "$1: misses of a hundred reads" "$(misses "$kind")" 1.0
        note "$kind" "$1: used_memory of maxmemory" \
            "$(awk "BEGIN { print $(info "$kind" used_memory) / $limit }")"
        stop_server "$kind"
    done
}
part_evict() {
    local round policy
    for policy in allkeys-lru allkeys-lfu allkeys-random; do
        for ((round = 0; round < rounds; round++)); do evictions_under "$policy" "$round"; done
    done
}
