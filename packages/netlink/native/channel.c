#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// A netlink socket with the memory it sends from and receives into, named once: the calls then carry
// one number, and a request with its answer is one call.
struct channel {
  int fd;
  struct bytes out, in, state;
  napi_ref references[3];
};

static ssize_t receive(struct channel *channel, uint32_t state[3]) {
  struct {
    uint16_t family, pad;
    uint32_t port, groups;
  } from = {0, 0, 0, 0};
  socklen_t from_length;
  ssize_t length;
  do {
    from_length = sizeof from;
    length = recvfrom(channel->fd, channel->in.data, channel->in.length, MSG_TRUNC,
                      (struct sockaddr *)&from, &from_length);
  } while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  state[1] = from.port;
  state[2] = (size_t)length > channel->in.length;
  return state[2] ? (ssize_t)channel->in.length : length;
}

static int send_out(struct channel *channel, size_t length) {
  ssize_t sent;
  do sent = send(channel->fd, channel->out.data, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

// exchange(length): sends that many bytes, if any, then receives one datagram; gives its length or
// -errno. The state gets, in host byte order, u32 whether it was sent, u32 the sender's port id, u32
// whether the datagram was longer than the memory for it.
static napi_value exchange(napi_env env, napi_callback_info info) {
  napi_value value = NULL;
  size_t count = 1;
  void *data = NULL;
  uint32_t length = 0, state[3] = {0, 0, 0};
  if (napi_get_cb_info(env, info, &count, &value, NULL, &data) != napi_ok) return NULL;
  struct channel *channel = data;
  if (count < 1 || napi_get_value_uint32(env, value, &length) != napi_ok ||
      length > channel->out.length) {
    napi_throw_type_error(env, NULL, "netlink addon: a length was expected");
    return NULL;
  }
  ssize_t result = length ? send_out(channel, length) : 0;
  if (result == 0) {
    state[0] = 1;
    result = receive(channel, state);
  }
  memcpy(channel->state.data, state, sizeof state);
  return give_int(env, result);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)hint;
  struct channel *channel = data;
  for (size_t index = 0; index < LENGTH(channel->references); index++)
    if (channel->references[index]) napi_delete_reference(env, channel->references[index]);
  free(channel);
}

// channel(fd, out, in, state): the function `exchange`, which keeps the three in memory. It must not be
// called any more once the descriptor is closed.
static napi_value channel_open(napi_env env, napi_callback_info info) {
  napi_value values[4], function = NULL;
  struct channel *channel = calloc(1, sizeof *channel);
  if (!channel) return give_int(env, -ENOMEM);
  if (!take_arguments(env, info, 4, values) || !take_int(env, values[0], &channel->fd) ||
      !take_bytes(env, values[1], &channel->out) || !take_bytes(env, values[2], &channel->in) ||
      !take_bytes(env, values[3], &channel->state)) {
    free(channel);
    return NULL;
  }
  if (channel->state.length < 3 * sizeof(uint32_t)) {
    free(channel);
    return give_int(env, -EINVAL);
  }
  for (size_t index = 0; index < LENGTH(channel->references); index++)
    if (napi_create_reference(env, values[index + 1], 1, &channel->references[index]) != napi_ok) {
      on_collected(env, channel, NULL);
      return give_int(env, -ENOMEM);
    }
  if (napi_create_function(env, "exchange", NAPI_AUTO_LENGTH, exchange, channel, &function) !=
          napi_ok ||
      napi_add_finalizer(env, function, channel, on_collected, NULL, NULL) != napi_ok) {
    on_collected(env, channel, NULL);
    return give_int(env, -ENOMEM);
  }
  return function;
}

napi_status define_channels(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {METHOD("channel", channel_open)};
  return napi_define_properties(env, exports, LENGTH(methods), methods);
}
