// The peer of the bench: one socket, one request at a time, each awaited until its ACK is there.
// Says "ready", then answers each line of standard input with a line of microseconds:
//   r LINK COUNT   adds COUNT rules, deletes them, adds COUNT routes, deletes them: four numbers
//   f LINK COUNT   adds COUNT routes and leaves them: one number
//   d              lists table 200, counting the messages only: microseconds, then the count
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TABLE 200
#define PROTOCOL 188

struct request {
  struct nlmsghdr header;
  char body[512];
};

static int fd;
static uint32_t sequence;
static char answer[65536];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void attribute(struct request *request, int type, const void *data, size_t length) {
  struct rtattr *at = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  at->rta_type = (unsigned short)type;
  at->rta_len = (unsigned short)RTA_LENGTH(length);
  memcpy(RTA_DATA(at), data, length);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(at->rta_len);
}

static void fail(const char *what, int error) {
  fprintf(stderr, "peer: %s: %s\n", what, strerror(error));
  exit(1);
}

static void exchange(struct request *request) {
  request->header.nlmsg_seq = ++sequence;
  if (send(fd, request, request->header.nlmsg_len, 0) < 0) fail("send", errno);
  for (;;) {
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0) fail("recv", errno);
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    if (header->nlmsg_seq != sequence || header->nlmsg_type != NLMSG_ERROR) continue;
    int error = ((struct nlmsgerr *)NLMSG_DATA(header))->error;
    if (error) fail("request", -error);
    return;
  }
}

static void rule(int type, unsigned flags, uint32_t index) {
  struct request request = {.header = {.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)}};
  struct fib_rule_hdr *rule = NLMSG_DATA(&request.header);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof *rule);
  rule->family = AF_INET;
  rule->src_len = 32;
  rule->table = TABLE;
  rule->action = FR_ACT_TO_TBL;
  uint32_t from = htonl(0x0a090000 | index), priority = 1000 + index, table = TABLE;
  uint8_t protocol = PROTOCOL;
  attribute(&request, FRA_SRC, &from, 4);
  attribute(&request, FRA_PRIORITY, &priority, 4);
  attribute(&request, FRA_TABLE, &table, 4);
  attribute(&request, FRA_PROTOCOL, &protocol, 1);
  exchange(&request);
}

static void route(int type, unsigned flags, uint32_t index, uint32_t link) {
  struct request request = {.header = {.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)}};
  struct rtmsg *route = NLMSG_DATA(&request.header);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof *route);
  route->rtm_family = AF_INET;
  route->rtm_dst_len = 32;
  route->rtm_table = TABLE;
  route->rtm_protocol = PROTOCOL;
  route->rtm_scope = RT_SCOPE_LINK;
  route->rtm_type = RTN_UNICAST;
  uint32_t to = htonl(0x0a080000 | index), table = TABLE;
  attribute(&request, RTA_DST, &to, 4);
  attribute(&request, RTA_TABLE, &table, 4);
  attribute(&request, RTA_OIF, &link, 4);
  exchange(&request);
}

static double routes(int type, unsigned flags, uint32_t count, uint32_t link) {
  double start = now();
  for (uint32_t index = 0; index < count; index++) route(type, flags, index, link);
  return now() - start;
}

static double rules(int type, unsigned flags, uint32_t count) {
  double start = now();
  for (uint32_t index = 0; index < count; index++) rule(type, flags, index);
  return now() - start;
}

static void list(void) {
  double start = now();
  struct request request = {.header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
  struct rtmsg *route = NLMSG_DATA(&request.header);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof *route);
  route->rtm_family = AF_INET;
  uint32_t table = TABLE;
  attribute(&request, RTA_TABLE, &table, 4);
  request.header.nlmsg_seq = ++sequence;
  if (send(fd, &request, request.header.nlmsg_len, 0) < 0) fail("send", errno);
  for (uint32_t count = 0;;) {
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0) fail("recv", errno);
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type == NLMSG_DONE) {
        printf("%.1f %u\n", now() - start, count);
        return;
      }
      if (header->nlmsg_type == RTM_NEWROUTE) count++;
    }
  }
}

int main(void) {
  int one = 1;
  fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) fail("socket", errno);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[64], what;
  unsigned link, count;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "%c %u %u", &what, &link, &count) == 3 && what == 'r') {
      double added = rules(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, count);
      double removed = rules(RTM_DELRULE, 0, count);
      double routed = routes(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, count, link);
      double unrouted = routes(RTM_DELROUTE, 0, count, link);
      printf("%.1f %.1f %.1f %.1f\n", added, removed, routed, unrouted);
    } else if (sscanf(line, "%c %u %u", &what, &link, &count) == 3 && what == 'f') {
      printf("%.1f\n", routes(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, count, link));
    } else if (line[0] == 'd') {
      list();
    } else {
      fail("unknown command", EINVAL);
    }
  }
  return 0;
}
