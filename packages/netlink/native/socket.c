#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct opening {
  int domain, type, protocol, result;
};

static void open_socket(void *data) {
  struct opening *opening = data;
  opening->result =
      socket(opening->domain, opening->type | SOCK_CLOEXEC | SOCK_NONBLOCK, opening->protocol);
  if (opening->result < 0) opening->result = -errno;
}

// socket(domain, type, protocol, netnsFd): netnsFd < 0 means the namespace of this thread.
static napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value values[4];
  int netns_fd;
  struct opening opening = {0, 0, 0, -1};
  if (!take_arguments(env, info, 4, values) || !take_int(env, values[0], &opening.domain) ||
      !take_int(env, values[1], &opening.type) || !take_int(env, values[2], &opening.protocol) ||
      !take_int(env, values[3], &netns_fd))
    return NULL;
  int error = in_namespace(netns_fd, open_socket, &opening);
  return give_int(env, own(env, error ? error : opening.result));
}

// close(fd)
static napi_value socket_close(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int fd;
  if (!take_arguments(env, info, 1, values) || !take_int(env, values[0], &fd)) return NULL;
  disown(env, fd);
  return give_int(env, close(fd) ? -errno : 0);
}

// release(fd): from now on the caller owns the descriptor.
static napi_value socket_release(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int fd;
  if (!take_arguments(env, info, 1, values) || !take_int(env, values[0], &fd)) return NULL;
  disown(env, fd);
  return give_int(env, fd);
}

static bool take_fd_and_bytes(napi_env env, napi_callback_info info, int *fd, struct bytes *bytes) {
  napi_value values[2];
  return take_arguments(env, info, 2, values) && take_int(env, values[0], fd) &&
         take_bytes(env, values[1], bytes);
}

// bind(fd, sockaddr)
static napi_value socket_bind(napi_env env, napi_callback_info info) {
  int fd;
  struct bytes name;
  if (!take_fd_and_bytes(env, info, &fd, &name)) return NULL;
  return give_int(env, bind(fd, (void *)name.data, (socklen_t)name.length) ? -errno : 0);
}

// connect(fd, sockaddr): -EINPROGRESS is for the caller to judge.
static napi_value socket_connect(napi_env env, napi_callback_info info) {
  int fd;
  struct bytes name;
  if (!take_fd_and_bytes(env, info, &fd, &name)) return NULL;
  return give_int(env, connect(fd, (void *)name.data, (socklen_t)name.length) ? -errno : 0);
}

// listen(fd, backlog)
static napi_value socket_listen(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int fd, backlog;
  if (!take_arguments(env, info, 2, values) || !take_int(env, values[0], &fd) ||
      !take_int(env, values[1], &backlog))
    return NULL;
  return give_int(env, listen(fd, backlog) ? -errno : 0);
}

// name(fd, into): the bound address; returns its length.
static napi_value socket_name(napi_env env, napi_callback_info info) {
  int fd;
  struct bytes into;
  if (!take_fd_and_bytes(env, info, &fd, &into)) return NULL;
  socklen_t length = (socklen_t)into.length;
  if (getsockname(fd, (void *)into.data, &length) != 0) return give_int(env, -errno);
  return give_int(env, length);
}

// setOption(fd, level, option, bytes)
static napi_value set_option(napi_env env, napi_callback_info info) {
  napi_value values[4];
  int fd, level, option;
  struct bytes value;
  if (!take_arguments(env, info, 4, values) || !take_int(env, values[0], &fd) ||
      !take_int(env, values[1], &level) || !take_int(env, values[2], &option) ||
      !take_bytes(env, values[3], &value))
    return NULL;
  int error = setsockopt(fd, level, option, value.data, (socklen_t)value.length);
  return give_int(env, error ? -errno : 0);
}

// getOption(fd, level, option, into): returns the length.
static napi_value get_option(napi_env env, napi_callback_info info) {
  napi_value values[4];
  int fd, level, option;
  struct bytes into;
  if (!take_arguments(env, info, 4, values) || !take_int(env, values[0], &fd) ||
      !take_int(env, values[1], &level) || !take_int(env, values[2], &option) ||
      !take_bytes(env, values[3], &into))
    return NULL;
  socklen_t length = (socklen_t)into.length;
  int error = getsockopt(fd, level, option, into.data, &length);
  return give_int(env, error ? -errno : (int64_t)length);
}

static int64_t send_retrying(int fd, struct bytes message, struct bytes to) {
  ssize_t sent;
  do {
    sent = sendto(fd, message.data, message.length, MSG_NOSIGNAL,
                  to.length ? (void *)to.data : NULL, (socklen_t)to.length);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

// send(fd, message)
static napi_value socket_send(napi_env env, napi_callback_info info) {
  int fd;
  struct bytes message;
  if (!take_fd_and_bytes(env, info, &fd, &message)) return NULL;
  return give_int(env, send_retrying(fd, message, (struct bytes){NULL, 0}));
}

// sendTo(fd, message, sockaddr)
static napi_value socket_send_to(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int fd;
  struct bytes message, to;
  if (!take_arguments(env, info, 3, values) || !take_int(env, values[0], &fd) ||
      !take_bytes(env, values[1], &message) || !take_bytes(env, values[2], &to))
    return NULL;
  return give_int(env, send_retrying(fd, message, to));
}

// receive(fd, into, meta): one datagram. meta gets, in host byte order, u32 msg_flags, u32 length of
// the sender's address, then that address.
static napi_value socket_receive(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int fd;
  struct bytes into, meta;
  if (!take_arguments(env, info, 3, values) || !take_int(env, values[0], &fd) ||
      !take_bytes(env, values[1], &into) || !take_bytes(env, values[2], &meta))
    return NULL;
  if (meta.length < 8) return give_int(env, -EINVAL);
  struct iovec part = {into.data, into.length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ssize_t length;
  do {
    message.msg_name = meta.data + 8;
    message.msg_namelen = (socklen_t)(meta.length - 8);
    length = recvmsg(fd, &message, 0);
  } while (length < 0 && errno == EINTR);
  if (length < 0) return give_int(env, -errno);
  uint32_t header[2] = {(uint32_t)message.msg_flags, (uint32_t)message.msg_namelen};
  memcpy(meta.data, header, sizeof header);
  return give_int(env, length);
}

struct job {
  napi_async_work work;
  napi_ref callback;
  int fd;
  int64_t result;
  struct bytes message;
};

static void job_run(napi_env env, void *data) {
  (void)env;
  struct job *job = data;
  job->result = send_retrying(job->fd, job->message, (struct bytes){NULL, 0});
}

static void job_free(napi_env env, struct job *job) {
  if (job->work) napi_delete_async_work(env, job->work);
  if (job->callback) napi_delete_reference(env, job->callback);
  if (job->fd >= 0) close(job->fd);
  free(job->message.data);
  free(job);
}

static void job_done(napi_env env, napi_status status, void *data) {
  struct job *job = data;
  int64_t result = status == napi_ok ? job->result : -ECANCELED;
  napi_value callback = NULL, undefined = NULL, argument = give_int(env, result);
  bool callable = napi_get_reference_value(env, job->callback, &callback) == napi_ok && callback &&
                  napi_get_undefined(env, &undefined) == napi_ok;
  job_free(env, job);
  if (callable) napi_call_function(env, undefined, callback, 1, &argument, NULL);
}

// sendInPool(fd, message, callback): for requests on which the kernel spends milliseconds inside
// send() (link removal). The job sends a copy through a duplicate of fd: either may go meanwhile.
static napi_value send_in_pool(napi_env env, napi_callback_info info) {
  napi_value values[3], name;
  int fd;
  struct bytes message;
  if (!take_arguments(env, info, 3, values) || !take_int(env, values[0], &fd) ||
      !take_bytes(env, values[1], &message))
    return NULL;
  struct job *job = calloc(1, sizeof *job);
  if (!job) return give_int(env, -ENOMEM);
  job->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  job->message = (struct bytes){malloc(message.length), message.length};
  int error = job->fd < 0 ? -errno : job->message.data ? 0 : -ENOMEM;
  if (!error) {
    memcpy(job->message.data, message.data, message.length);
    napi_create_string_utf8(env, "netlink.send", NAPI_AUTO_LENGTH, &name);
    if (napi_create_reference(env, values[2], 1, &job->callback) != napi_ok ||
        napi_create_async_work(env, NULL, name, job_run, job_done, job, &job->work) != napi_ok ||
        napi_queue_async_work(env, job->work) != napi_ok)
      error = -ENOMEM;
  }
  if (error) job_free(env, job);
  return give_int(env, error);
}

napi_status define_sockets(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {
      METHOD("socket", socket_open),       METHOD("close", socket_close),
      METHOD("release", socket_release),   METHOD("bind", socket_bind),
      METHOD("connect", socket_connect),   METHOD("listen", socket_listen),
      METHOD("name", socket_name),         METHOD("setOption", set_option),
      METHOD("getOption", get_option),     METHOD("send", socket_send),
      METHOD("sendTo", socket_send_to),    METHOD("receive", socket_receive),
      METHOD("sendInPool", send_in_pool),
  };
  return napi_define_properties(env, exports, LENGTH(methods), methods);
}
