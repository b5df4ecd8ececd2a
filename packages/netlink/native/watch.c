#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// The few libuv names needed, declared here because Node-API's headers carry no uv.h. They are part
// of libuv 1's stable ABI, and node exports them. The handle's size is asked for at run time.
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef void (*uv_poll_cb)(uv_handle_t *handle, int status, int events);
typedef void (*uv_close_cb)(uv_handle_t *handle);
enum { UV_POLL = 8, UV_READABLE = 1 };
extern size_t uv_handle_size(int type);
extern int uv_poll_init(uv_loop_t *loop, uv_handle_t *handle, int fd);
extern int uv_poll_start(uv_handle_t *handle, int events, uv_poll_cb callback);
extern int uv_poll_stop(uv_handle_t *handle);
extern void uv_close(uv_handle_t *handle, uv_close_cb callback);
extern void uv_ref(uv_handle_t *handle);
extern void uv_unref(uv_handle_t *handle);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);

// One watched descriptor. `shut` says that uv_close was called; the memory goes when both libuv
// (closed) and JavaScript (the external was collected) are done with it.
struct watch {
  napi_env env;
  uv_handle_t *handle;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  int fd;
  bool close_fd, shut, closed, collected;
};

static const napi_type_tag watch_tag = {0x7472756574757065ULL, 0x6e65746c696e6b31ULL};

static void free_watch(struct watch *watch) {
  if (watch->closed && watch->collected) free(watch);
}

static void on_closed(uv_handle_t *handle) {
  struct watch *watch = uv_handle_get_data(handle);
  if (watch->close_fd) close(watch->fd);
  free(handle);
  if (watch->cleanup) napi_remove_async_cleanup_hook(watch->cleanup);
  watch->closed = true;
  free_watch(watch);
}

static void shut(struct watch *watch) {
  if (watch->shut) return;
  watch->shut = true;
  napi_delete_reference(watch->env, watch->callback);
  napi_async_destroy(watch->env, watch->context);
  uv_close(watch->handle, on_closed);
}

// The environment goes (process exit, Worker terminated) with the watch still there.
static void on_environment_end(napi_async_cleanup_hook_handle cleanup, void *data) {
  struct watch *watch = data;
  watch->cleanup = cleanup;
  shut(watch);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct watch *watch = data;
  watch->collected = true;
  shut(watch);
  free_watch(watch);
}

static void on_ready(uv_handle_t *handle, int status, int events) {
  (void)events;
  struct watch *watch = uv_handle_get_data(handle);
  napi_env env = watch->env;
  napi_handle_scope scope;
  // libuv stops watching at POLLERR, which on a netlink socket is an overrun: receiving clears it,
  // and events go on after it. (A descriptor that somebody closed must not be watched again.)
  if (status < 0 && fcntl(watch->fd, F_GETFD) >= 0)
    uv_poll_start(handle, UV_READABLE, on_ready);
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, receiver, argument = give_int(env, status), error = NULL;
  if (napi_get_reference_value(env, watch->callback, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok &&
      napi_make_callback(env, watch->context, receiver, callback, 1, &argument, NULL) ==
          napi_pending_exception) {
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok && error)
      napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

static int start(napi_env env, struct watch *watch, napi_value callback) {
  uv_loop_t *loop = NULL;
  napi_value name;
  if (napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop) != napi_ok) return -ENOSYS;
  watch->handle = calloc(1, uv_handle_size(UV_POLL));
  if (!watch->handle) return -ENOMEM;
  int error = uv_poll_init(loop, watch->handle, watch->fd);
  if (error) {
    free(watch->handle);
    return error;
  }
  uv_handle_set_data(watch->handle, watch);
  napi_create_string_utf8(env, "netlink.watch", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env, callback, 1, &watch->callback);
  napi_async_init(env, NULL, name, &watch->context);
  napi_add_async_cleanup_hook(env, on_environment_end, watch, &watch->cleanup);
  return 0;
}

// watch(fd, callback): an external, stopped at first; or -errno.
static napi_value watch_open(napi_env env, napi_callback_info info) {
  napi_value values[2], external;
  int fd;
  if (!take_arguments(env, info, 2, values) || !take_int(env, values[0], &fd)) return NULL;
  struct watch *watch = calloc(1, sizeof *watch);
  if (!watch) return give_int(env, -ENOMEM);
  watch->env = env;
  watch->fd = fd;
  int error = start(env, watch, values[1]);
  if (error) {
    free(watch);
    return give_int(env, error);
  }
  if (napi_create_external(env, watch, on_collected, NULL, &external) != napi_ok ||
      napi_type_tag_object(env, external, &watch_tag) != napi_ok)
    return give_int(env, -ENOMEM);
  return external;
}

static struct watch *take_watch(napi_env env, napi_value value) {
  bool ours = false;
  void *watch = NULL;
  if (napi_check_object_type_tag(env, value, &watch_tag, &ours) != napi_ok || !ours ||
      napi_get_value_external(env, value, &watch) != napi_ok)
    napi_throw_type_error(env, NULL, "netlink addon: a watch was expected");
  return watch;
}

enum { STOP = 0, START = 1, REF = 2, UNREF = 3 };

// watchSet(watch, what)
static napi_value watch_set(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int what;
  if (!take_arguments(env, info, 2, values) || !take_int(env, values[1], &what)) return NULL;
  struct watch *watch = take_watch(env, values[0]);
  if (!watch) return NULL;
  if (watch->shut) return give_int(env, -EBADF);
  if (what == START) return give_int(env, uv_poll_start(watch->handle, UV_READABLE, on_ready));
  if (what == STOP) return give_int(env, uv_poll_stop(watch->handle));
  if (what == REF) uv_ref(watch->handle);
  if (what == UNREF) uv_unref(watch->handle);
  return give_int(env, 0);
}

// watchClose(watch, closeFd): the descriptor is closed once libuv has let go of it.
static napi_value watch_close(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int close_fd;
  if (!take_arguments(env, info, 2, values) || !take_int(env, values[1], &close_fd)) return NULL;
  struct watch *watch = take_watch(env, values[0]);
  if (!watch) return NULL;
  if (watch->shut) return give_int(env, -EBADF);
  if (close_fd) {
    disown(env, watch->fd);
    watch->close_fd = true;
  }
  shut(watch);
  return give_int(env, 0);
}

napi_status define_watches(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {
      METHOD("watch", watch_open),
      METHOD("watchSet", watch_set),
      METHOD("watchClose", watch_close),
  };
  return napi_define_properties(env, exports, LENGTH(methods), methods);
}
