/*
 * A UDP socket on 0.0.0.0 that answers each datagram from the address that it was sent to: IP_PKTINFO
 * (ip(7)), as FreeSWITCH and coturn do it and Node cannot. Says "ready"; ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void answer(int fd) {
  char text[2048];
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
  struct sockaddr_in from;
  struct iovec part = {.iov_base = text, .iov_len = sizeof text};
  struct msghdr message = {.msg_name = &from,
                           .msg_namelen = sizeof from,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t length = recvmsg(fd, &message, 0);
  if (length < 0) fail("recvmsg");
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_type != IP_PKTINFO) fail("no IP_PKTINFO");
  struct in_pktinfo info;
  memcpy(&info, CMSG_DATA(header), sizeof info);
  /* the address only: the table that its rule leads to says which link */
  info.ipi_spec_dst = info.ipi_addr;
  info.ipi_ifindex = 0;
  memcpy(CMSG_DATA(header), &info, sizeof info);
  part.iov_len = (size_t)length;
  if (sendmsg(fd, &message, 0) < 0) fail("sendmsg");
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0) fail("IP_PKTINFO");
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) fail("bind");
  puts("ready");
  fflush(stdout);
  struct pollfd waits[] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (;;) {
    if (poll(waits, 2, -1) < 0) fail("poll");
    if (waits[1].revents != 0) return 0;
    if (waits[0].revents != 0) answer(fd);
  }
}
