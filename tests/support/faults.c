/*
 * A library to be loaded before libc's own functions (LD_PRELOAD): it lets calls on files fail as a
 * disk in trouble does. Which ones, the file says that FAULTS names; it is read at each call.
 *
 *   CALL PATH ERRNO [AFTER]   from the AFTER-th call on (of writes: after so many bytes) it fails
 *   short PATH BYTES          a write takes so many bytes at most
 *   hold CALL PATH            the call waits until the line is gone
 *
 * CALL is write, sync, rename, open (for writing), truncate or unlink. PATH is a part of the path.
 *
 * When FAULTS_SYNCED names a file, each sync that came about adds a line to it, "BYTES PATH": what
 * a file held for sure should the power go.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define TEXT_MAX 4096
#define RULES_MAX 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[TEXT_MAX];
/* What each line has let through since the text is as it is. */
static long long passed[RULES_MAX];

struct rule {
    char call[16], path[256];
    long long error, after;
    int number, is_hold, is_short;
};

/* By system calls, so that nothing of this meets itself. */
static long read_all(const char *path, char *out, long max) {
    long length = 0, count;
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    while (length < max - 1 && (count = syscall(SYS_read, fd, out + length, max - 1 - length)) > 0)
        length += count;
    syscall(SYS_close, fd);
    out[length] = 0;
    return length;
}

/* The first rule of that kind for the path. Called with the lock held. */
static int find(const char *kind, const char *call, const char *path, struct rule *found) {
    static char now[TEXT_MAX];
    const char *file = getenv("FAULTS");
    now[0] = 0;
    if (!file) return 0;
    read_all(file, now, sizeof now);
    if (strcmp(now, text)) {
        strcpy(text, now);
        memset(passed, 0, sizeof passed);
    }
    int number = 0;
    for (const char *line = now; *line && number < RULES_MAX; number++) {
        struct rule rule = {.number = number};
        char copy[512], first[16] = "";
        const char *end = strchr(line, '\n');
        size_t length = end ? (size_t)(end - line) : strlen(line);
        snprintf(copy, sizeof copy, "%.*s", (int)length, line);
        line += length + (end != NULL);
        sscanf(copy, "%15s", first);
        rule.is_hold = !strcmp(first, "hold");
        rule.is_short = !strcmp(first, "short");
        if (rule.is_hold)
            sscanf(copy, "%*s %15s %255s", rule.call, rule.path);
        else
            sscanf(copy, "%15s %255s %lld %lld", rule.call, rule.path, &rule.error, &rule.after);
        int is_kind = !strcmp(kind, rule.is_hold ? "hold" : rule.is_short ? "short" : "fail");
        if (is_kind && (rule.is_short || !strcmp(rule.call, call)) && rule.path[0]
            && strstr(path, rule.path)) {
            *found = rule;
            return 1;
        }
    }
    return 0;
}

static void wait_if_held(const char *call, const char *path) {
    struct rule rule;
    for (;;) {
        pthread_mutex_lock(&lock);
        int is_held = find("hold", call, path, &rule);
        pthread_mutex_unlock(&lock);
        if (!is_held) return;
        usleep(1000);
    }
}

/* Whether a call of a file fails; errno says why. */
static int fails(const char *call, const char *path) {
    struct rule rule;
    wait_if_held(call, path);
    pthread_mutex_lock(&lock);
    int fails = find("fail", call, path, &rule) && passed[rule.number]++ >= rule.after;
    pthread_mutex_unlock(&lock);
    if (fails) errno = (int)rule.error;
    return fails;
}

/* The path of an open file; empty where it is no file. */
static void path_of(int fd, char *path, size_t max) {
    char link[64];
    struct stat status;
    path[0] = 0;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode)) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, max - 1);
    path[length > 0 ? length : 0] = 0;
}

/* How many of these bytes may be written; less than 0: none, errno says why. */
static long long may_write(int fd, long long bytes) {
    char path[512];
    struct rule rule;
    path_of(fd, path, sizeof path);
    if (!path[0]) return bytes;
    wait_if_held("write", path);
    pthread_mutex_lock(&lock);
    if (find("short", "write", path, &rule) && rule.error < bytes) bytes = rule.error;
    if (find("fail", "write", path, &rule)) {
        long long room = rule.after - passed[rule.number];
        if (room <= 0) {
            errno = (int)rule.error;
            bytes = -1;
        } else if (room < bytes) {
            bytes = room;
        }
        if (bytes > 0) passed[rule.number] += bytes;
    }
    pthread_mutex_unlock(&lock);
    return bytes;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    long long may = may_write(fd, (long long)count);
    return may < 0 ? -1 : real(fd, bytes, (size_t)may);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    long long bytes = 0;
    for (int i = 0; i < count; i++) bytes += (long long)parts[i].iov_len;
    long long may = may_write(fd, bytes);
    if (may < 0) return -1;
    if (may == bytes) return real(fd, parts, count);
    struct iovec first = {parts[0].iov_base, parts[0].iov_len};
    if ((long long)first.iov_len > may) first.iov_len = (size_t)may;
    return real(fd, &first, 1);
}

static int sync_by(int (*real)(int), int fd) {
    char path[512], line[600];
    struct stat status;
    path_of(fd, path, sizeof path);
    if (!path[0]) return real(fd);
    if (fails("sync", path)) return -1;
    /* What comes while it is under way may not be safe. */
    int is_known = !fstat(fd, &status);
    int result = real(fd);
    const char *synced = getenv("FAULTS_SYNCED");
    if (!result && is_known && synced) {
        int out = syscall(SYS_openat, AT_FDCWD, synced, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        int length = snprintf(line, sizeof line, "%lld %s\n", (long long)status.st_size, path);
        if (out >= 0) {
            syscall(SYS_write, out, line, length);
            syscall(SYS_close, out);
        }
    }
    return result;
}

int fsync(int fd) {
    REAL(fsync);
    return sync_by(real, fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return sync_by(real, fd);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return fails("rename", to) ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    return fails("unlink", path) ? -1 : real(path);
}

static int truncate_by(int (*real)(int, off64_t), int fd, off64_t length) {
    char path[512];
    path_of(fd, path, sizeof path);
    return path[0] && fails("truncate", path) ? -1 : real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    return truncate_by(real, fd, length);
}

int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    return truncate_by((int (*)(int, off64_t))real, fd, length);
}

static int fails_to_open(const char *path, int flags) {
    return (flags & (O_WRONLY | O_RDWR | O_CREAT)) && fails("open", path);
}

static mode_t mode_of(int flags, va_list more) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = mode_of(flags, more); \
        va_end(more); \
        return fails_to_open(path, flags) ? -1 : real(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)

FILE *fopen(const char *path, const char *how) {
    REAL(fopen);
    return strpbrk(how, "wa+") && fails("open", path) ? NULL : real(path, how);
}

FILE *fopen64(const char *path, const char *how) {
    REAL(fopen64);
    return strpbrk(how, "wa+") && fails("open", path) ? NULL : real(path, how);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return fails("open", path) ? -1 : real(path, mode);
}
