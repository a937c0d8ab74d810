// Preloaded before the C library of a seen under test (LD_PRELOAD). A file controls it: it sets
// the clock, and makes writes to the disk slow or fail. Everything else is the system's own.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The same as in system.rs.
struct orders {
  int64_t clock;      // seconds to add to the time of day
  int64_t sync_delay; // microseconds
  int64_t sync_error; // an errno, or 0
  int64_t write_error;
};

static const struct orders none;
static const volatile struct orders *orders = &none;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("SEEN_TEST_SYSTEM");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0)
    return;
  void *mapped = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED)
    orders = mapped;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME)
    time->tv_sec += orders->clock;
  return result;
}

static int synced(long number, int file) {
  if (orders->sync_delay)
    usleep(orders->sync_delay);
  if (orders->sync_error) {
    errno = orders->sync_error;
    return -1;
  }
  return syscall(number, file);
}

int fsync(int file) { return synced(SYS_fsync, file); }

int fdatasync(int file) { return synced(SYS_fdatasync, file); }

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
  if (orders->write_error) {
    errno = orders->write_error;
    return -1;
  }
  return syscall(SYS_pwrite64, file, bytes, length, at);
}
