// ip(8) as a peer: answers the commands of peer.c by starting `ip` with posix_spawn, the cheapest way there is.
// Argument `batch`: all lines of a round in one `ip -batch -` (one number); `forked`: an `ip` for each (four numbers).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void fail(const char *what, int error) {
  fprintf(stderr, "ip-peer: %s: %s\n", what, strerror(error));
  exit(1);
}

static pid_t start(char *const *words, int in, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) posix_spawn_file_actions_adddup2(&actions, in, 0);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, 1);
  pid_t child;
  int error = posix_spawnp(&child, "ip", &actions, NULL, words, environ);
  if (error) fail("posix_spawnp ip", error);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static void end(pid_t child) {
  int status;
  if (waitpid(child, &status, 0) < 0) fail("waitpid", errno);
  if (status != 0) fail("ip: it failed", EIO);
}

static const char *const verbs[] = {"rule add", "rule del", "route add", "route del"};

static int words_of(char *line, size_t size, int part, unsigned index) {
  const char *format = part < 2 ? "%s from 10.9.%u.%u/32 priority %u table 200 protocol 188"
                                : "%s 10.8.%u.%u/32 dev a table 200 protocol 188";
  return snprintf(line, size, format, verbs[part], index >> 8, index & 255, 1000 + index);
}

static void batch(unsigned count) {
  int lines = memfd_create("lines", MFD_CLOEXEC);
  if (lines < 0) fail("memfd_create", errno);
  for (int part = 0; part < 4; part++)
    for (unsigned index = 0; index < count; index++) {
      char line[128];
      words_of(line, sizeof line, part, index);
      dprintf(lines, "%s\n", line);
    }
  lseek(lines, 0, SEEK_SET);
  char *words[] = {"ip", "-batch", "-", NULL};
  double begun = now();
  end(start(words, lines, -1));
  printf("%.1f\n", now() - begun);
  close(lines);
}

static void forked(unsigned count) {
  for (int part = 0; part < 4; part++) {
    double begun = now();
    for (unsigned index = 0; index < count; index++) {
      char line[128], *words[16] = {"ip"}, *rest = NULL;
      int at = 1;
      words_of(line, sizeof line, part, index);
      for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) words[at++] = word;
      end(start(words, -1, -1));
    }
    printf(part < 3 ? "%.1f " : "%.1f\n", now() - begun);
  }
}

static void list(void) {
  int ends[2];
  unsigned count = 0;
  if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe2", errno);
  char *words[] = {"ip", "-j", "route", "show", "table", "200", NULL};
  double begun = now();
  pid_t child = start(words, -1, ends[1]);
  close(ends[1]);
  static char text[65536];
  for (ssize_t length; (length = read(ends[0], text, sizeof text)) > 0;)
    for (ssize_t at = 0; at < length; at++) count += text[at] == '{';
  end(child);
  close(ends[0]);
  printf("%.1f %u\n", now() - begun, count);
}

int main(int argc, char **argv) {
  int isBatch = argc > 1 && !strcmp(argv[1], "batch");
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[64], what;
  unsigned link, count;
  while (fgets(line, sizeof line, stdin)) {
    if (line[0] == 'd') list();
    else if (sscanf(line, "%c %u %u", &what, &link, &count) != 3 || what != 'r') fail("unknown command", EINVAL);
    else if (isBatch) batch(count);
    else forked(count);
  }
  return 0;
}
