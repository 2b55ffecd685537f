// Faults for a process that is started with LD_PRELOAD=faults.so: a call that writes to files fails
// or ends the process, memory runs out, and the clock jumps. The environment says which:
//
//   FAULT_AT=N FAULT_HOW=exit    the process ends before call N that changes a file
//   FAULT_AT=N FAULT_HOW=half    it ends in the middle of that call, if it is a write
//   FAULT_BYTE=N                 it ends when N bytes are written to files, in the middle of a write
//   FAULT_AT=N FAULT_HOW=enospc  from call N on all fail, as on a full disk; `eio` as on a broken one
//   FAULT_LOG=FILE               writes down the calls, and what they wrote to FILE.data
//   FAULT_MEMORY=N               allocation N of at least a page fails, and all after it
//   FAULT_THREADS=N              thread N beside the first is not created, and none after it
//   FAULT_CLOCK=SEED             the clocks jump back and forth, by up to 30 years
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long fault_at, byte_at = -1, memory_at, threads_at;
static enum { EXIT, HALF, FAIL } how;
static int error_number;
static int log_file = -1, data_file = -1;
static uint64_t clock_seed;
static long calls, allocations, threads;
static long written;
// What a descriptor is open for.
static enum { OTHER, WRITING, FOLDER } use[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void read_environment(void) {
  const char *at = getenv("FAULT_AT"), *kind = getenv("FAULT_HOW"), *log = getenv("FAULT_LOG");
  const char *memory = getenv("FAULT_MEMORY"), *seed = getenv("FAULT_CLOCK");
  const char *first_thread = getenv("FAULT_THREADS"), *byte = getenv("FAULT_BYTE");
  fault_at = at ? atol(at) : 0;
  if (kind) how = strcmp(kind, "exit") == 0 ? EXIT : strcmp(kind, "half") == 0 ? HALF : FAIL;
  if (kind) error_number = strcmp(kind, "eio") == 0 ? EIO : ENOSPC;
  byte_at = byte ? atol(byte) : -1;
  memory_at = memory ? atol(memory) : 0;
  threads_at = first_thread ? atol(first_thread) : 0;
  clock_seed = seed ? strtoull(seed, NULL, 10) : 0;
  if (log) {
    char name[4096];
    log_file = REAL(open)(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    snprintf(name, sizeof name, "%s.data", log);
    data_file = REAL(open)(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  }
}

static void note(const char *format, ...) {
  if (log_file < 0) return;
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  REAL(write)(log_file, line, (size_t)length);
}

// Counts a call; 1 if it is to fail.
static int is_failing(void) {
  const long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (fault_at == 0 || call < fault_at) return 0;
  if (how != FAIL) _exit(99);
  errno = error_number;
  return 1;
}

static int open_file(const char *path, int flags, mode_t mode, const char *name) {
  const int writes = (flags & O_ACCMODE) != O_RDONLY;
  if (writes && is_failing()) return -1;
  const int file = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name))(path, flags, mode);
  const int folder = (flags & O_DIRECTORY) != 0;
  if (file >= 0 && file < 4096 && (writes || folder)) {
    use[file] = folder ? FOLDER : WRITING;
    note("%s %d %s\n", folder ? "folder" : "open", file, path);
  }
  return file;
}
#define OPEN(name)                                                                                 \
  int name(const char *path, int flags, ...) {                                                     \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    const mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;                      \
    va_end(arguments);                                                                             \
    return open_file(path, flags, mode, #name);                                                    \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t count) {
  if (file < 0 || file >= 4096 || use[file] != WRITING) return REAL(write)(file, bytes, count);
  if (how == HALF && calls + 1 == fault_at) REAL(write)(file, bytes, count / 2);
  if (is_failing()) return -1;
  if (byte_at >= 0 && written + (long)count > byte_at) {
    REAL(write)(file, bytes, (size_t)(byte_at - written));
    _exit(99);
  }
  const ssize_t result = REAL(write)(file, bytes, count);
  if (result > 0) {
    if (log_file >= 0) REAL(write)(data_file, bytes, (size_t)result);
    note("write %d %ld %zd\n", file, written, result);
    written += result;
  }
  return result;
}

#define CHANGE(name, parameters, values, ...)                                                      \
  int name parameters {                                                                            \
    if (is_failing()) return -1;                                                                   \
    const int result = REAL(name) values;                                                          \
    if (result == 0) note(#name " " __VA_ARGS__);                                                  \
    return result;                                                                                 \
  }
CHANGE(fsync, (int file), (file), "%d\n", file)
CHANGE(rename, (const char *from, const char *to), (from, to), "%s\t%s\n", from, to)
CHANGE(link, (const char *from, const char *to), (from, to), "%s\t%s\n", from, to)
CHANGE(unlink, (const char *path), (path), "%s\n", path)
CHANGE(rmdir, (const char *path), (path), "%s\n", path)
CHANGE(mkdir, (const char *path, mode_t mode), (path, mode), "%s\n", path)
CHANGE(ftruncate, (int file, off_t size), (file, size), "%d %ld\n", file, (long)size)

int close(int file) {
  if (file < 0 || file >= 4096 || use[file] == OTHER) return REAL(close)(file);
  const int is_written = use[file] == WRITING;
  use[file] = OTHER;
  // What a file system has put off may fail here; the file is closed all the same.
  const int fails = is_written && is_failing();
  note("%s %d\n", is_written ? "close" : "leave", file);
  const int error = errno;
  if (REAL(close)(file) != 0) return -1;
  errno = error;
  return fails ? -1 : 0;
}

static int lacks_memory(size_t size) {
  return memory_at > 0 && size >= 4096 &&
    __atomic_add_fetch(&allocations, 1, __ATOMIC_SEQ_CST) >= memory_at;
}
int posix_memalign(void **block, size_t alignment, size_t size) {
  return lacks_memory(size) ? ENOMEM : REAL(posix_memalign)(block, alignment, size);
}
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  if (flags & MAP_ANONYMOUS && !(flags & MAP_STACK) && lacks_memory(size)) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return REAL(mmap)(at, size, protection, flags, file, offset);
}

int pthread_create(
  pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  if (threads_at > 0 && __atomic_add_fetch(&threads, 1, __ATOMIC_SEQ_CST) >= threads_at) {
    return EAGAIN;
  }
  return REAL(pthread_create)(thread, attributes, start, argument);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  const int result = REAL(clock_gettime)(clock, time);
  if (clock_seed != 0 && result == 0) {
    clock_seed = clock_seed * 6364136223846793005u + 1442695040888963407u;
    time->tv_sec += (time_t)(clock_seed >> 33) % 1000000000 - 500000000;
    if (time->tv_sec < 0) time->tv_sec = 0;
  }
  return result;
}
