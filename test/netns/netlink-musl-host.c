// Stands in for a Node that was linked with musl: loads the addon, and calls it through the few Node-API
// functions that these calls need. Prints "NAME VALUE" lines. A value is a struct value *.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value {
  int64_t number;
  void *data;
  size_t length;
};

static napi_property_descriptor methods[64];
static size_t method_count;
static struct value *arguments;
static size_t argument_count;
static void *instance;
static void *function_data;
static napi_callback function;

static napi_value number(int64_t of) {
  struct value *value = calloc(1, sizeof *value);
  value->number = of;
  return (napi_value)value;
}

napi_status napi_create_int64(napi_env env, int64_t of, napi_value *result) {
  *result = number(of);
  return napi_ok;
}

napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t *result) {
  *result = (int32_t)((struct value *)value)->number;
  return napi_ok;
}

napi_status napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result) {
  *result = (uint32_t)((struct value *)value)->number;
  return napi_ok;
}

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref *result) {
  *result = (napi_ref)value;
  return napi_ok;
}

napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback code,
                                 void *data, napi_value *result) {
  function = code;
  function_data = data;
  *result = number(1);
  return napi_ok;
}

napi_status napi_add_finalizer(napi_env env, napi_value value, void *data, napi_finalize finalize,
                               void *hint, napi_ref *result) {
  return napi_ok;
}

napi_status napi_get_buffer_info(napi_env env, napi_value value, void **data, size_t *length) {
  *data = ((struct value *)value)->data;
  *length = ((struct value *)value)->length;
  return napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char *into, size_t size,
                                       size_t *length) {
  *length = (size_t)snprintf(into, size, "%s", (char *)((struct value *)value)->data);
  return napi_ok;
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count,
                             napi_value *values, napi_value *self, void **data) {
  for (size_t index = 0; index < *count && index < argument_count; index++)
    values[index] = (napi_value)&arguments[index];
  *count = argument_count;
  if (data) *data = function_data;
  return napi_ok;
}

napi_status napi_define_properties(napi_env env, napi_value object, size_t count,
                                   const napi_property_descriptor *properties) {
  memcpy(methods + method_count, properties, count * sizeof *properties);
  method_count += count;
  return napi_ok;
}

napi_status napi_set_instance_data(napi_env env, void *data, napi_finalize finalize, void *hint) {
  instance = data;
  return napi_ok;
}

napi_status napi_get_instance_data(napi_env env, void **data) {
  *data = instance;
  return napi_ok;
}

napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void *), void *data) {
  return napi_ok;
}

static int64_t call(const char *name, size_t count, struct value *values) {
  for (size_t index = 0; index < method_count; index++) {
    if (strcmp(methods[index].utf8name, name) != 0) continue;
    arguments = values;
    argument_count = count;
    int64_t result = ((struct value *)methods[index].method(NULL, NULL))->number;
    printf("%s %lld\n", name, (long long)result);
    return result;
  }
  printf("%s missing\n", name);
  exit(1);
}

/** Calls the function that the channel gave. */
static int64_t exchange(uint32_t length) {
  arguments = (struct value[]){{length}};
  argument_count = 1;
  return ((struct value *)function(NULL, NULL))->number;
}

int main(int count, char **given) {
  void *library = dlopen(given[1], RTLD_NOW);
  if (!library) {
    printf("dlopen %s\n", dlerror());
    return 1;
  }
  napi_value (*open_module)(napi_env, napi_value) =
      (napi_value(*)(napi_env, napi_value))dlsym(library, "napi_register_module_v1");
  open_module(NULL, number(0));

  int64_t netns = call("createNamespace", 0, NULL);
  int64_t fd = call("socket", 4, (struct value[]){{16}, {3}, {0}, {netns}});
  uint8_t address[12] = {16}, meta[64], into[32768];
  call("bind", 2, (struct value[]){{fd}, {0, address, sizeof address}});
  // RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence 1, struct ifinfomsg
  uint8_t list[32] = {32, 0, 0, 0, 18, 0, 1, 3, 1};
  call("send", 2, (struct value[]){{fd}, {0, list, sizeof list}});
  int64_t length =
      call("receive", 3, (struct value[]){{fd}, {0, into, sizeof into}, {0, meta, sizeof meta}});
  printf("answer %d\n", length < 16 ? -1 : into[4] | into[5] << 8);
  // The same in one call, as requests go: what is sent, what is received, the three words beside it.
  uint8_t state[12];
  call("channel", 4, (struct value[]){{fd}, {0, list, sizeof list}, {0, into, sizeof into}, {0, state, 12}});
  do length = exchange(0);
  while (length > 0); // the rest of the first listing
  length = exchange(sizeof list);
  printf("exchange %d\n", length < 16 ? -1 : into[4] | into[5] << 8);
  printf("sent %d\n", state[0]);
  char path[] = "/proc/thread-self/net/dev";
  int64_t file = call("openIn", 3, (struct value[]){{netns}, {0, path, sizeof path}, {O_RDONLY}});
  call("close", 1, (struct value[]){{file}});
  call("close", 1, (struct value[]){{fd}});
  call("close", 1, (struct value[]){{netns}});
  return 0;
}
