// Both ends of RTP calls as a peer on the wire sees them, and a bare forwarder to compare a relay with.
//
//   rtp-peer measure LEGS CALLER CALLEE   binds LEGS sockets, in turn on CALLER and CALLEE, and prints their ports as a JSON list.
//                                         Then reads lines: "targets ADDRESS:PORT..." says where each leg sends,
//                                         "run RATE SECONDS" sends that many packets a second over all legs and prints a report.
//   rtp-peer forward LEGS ADDRESS         binds LEGS sockets and prints their ports; "targets ADDRESS:PORT..." says where each leg is.
//                                         What comes to one socket of a pair leaves by the other one to its leg. It learns and counts nothing.
//
// A packet's time is from the moment before its send to the kernel's own timestamp of its receipt (SO_TIMESTAMPNS, socket(7)): when
// this process gets to read it plays no part. On the loopback both kernel timestamps fall into the system call of the sender.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { max_legs = 4096, packet_bytes = 172, sent_at_offset = 12, receive_buffer = 4 << 20 };
static const int64_t ns_per_s = 1000000000;
// of silence: then what has not come is lost
static const int64_t grace_ns = 1000000000;

static int sockets[max_legs];
static struct sockaddr_in targets[max_legs];
static int legs;
static int poller;
// what was sent before that came too late for its own run, and belongs to no other
static int64_t begun;

static void fail(const char *what) {
  fprintf(stderr, "rtp-peer: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * ns_per_s + now.tv_nsec;
}

static int bind_at(const char *address, int leg) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int on = 1, bytes = receive_buffer;
  struct sockaddr_in at = {.sin_family = AF_INET};
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)leg};
  if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1) fail(address);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0) fail("bind");
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) fail("SO_TIMESTAMPNS");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  return fd;
}

static void bind_all(const char *even, const char *odd) {
  for (int leg = 0; leg < legs; leg++) {
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    sockets[leg] = bind_at(leg % 2 == 0 ? even : odd, leg);
    if (getsockname(sockets[leg], (struct sockaddr *)&at, &length) != 0) fail("getsockname");
    printf("%s%d", leg == 0 ? "[" : ",", ntohs(at.sin_port));
  }
  printf("]\n");
  fflush(stdout);
}

static void read_targets(char *words) {
  for (int leg = 0; leg < legs; leg++) {
    char *word = strtok(leg == 0 ? words : NULL, " \n");
    char *colon = word == NULL ? NULL : strchr(word, ':');
    if (colon == NULL) errno = EINVAL, fail("targets");
    *colon = '\0';
    targets[leg].sin_family = AF_INET;
    targets[leg].sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, word, &targets[leg].sin_addr) != 1) errno = EINVAL, fail(word);
  }
}

static int send_packet(int64_t number) {
  unsigned char packet[packet_bytes] = {0x80};
  int leg = (int)(number % legs);
  uint32_t sequence = (uint32_t)(number / legs);
  uint32_t ssrc = htonl((uint32_t)leg), timestamp = htonl(sequence * 160);
  packet[2] = (unsigned char)(sequence >> 8);
  packet[3] = (unsigned char)sequence;
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  int64_t sent_at = now_ns();
  memcpy(packet + sent_at_offset, &sent_at, sizeof sent_at);
  const struct sockaddr *to = (struct sockaddr *)&targets[leg];
  return sendto(sockets[leg], packet, sizeof packet, 0, to, sizeof targets[leg]) == packet_bytes;
}

/** Nanoseconds from send to the kernel's receipt; -1 when nothing of this run is there. */
static int64_t receive_packet(int fd) {
  unsigned char packet[2048];
  char control[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec part = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, 0) != packet_bytes) return -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec at;
    int64_t sent_at;
    memcpy(&at, CMSG_DATA(c), sizeof at);
    memcpy(&sent_at, packet + sent_at_offset, sizeof sent_at);
    return sent_at < begun ? -1 : at.tv_sec * ns_per_s + at.tv_nsec - sent_at;
  }
  errno = ENOMSG, fail("no timestamp");
  return -1;
}

static int by_value(const void *one, const void *other) {
  int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

static double percentile_ms(const int64_t *sorted, int64_t count, double percent) {
  int64_t rank = (int64_t)(percent / 100 * (double)count + 0.999999);
  return (double)sorted[rank < 1 ? 0 : rank > count ? count - 1 : rank - 1] / 1e6;
}

static int receive_ready(int64_t until, int64_t *ways, int64_t received, int64_t room) {
  struct epoll_event events[256];
  int64_t left = until - now_ns();
  struct timespec timeout = {0};
  if (left > 0) timeout.tv_sec = left / ns_per_s, timeout.tv_nsec = left % ns_per_s;
  int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
  if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
  int taken = 0;
  for (int at = 0; at < ready; at++) {
    int64_t way = receive_packet(sockets[events[at].data.u32]);
    if (way >= 0 && received + taken < room) ways[received + taken++] = way;
  }
  return taken;
}

static void print_report(int64_t sent, int64_t *ways, int64_t received, int64_t *late, double cpu_s) {
  static const double percents[] = {50, 90, 99, 99.9, 100};
  static const char *const names[] = {"p50Ms", "p90Ms", "p99Ms", "p999Ms", "maxMs"};
  if (received == 0) errno = ENODATA, fail("no packet came back");
  qsort(ways, (size_t)received, sizeof *ways, by_value);
  qsort(late, (size_t)sent, sizeof *late, by_value);
  printf("{\"sent\":%lld,\"received\":%lld", (long long)sent, (long long)received);
  for (int at = 0; at < 5; at++) printf(",\"%s\":%.6f", names[at], percentile_ms(ways, received, percents[at]));
  printf(",\"lateP99Ms\":%.6f,\"lateMaxMs\":%.6f", percentile_ms(late, sent, 99), percentile_ms(late, sent, 100));
  printf(",\"cpuS\":%.6f}\n", cpu_s);
  fflush(stdout);
}

static double cpu_s(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void run(int64_t rate, int64_t seconds) {
  int64_t total = rate * seconds, room = 2 * total, received = 0;
  int64_t *ways = malloc((size_t)room * sizeof *ways), *late = malloc((size_t)total * sizeof *late);
  if (ways == NULL || late == NULL) fail("malloc");
  double before = cpu_s();
  begun = now_ns();
  for (int64_t sent = 0; sent < total;) {
    int64_t due = begun + sent * ns_per_s / rate, now = now_ns();
    if (now < due) {
      received += receive_ready(due, ways, received, room);
      continue;
    }
    late[sent++] = now - due;
    if (!send_packet(sent - 1)) fail("sendto");
  }
  for (int64_t until = now_ns() + grace_ns; received < total && now_ns() < until;) {
    int taken = receive_ready(until, ways, received, room);
    if (taken > 0) until = now_ns() + grace_ns;
    received += taken;
  }
  print_report(total, ways, received, late, cpu_s() - before);
  free(ways);
  free(late);
}

// It stands for another machine, which sends when it means to: what waits for a core here leaves in one burst, whose packets then wait for
// each other in whatever is measured. Above a relay that is a realtime thread (sched(7)). Where it may not, the report says how late it was.
static void keep_time(void) {
  struct sched_param above = {.sched_priority = 2};
  sched_setscheduler(0, SCHED_RR, &above);
}

static void measure(void) {
  static char line[max_legs * 24];
  keep_time();
  while (fgets(line, sizeof line, stdin) != NULL) {
    long long rate, seconds;
    if (strncmp(line, "targets ", 8) == 0) read_targets(line + 8);
    else if (sscanf(line, "run %lld %lld", &rate, &seconds) == 2) run(rate, seconds);
    else errno = EINVAL, fail(line);
  }
}

/** Ends with its standard input. */
static void forward(void) {
  static char line[max_legs * 24];
  struct epoll_event events[256], input = {.events = EPOLLIN, .data.u32 = max_legs};
  if (fgets(line, sizeof line, stdin) == NULL || strncmp(line, "targets ", 8) != 0) errno = EINVAL, fail("targets");
  read_targets(line + 8);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0) fail("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int at = 0; at < ready; at++) {
      unsigned char packet[2048];
      uint32_t leg = events[at].data.u32, other = leg ^ 1;
      if (leg == max_legs) return;
      ssize_t length = recv(sockets[leg], packet, sizeof packet, 0);
      const struct sockaddr *to = (struct sockaddr *)&targets[other];
      if (length >= 0) sendto(sockets[other], packet, (size_t)length, 0, to, sizeof targets[other]);
    }
  }
}

int main(int count, char **words) {
  if (count < 4 || (legs = atoi(words[2])) < 2 || legs % 2 != 0 || legs > max_legs) {
    fprintf(stderr, "usage: rtp-peer measure LEGS CALLER CALLEE | rtp-peer forward LEGS ADDRESS\n");
    return 2;
  }
  // the usual 50 us of slack would make every send late by as much
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(0);
  if (poller < 0) fail("epoll_create1");
  bind_all(words[3], words[count - 1]);
  if (strcmp(words[1], "measure") == 0) measure();
  else forward();
  return 0;
}
