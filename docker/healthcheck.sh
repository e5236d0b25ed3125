#!/bin/sh
# Health of the container: does the server answer on the port that it was
# started with? An answer that asks for a password is an answer.
set -e

# The port as process 1 was told: the last --port, else the configuration
# file's, else Redis's.
line=$(tr '\0' ' ' < /proc/1/cmdline)
port=$(echo "$line" | sed -nE 's/.*--port +([0-9]+).*/\1/p')
if [ -z "$port" ]; then
    file=$(echo "$line" | tr ' ' '\n' | grep -m1 '\.conf$' || true)
    [ -z "$file" ] || port=$(sed -nE 's/^[[:space:]]*port[[:space:]]+([0-9]+).*/\1/p' "$file" | tail -n 1)
fi

answer=$(timeout 2 redis-cli -p "${port:-6379}" ping 2>&1) || true
echo "$answer"
case "$answer" in
PONG | NOAUTH*) ;;
*) exit 1 ;;
esac
