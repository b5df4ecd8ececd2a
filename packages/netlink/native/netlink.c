#include "addon.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

bool take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok) return false;
  if (given >= count) return true;
  napi_throw_type_error(env, NULL, "netlink addon: too few arguments");
  return false;
}

bool take_int(napi_env env, napi_value value, int *into) {
  int32_t number;
  if (napi_get_value_int32(env, value, &number) != napi_ok) {
    napi_throw_type_error(env, NULL, "netlink addon: a number was expected");
    return false;
  }
  *into = number;
  return true;
}

bool take_bytes(napi_env env, napi_value value, struct bytes *into) {
  void *data = NULL;
  if (napi_get_buffer_info(env, value, &data, &into->length) != napi_ok) {
    napi_throw_type_error(env, NULL, "netlink addon: a Uint8Array was expected");
    return false;
  }
  into->data = data;
  return true;
}

bool take_path(napi_env env, napi_value value, char *into, size_t size) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, into, size, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "netlink addon: a path was expected");
    return false;
  }
  if (length + 1 < size) return true;
  napi_throw_range_error(env, NULL, "netlink addon: the path is too long");
  return false;
}

napi_value give_int(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

int own(napi_env env, int fd) {
  struct environment *environment = NULL;
  if (fd < 0) return fd;
  napi_get_instance_data(env, (void **)&environment);
  if (environment->count == environment->capacity) {
    size_t capacity = environment->capacity ? environment->capacity * 2 : 16;
    int *larger = realloc(environment->owned, capacity * sizeof(int));
    if (!larger) {
      close(fd);
      return -ENOMEM;
    }
    environment->owned = larger;
    environment->capacity = capacity;
  }
  environment->owned[environment->count++] = fd;
  return fd;
}

// Searched from the newest: sockets are mostly short-lived.
void disown(napi_env env, int fd) {
  struct environment *environment = NULL;
  napi_get_instance_data(env, (void **)&environment);
  for (size_t index = environment->count; index-- > 0;) {
    if (environment->owned[index] != fd) continue;
    environment->owned[index] = environment->owned[--environment->count];
    return;
  }
}

static void leave(void *data) {
  struct environment *environment = data;
  while (environment->count > 0) close(environment->owned[--environment->count]);
  free(environment->owned);
  free(environment);
}

NAPI_MODULE_INIT() {
  struct environment *environment = calloc(1, sizeof *environment);
  if (!environment) return NULL;
  if (napi_set_instance_data(env, environment, NULL, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(env, leave, environment) != napi_ok) {
    free(environment);
    return NULL;
  }
  if (define_sockets(env, exports) != napi_ok || define_namespaces(env, exports) != napi_ok ||
      define_watches(env, exports) != napi_ok || define_channels(env, exports) != napi_ok)
    return NULL;
  return exports;
}
