#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

struct visit {
  int netns_fd, result;
  void (*work)(void *);
  void *argument;
};

static void *enter(void *data) {
  struct visit *visit = data;
  if (setns(visit->netns_fd, CLONE_NEWNET) != 0)
    visit->result = -errno;
  else
    visit->work(visit->argument);
  return NULL;
}

// A thread with a small stack: entering a namespace needs a thread of its own, not much room.
static int run_thread(void *(*body)(void *), void *argument) {
  pthread_t thread;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return -error;
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  error = pthread_create(&thread, &attributes, body, argument);
  pthread_attr_destroy(&attributes);
  if (error) return -error;
  pthread_join(thread, NULL);
  return 0;
}

int in_namespace(int netns_fd, void (*work)(void *), void *argument) {
  struct visit visit = {netns_fd, 0, work, argument};
  if (netns_fd < 0) {
    work(argument);
    return 0;
  }
  int error = run_thread(enter, &visit);
  return error ? error : visit.result;
}

static void *unshare_network(void *data) {
  int *result = data;
  if (unshare(CLONE_NEWNET) != 0)
    *result = -errno;
  else if ((*result = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
    *result = -errno;
  return NULL;
}

// createNamespace(): the fd of a new network namespace, which lives as long as something holds it.
static napi_value create_namespace(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = -1;
  int error = run_thread(unshare_network, &fd);
  return give_int(env, own(env, error ? error : fd));
}

struct opening {
  const char *path;
  int flags, result;
};

static void open_path(void *data) {
  struct opening *opening = data;
  opening->result = open(opening->path, opening->flags | O_CLOEXEC, 0666);
  if (opening->result < 0) opening->result = -errno;
}

// openIn(netnsFd, path, flags): a file as a thread of that namespace sees it (/proc/sys/net/...,
// /proc/thread-self/net/...). The descriptor belongs to the caller, who closes it with fs.closeSync.
static napi_value open_in(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int netns_fd;
  char path[PATH_MAX];
  struct opening opening = {path, 0, 0};
  if (!take_arguments(env, info, 3, values) || !take_int(env, values[0], &netns_fd) ||
      !take_path(env, values[1], path, sizeof path) || !take_int(env, values[2], &opening.flags))
    return NULL;
  int error = in_namespace(netns_fd, open_path, &opening);
  return give_int(env, error ? error : opening.result);
}

// mount(source, target, flags)
static napi_value mount_path(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char source[PATH_MAX], target[PATH_MAX];
  int flags;
  if (!take_arguments(env, info, 3, values) || !take_path(env, values[0], source, sizeof source) ||
      !take_path(env, values[1], target, sizeof target) || !take_int(env, values[2], &flags))
    return NULL;
  return give_int(env, mount(source, target, "none", (unsigned long)flags, NULL) ? -errno : 0);
}

// unmount(target): detached lazily, as `ip netns delete` does.
static napi_value unmount_path(napi_env env, napi_callback_info info) {
  napi_value values[1];
  char target[PATH_MAX];
  if (!take_arguments(env, info, 1, values) || !take_path(env, values[0], target, sizeof target))
    return NULL;
  return give_int(env, umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) ? -errno : 0);
}

napi_status define_namespaces(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {
      METHOD("createNamespace", create_namespace),
      METHOD("openIn", open_in),
      METHOD("mount", mount_path),
      METHOD("unmount", unmount_path),
  };
  return napi_define_properties(env, exports, LENGTH(methods), methods);
}
