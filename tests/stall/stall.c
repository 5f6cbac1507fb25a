/* Has the disk below one folder not answer, for as long as somebody outside says so.
 *
 * Preloaded (LD_PRELOAD) with STALL_FOLDER, the folder, and STALL_CONTROL, a file that holds a struct control: whoever
 * maps it as well switches syncs, writes and reads on and off, and sees how many calls wait. A call that waits is made when it
 * may, and tells what it would have told. What the simulated machine keeps of its metal is no part of the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_US 500

struct control {
    volatile int syncs; /* not 0: nothing that makes writes durable comes back */
    volatile int writes; /* not 0: nor does any write */
    volatile int reads; /* not 0: nor does what SQLite reads */
    volatile int waiting;
};

static struct control *control;
static const char *folder;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STALL_CONTROL");
    folder = getenv("STALL_FOLDER");
    if (!folder || !path)
        return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || mapped == MAP_FAILED)
        _exit(99);
    close(fd);
    control = mapped;
}

static int is_ours(int fd)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return 0;
    path[size] = '\0';
    return !strncmp(path, folder, strlen(folder)) && !strstr(path, "/simulated");
}

static void wait_for_disk(int fd, volatile int *stalled)
{
    if (!control || !*stalled || !is_ours(fd))
        return;
    __sync_fetch_and_add(&control->waiting, 1);
    while (*stalled)
        usleep(LOOK_US);
    __sync_fetch_and_sub(&control->waiting, 1);
}

#define REAL(name)                                                                                                     \
    static __typeof__(name) *real;                                                                                     \
    if (!real)                                                                                                         \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

int fsync(int fd)
{
    REAL(fsync);
    wait_for_disk(fd, &control->syncs);
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    wait_for_disk(fd, &control->syncs);
    return real(fd);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    wait_for_disk(fd, &control->writes);
    return real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    REAL(pwrite);
    wait_for_disk(fd, &control->writes);
    return real(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    REAL(pwrite64);
    wait_for_disk(fd, &control->writes);
    return real(fd, data, size, offset);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
    REAL(pread);
    wait_for_disk(fd, &control->reads);
    return real(fd, data, size, offset);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
    REAL(pread64);
    wait_for_disk(fd, &control->reads);
    return real(fd, data, size, offset);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    wait_for_disk(fd, &control->writes);
    return real(fd, size);
}
