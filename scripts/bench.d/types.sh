# shellcheck shell=bash
# Sourced by scripts/bench: the data types, by commands, memory, files and syncs.

# elements type keys size: commands that make so many collections t:<number> of
# so many elements each, of 12 bytes, at most 1000 in a command.
elements() {
    awk -v type="$1" -v keys="$2" -v size="$3" 'BEGIN {
        split("list RPUSH set SADD hash HSET zset ZADD stream XADD", words, " ")
        for (i = 1; i <= 10; i += 2) verb[words[i]] = words[i + 1]
        most = type == "stream" ? 1 : 1000
        for (k = 0; k < keys; k++)
            for (from = 0; from < size; from += most) {
                printf "%s t:%d", verb[type], k
                for (i = from; i < size && i < from + most; i++) {
                    element = sprintf("element:%04d", i)
                    if (type == "hash") printf " %s value:%06d", element, i
                    else if (type == "zset") printf " %d %s", (i * 7919) % 1000003, element
                    else if (type == "stream") printf " * field value:%06d", i
                    else printf " %s", element
                }
                printf "\r\n"
            }
    }'
}
places() { # places count: within a few hundred kilometres
    awk -v count="$1" 'BEGIN {
        srand(1)
        for (i = 0; i < count; i++) printf "GEOADD places %.6f %.6f place:%d\r\n", 10 + rand() * 6, 36 + rand() * 4, i
    }'
}
lines() { printf '%s\r\n' "$@"; }

# prepare kind what: what a command finds.
prepare() {
    cli "$1" flushall > /dev/null
    case $2 in
    nothing) lines PING ;;
    popped_list) elements list 1 "$types_popped" ;;
    popped_set) elements set 1 "$types_popped" ;;
    popped_zset) elements zset 1 "$types_popped" ;;
    read_stream) elements stream 1 "$types_popped" && lines "XGROUP CREATE t:0 g 0" ;;
    list_of_1000) elements list 1 1000 ;;
    list_of_100) elements list 1 100 ;;
    hashes_of_10) elements hash 1000 10 ;;
    zset_of_100000) elements zset 1 100000 ;;
    two_sets_of_100) elements set 2 100 ;;
    places) places 10000 ;;
    esac | redis-cli -p "${port[$1]}" --pipe > "$work/prepare.log" || true
    grep -q 'errors: 0' "$work/prepare.log" || die "$1: what $2 needs cannot be made: $(cat "$work/prepare.log")"
}

# What redis-benchmark does by default, and more: label|what it finds|requests at
# pipeline 1 in thousands (at 16 five times as many)|command
type_commands="
PING (inline)|nothing|100|-t ping_inline
PING|nothing|100|-t ping_mbulk
SET|nothing|100|SET key:__rand_int__ xxx
GET|nothing|100|GET key:__rand_int__
INCR|nothing|100|INCR counter:__rand_int__
LPUSH|nothing|100|LPUSH t:0 xxx
RPUSH|nothing|100|RPUSH t:0 xxx
LPOP|popped_list|100|LPOP t:0
RPOP|popped_list|100|RPOP t:0
SADD|nothing|100|SADD t:0 element:__rand_int__
HSET|nothing|100|HSET t:0 element:__rand_int__ xxx
SPOP|popped_set|100|SPOP t:0
ZADD|nothing|100|ZADD t:0 __rand_int__ element:__rand_int__
ZPOPMIN|popped_zset|100|ZPOPMIN t:0
LRANGE of 100|list_of_1000|50|LRANGE t:0 0 99
LRANGE of 300|list_of_1000|20|LRANGE t:0 0 299
LRANGE of 500|list_of_1000|10|LRANGE t:0 0 499
LRANGE of 600|list_of_1000|10|LRANGE t:0 0 599
MSET of 10|nothing|50|-t mset
ZRANGE of 10|zset_of_100000|100|ZRANGE t:0 50000 50009
ZRANK|zset_of_100000|100|ZRANK t:0 element:50000
HGETALL of 10|hashes_of_10|100|HGETALL t:1
XADD|nothing|100|XADD t:0 * field value
XREADGROUP|read_stream|100|XREADGROUP GROUP g c COUNT 1 STREAMS t:0 >
SINTER of 100|two_sets_of_100|20|SINTER t:0 t:1
LPOS in 100|list_of_100|100|LPOS t:0 element:0050
GEOSEARCH|places|10|GEOSEARCH places FROMLONLAT 13 38 BYRADIUS 20 km
PFADD|nothing|100|PFADD t:0 __rand_int__
"

# one_type_command kind label pipeline requests "command"
one_type_command() {
    local kind=$1 requests=$4 before words
    read -ra words <<< "$5"
    before=$(cpu_us "$kind")
    redis-benchmark -p "${port[$kind]}" -c 50 -n "$requests" -P "$3" -r 100000 --csv "${words[@]}" > "$work/load.log" 2>&1 \
        || die "$kind: $2: $(tail -n 1 "$work/load.log")"
    ! grep -qi error "$work/load.log" || die "$kind: $2: $(grep -i error "$work/load.log")"
    note "$kind" "$2 -P $3: CPU us a command" \
        "$(awk "BEGIN { print ($(cpu_us "$kind") - $before) / $requests }")" 1.0
}

commands_on_types() {
    local label finds thousands command pipeline round kind requests
    while IFS='|' read -r label finds thousands command; do
        [ -n "$label" ] || continue
        for pipeline in 1 16; do
            requests=$((thousands * (pipeline == 1 ? 1000 : 5000) / scale))
            types_popped=$requests
            for ((round = 0; round < rounds; round++)); do
                for kind in "${kinds[@]}"; do
                    prepare "$kind" "$finds"
                    one_type_command "$kind" "$label" "$pipeline" "$requests" "$command" < /dev/null
                done
            done
        done
    done <<< "$type_commands"
}

# bytes_of_elements type keys size
bytes_of_elements() {
    local kind used
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        used=$(info "$kind" used_memory)
        elements "$@" | redis-cli -p "${port[$kind]}" --pipe > "$work/fill.log"
        note "$kind" "$1 of $3: used_memory bytes an element" \
            "$(awk "BEGIN { print ($(info "$kind" used_memory) - $used) / ($2 * $3) }")" 0.8
        stop_server "$kind"
    done
}

# files_and_syncs type: of a million collections of 10 elements.
files_and_syncs() {
    local kind keys=$((1000000 / scale)) label="$((1000000 / scale)) $1s of 10" start
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        elements "$1" "$keys" 10 | redis-cli -p "${port[$kind]}" --pipe > "$work/fill.log"
        start=$(now_ms)
        bgsave "$kind"
        note "$kind" "$label: BGSAVE, ms" $(($(now_ms) - start)) 0.4
        start_server "$kind-replica" "$kind"
        sync "$kind"
        note "$kind" "$label: full sync, ms" "$took_ms" 0.4
        stop_server "$kind-replica"
        start_server "$kind-loaded" "$kind" --dir "$work/$kind"
        note "$kind" "$label: load, ms" "$(sed -n 's/.*DB loaded from disk: \([0-9.]*\) seconds.*/\1/p' \
            "$work/$kind-loaded/log" | awk '{ print $1 * 1000 }')" 0.4
        stop_server "$kind-loaded" "$kind"
    done
}

part_types() { on_each_kind commands_on_types; }
part_elements() {
    local type
    for type in list set hash zset stream; do
        bytes_of_elements "$type" $((100000 / scale)) 10
        bytes_of_elements "$type" 1 $((1000000 / scale))
    done
}
part_collections() {
    local type
    for type in list set hash zset; do files_and_syncs "$type"; done
}
