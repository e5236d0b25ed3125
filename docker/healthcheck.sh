#!/bin/sh
# Health of the container: does the server answer where it listens? Any answer
# will do, also one that says that it is loading, full, without its master,
# asks for a password or knows no PING.

# Where its sockets listen, as the kernel says: the settings may have come from
# a file, from the command line or from CONFIG SET. The server is process 1, or
# below an init of the engine, as the user redis.
users=" $(id -u redis 2> /dev/null) $(stat -c %u /proc/1) "

# Lines of "host port". 127.0.0.11 is the engine's name server.
tcp_sockets() {
    awk -v users="$users" '
        function number(hex,    i, n) {
            for (i = 1; i <= length(hex); i++) n = n * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
            return n
        }
        # A word of four bytes, the last one first.
        function byte(word, i) { return substr(word, 7 - 2 * i, 2) }
        function v4(word) {
            return number(byte(word, 0)) "." number(byte(word, 1)) "." number(byte(word, 2)) "." number(byte(word, 3))
        }
        function v6(words,    i, word, text) {
            for (i = 0; i < 4; i++) {
                word = substr(words, 8 * i + 1, 8)
                text = text (i ? ":" : "") byte(word, 0) byte(word, 1) ":" byte(word, 2) byte(word, 3)
            }
            return text
        }
        function address(hex) {
            if (hex ~ /^0+$/) return length(hex) == 8 ? "127.0.0.1" : "::1"
            return length(hex) == 8 ? v4(hex) : v6(hex)
        }
        $4 == "0A" && index(users, " " $8 " ") {
            split($2, local, ":")
            host = address(local[1])
            if (host != "127.0.0.11") print host, number(local[2])
        }' /proc/net/tcp /proc/net/tcp6 2> /dev/null
}

# Paths of listening unix sockets.
unix_sockets() {
    awk '$4 == "00010000" && $5 == "0001" && $8 ~ /^\// {
        for (i = 0; i < 7; i++) sub(/^ *[^ ]+ +/, "")
        print
    }' /proc/net/unix 2> /dev/null
}
is_ours() {
    case "$users" in
    *" $(stat -c %u "$1" 2> /dev/null) "*) [ -S "$1" ] ;;
    *) return 1 ;;
    esac
}

answers() { timeout 2 redis-cli "$@" ping; }

# The probes run in this shell, so that the first answer ends it.
sockets=$(tcp_sockets)
while read -r host port; do
    [ -z "$port" ] || ! answers -h "$host" -p "$port" || exit 0
done << END
${sockets}
END
while read -r path; do
    ! is_ours "$path" || ! answers -s "$path" || exit 0
done << END
$(unix_sockets)
END
echo "nobody answers:" $sockets
exit 1
