#!/bin/sh
# Entry point of the image. Takes what Docker's redis image takes:
#   redis-server [file.conf] [--directive value...]   the server (also under its own name, understudy)
#   --directive value... | file.conf                  the same, the name left out
#   redis-sentinel file.conf [...]                    Redis's Sentinel; the file must be one it can write
#   anything else                                     that command, as it stands
set -e

case "${1-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac
case "$1" in
redis-server | understudy | redis-sentinel) ;;
*) exec "$@" ;;
esac

# Root only hands /data over, then starts again as the user of the server.
if [ "$(id -u)" = 0 ]; then
    # What cannot change hands (a file mounted read-only) stays as it is.
    find . ! -user redis -exec chown -h redis:redis {} + || true
    as_redis() { setpriv --reuid=redis --regid=redis --init-groups --no-new-privs -- "$@"; }
    if as_redis true; then
        exec setpriv --reuid=redis --regid=redis --init-groups --no-new-privs -- "$0" "$@"
    fi
    echo "entrypoint: the server stays root: this container may not change its user" >&2
fi

# A container is reached through published ports and its own networks, never
# through loopback: the guard against an open default is off, as in Docker's
# redis image, unless the command line or the configuration file speaks of it.
guard_is_ours_to_set() {
    # Sentinel has none.
    [ "$1" != redis-sentinel ] || return 1
    # What comes on standard input cannot be seen from here.
    for last; do :; done
    [ "$last" != - ] || return 1
    case "${2-}" in
    - | -v | -h | --version | --help | --test-memory | --check-system) return 1 ;;
    -* | '') ;;
    *) ! grep -qis '^[[:space:]]*protected-mode' "$2" || return 1 ;;
    esac
    case " $* " in
    *' --protected-mode '* | *' --sentinel '*) return 1 ;;
    esac
}
if guard_is_ours_to_set "$@"; then
    set -- "$@" --protected-mode no
fi

# Data files are the server's alone, unless the caller chose a mask.
if [ "$(umask)" = 0022 ]; then
    umask 0077
fi
exec "$@"
