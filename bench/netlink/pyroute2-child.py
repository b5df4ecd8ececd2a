# pyroute2, each request awaited. Answers the commands of peer.c.
import sys
import time

from pyroute2 import IPRoute

TABLE, PROTOCOL, FIRST_PRIORITY = 200, 188, 1000
netlink = IPRoute()


def rule(verb, index):
    source = f"10.9.{index >> 8}.{index & 255}"
    netlink.rule(
        verb, src=source, src_len=32, priority=FIRST_PRIORITY + index, table=TABLE, protocol=PROTOCOL
    )


def route(verb, index, link):
    destination = f"10.8.{index >> 8}.{index & 255}/32"
    netlink.route(verb, dst=destination, oif=link, table=TABLE, proto=PROTOCOL, scope=253)


def timed(what):
    start = time.perf_counter()
    result = what()
    return f"{(time.perf_counter() - start) * 1e6:.1f}", result


print("ready", flush=True)
for line in sys.stdin:
    words = line.split()
    if words[0] == "d":
        taken, routes = timed(lambda: len(list(netlink.get_routes(family=2, table=TABLE))))
        print(taken, routes, flush=True)
        continue
    link, indices = int(words[1]), range(int(words[2]))
    parts = [
        lambda: [rule("add", index) for index in indices],
        lambda: [rule("del", index) for index in indices],
        lambda: [route("add", index, link) for index in indices],
        lambda: [route("del", index, link) for index in indices],
    ]
    print(*(timed(part)[0] for part in parts), flush=True)
