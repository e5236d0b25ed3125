#!/bin/sh
# Health of the container: does the server answer on the port that it was
# started with? An answer that asks for a password is an answer.
set -e

# The port as process 1 was told: the last --port, else the configuration
# file's; or as it says in its title ("redis-server *:9001"), else Redis's own.
line=$(tr '\0' ' ' < /proc/1/cmdline)
port=$(echo "$line" | sed -nE 's/.*--port +([0-9]+).*/\1/p')
if [ -z "$port" ]; then
    port=$(echo "$line" | sed -nE 's/^[^ ]+ [^ ]+:([0-9]+)( .*)?$/\1/p')
fi
if [ -z "$port" ]; then
    file=$(echo "$line" | tr ' ' '\n' | grep -m1 '\.conf$') || file=/dev/null
    port=$(sed -nE 's/^[[:space:]]*port[[:space:]]+([0-9]+).*/\1/p' "$file" | tail -n 1)
fi

answer=$(timeout 2 redis-cli -p "${port:-6379}" ping 2>&1) || true
echo "$answer"
case "$answer" in
PONG | NOAUTH*) ;;
*) exit 1 ;;
esac
