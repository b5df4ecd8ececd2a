// What the parts of the addon share. The addon opens, binds, sends, receives and closes; it parses
// nothing. Every function returns a value >= 0, or -errno; TypeScript makes errors of those.
#ifndef TRUETUPLE_NETLINK_ADDON_H
#define TRUETUPLE_NETLINK_ADDON_H

#define _GNU_SOURCE
#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The descriptors that one Node environment (main thread or Worker) opened here and did not give
// away: closed with the environment, so that a terminated Worker leaks none.
struct environment {
  int *owned;
  size_t count, capacity;
};

struct bytes {
  uint8_t *data;
  size_t length;
};

// Arguments. Each returns false after throwing a TypeError.
bool take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool take_int(napi_env env, napi_value value, int *into);
bool take_bytes(napi_env env, napi_value value, struct bytes *into);
bool take_path(napi_env env, napi_value value, char *into, size_t size);
napi_value give_int(napi_env env, int64_t value);

// Records fd as owned by this environment and returns it; a negative value passes through.
int own(napi_env env, int fd);
void disown(napi_env env, int fd);

// Runs work(argument) in a short-lived thread that has entered the namespace of netns_fd (or, when
// it is negative, in the calling thread). Returns 0 or -errno of entering. The calling thread's
// namespace never changes, so nothing has to be restored.
int in_namespace(int netns_fd, void (*work)(void *), void *argument);

napi_status define_sockets(napi_env env, napi_value exports);
napi_status define_namespaces(napi_env env, napi_value exports);
napi_status define_watches(napi_env env, napi_value exports);
napi_status define_channels(napi_env env, napi_value exports);

#define METHOD(name, function) \
  { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
