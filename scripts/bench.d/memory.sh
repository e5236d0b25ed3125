# shellcheck shell=bash
# Sourced by scripts/bench: memory by key and by connection.

keys_in_memory() { # keys_in_memory value-bytes most "label" [argument of SET...]
    local keys=$((1000000 / scale)) kind used rss
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        used=$(info "$kind" used_memory) rss=$(rss_bytes "$kind")
        fill "$kind" "$keys" "$1" "${@:4}"
        note "$kind" "$1-byte values$3: used_memory bytes a key" \
            "$(awk "BEGIN { print ($(info "$kind" used_memory) - $used) / $keys }")" "$2"
        note "$kind" "$1-byte values$3: resident bytes a key" \
            "$(awk "BEGIN { print ($(rss_bytes "$kind") - $rss) / $keys }")"
        stop_server "$kind"
    done
}
part_memory() {
    keys_in_memory 3 0.7 ""
    keys_in_memory 64 0.92 ""
    keys_in_memory 3 0.7 " with a TTL" EX 100000
    keys_in_memory 64 0.82 " with a TTL" EX 100000
}

# hold_connections kind count: makes them, each says PING once, and keeps them.
hold_connections() {
    local number fd reply
    for ((number = 0; number < $2; number++)); do
        exec {fd}<> "/dev/tcp/127.0.0.1/${port[$1]}"
        printf 'PING\r\n' >&"$fd"
        read -r reply <&"$fd" && [ "$reply" = $'+PONG\r' ] || return 1
    done
    exec sleep 600
}
has_connections() { [ "$(info "$1" connected_clients)" -gt "$2" ]; }
part_idle() {
    local connections=$((5000 / scale)) kind used rss holder
    for kind in "${kinds[@]}"; do
        start_server "$kind" "$kind"
        cli "$kind" ping > /dev/null
        used=$(info "$kind" used_memory) rss=$(rss_bytes "$kind")
        hold_connections "$kind" "$connections" &
        holder=$!
        wait_until 60 has_connections "$kind" "$connections" || die "$kind: the connections do not come"
        sleep 8 # after which servers give back the buffers of those who say nothing
        note "$kind" "idle connection: used_memory bytes" \
            "$(awk "BEGIN { print ($(info "$kind" used_memory) - $used) / $connections }")" 0.9
        note "$kind" "idle connection: resident bytes" \
            "$(awk "BEGIN { print ($(rss_bytes "$kind") - $rss) / $connections }")"
        kill "$holder"
        wait "$holder" 2> /dev/null || true
        stop_server "$kind"
    done
}
