/* Records, in order, everything that a process does to the files below one folder, for a power cut to be made of it.
 *
 * Preloaded (LD_PRELOAD) with RECORD_FOLDER, the folder, and RECORD_LOG, the file that gets the records. Each record is
 * a header (struct record, native byte order), the file's name without the folder, and the data of a write or the new
 * name of a rename. Calls that fail change nothing and are not recorded. The lock is held over the call and its
 * record, so that the order in the log is the order on the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES 1024
#define LOG_FD 1000 /* out of the way of programs that count on low numbers */

struct record {
    char kind; /* Create, Write, Truncate, Grow, Sync, Unlink, Rename */
    char pad[3];
    uint32_t name_size;
    uint64_t offset; /* of a write; the new size of a truncation or of a file that grows */
    uint64_t data_size;
};

static int log_fd = -1;
static const char *folder;
static size_t folder_size;
static char *names[FILES];
static int room = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Let so many more writes and syncs of the database succeed, and then no more, as on a full or failing disk; -1 for
 * as many as there are. The journal has its room already, and goes on. */
void recorder_room(int calls)
{
    room = calls;
}

#define REAL(name)                                                                                                     \
    static __typeof__(name) *real;                                                                                     \
    if (!real)                                                                                                         \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("RECORD_LOG");
    folder = getenv("RECORD_FOLDER");
    if (!folder || !path)
        return;
    folder_size = strlen(folder);
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
    syscall(SYS_close, fd);
    if (log_fd < 0)
        _exit(99);
}

static void put(const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        long written = syscall(SYS_write, log_fd, next, size);
        if (written <= 0)
            _exit(99); /* a record with a hole would be a lie */
        next += written;
        size -= written;
    }
}

static int is_ours(const char *path)
{
    return log_fd >= 0 && path && !strncmp(path, folder, folder_size) && (!path[folder_size] || path[folder_size] == '/');
}

static const char *short_name(const char *path)
{
    return path[folder_size] ? path + folder_size + 1 : "";
}

static void record(char kind, const char *name, uint64_t offset, const void *data, uint64_t size)
{
    struct record head = {.kind = kind, .name_size = strlen(name), .offset = offset, .data_size = size};
    put(&head, sizeof head);
    put(name, head.name_size);
    put(data, size);
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < FILES ? names[fd] : NULL;
}

static int open_and_note(int at, const char *path, int flags, mode_t mode)
{
    if (!is_ours(path))
        return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = syscall(SYS_faccessat, at, path, F_OK) == 0;
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= FILES)
        _exit(99);
    if (fd >= 0) {
        free(names[fd]);
        names[fd] = strdup(short_name(path));
        if (!existed && flags & O_CREAT)
            record('C', names[fd], 0, NULL, 0);
        if (existed && flags & O_TRUNC)
            record('T', names[fd], 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...)
{
    MODE return open_and_note(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE return open_and_note(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    MODE return open_and_note(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...)
{
    MODE return open_and_note(at, path, flags | O_LARGEFILE, mode);
}

int close(int fd)
{
    if (name_of(fd)) {
        free(names[fd]);
        names[fd] = NULL;
    }
    return syscall(SYS_close, fd);
}

static int refused(const char *name, int error)
{
    if (room < 0 || strncmp(name, "ledger.db", 9) || room-- > 0)
        return 0;
    room = 0;
    errno = error;
    return 1;
}

/* `call` is made under the lock; if `worked`, `note` records it. */
#define RECORDED(type, fd, call, worked, note)                                                                         \
    const char *name = name_of(fd);                                                                                    \
    if (!name)                                                                                                         \
        return call;                                                                                                   \
    pthread_mutex_lock(&lock);                                                                                         \
    type result = call;                                                                                                \
    if (worked)                                                                                                        \
        note;                                                                                                          \
    pthread_mutex_unlock(&lock);                                                                                       \
    return result;

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    if (name_of(fd) && refused(name_of(fd), ENOSPC))
        return -1;
    RECORDED(ssize_t, fd, real(fd, data, size), result > 0,
             record('W', name, lseek(fd, 0, SEEK_CUR) - result, data, result))
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    REAL(pwrite);
    if (name_of(fd) && refused(name_of(fd), ENOSPC))
        return -1;
    RECORDED(ssize_t, fd, real(fd, data, size, offset), result > 0, record('W', name, offset, data, result))
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    REAL(pwrite64);
    if (name_of(fd) && refused(name_of(fd), ENOSPC))
        return -1;
    RECORDED(ssize_t, fd, real(fd, data, size, offset), result > 0, record('W', name, offset, data, result))
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    RECORDED(int, fd, real(fd, size), !result, record('T', name, size, NULL, 0))
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    RECORDED(int, fd, real(fd, size), !result, record('T', name, size, NULL, 0))
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    REAL(posix_fallocate);
    RECORDED(int, fd, real(fd, offset, size), !result, record('G', name, offset + size, NULL, 0))
}

int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
    REAL(posix_fallocate64);
    RECORDED(int, fd, real(fd, offset, size), !result, record('G', name, offset + size, NULL, 0))
}

int fsync(int fd)
{
    REAL(fsync);
    if (name_of(fd) && refused(name_of(fd), EIO))
        return -1;
    RECORDED(int, fd, real(fd), !result, record('S', name, 0, NULL, 0))
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    if (name_of(fd) && refused(name_of(fd), EIO))
        return -1;
    RECORDED(int, fd, real(fd), !result, record('S', name, 0, NULL, 0))
}

int unlink(const char *path)
{
    REAL(unlink);
    if (!is_ours(path))
        return real(path);
    pthread_mutex_lock(&lock);
    int result = real(path);
    if (!result)
        record('U', short_name(path), 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    if (!is_ours(from) || !is_ours(to))
        return real(from, to);
    pthread_mutex_lock(&lock);
    int result = real(from, to);
    if (!result) {
        record('R', short_name(from), 0, short_name(to), strlen(short_name(to)));
        for (int fd = 0; fd < FILES; fd++)
            if (names[fd] && !strcmp(names[fd], short_name(from))) {
                free(names[fd]);
                names[fd] = strdup(short_name(to));
            }
    }
    pthread_mutex_unlock(&lock);
    return result;
}
