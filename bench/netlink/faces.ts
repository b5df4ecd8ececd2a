import type { BatchResult, Netlink } from '@truetuple/netlink';
import type { Parts } from './answer-commands.ts';
import type { Values } from './values.ts';

/** The ways to use the package that are measured. */
export const faces: Readonly<Record<string, (netlink: Netlink, values: Values) => Parts>> = {
  batch: (netlink, { rules, routes }) => [
    async () => check(await netlink.batch((b) => rules.forEach((rule) => b.rules.add(rule)))),
    async () => check(await netlink.batch((b) => rules.forEach((rule) => b.rules.remove(rule)))),
    async () => check(await netlink.batch((b) => routes.forEach((route) => b.routes.add(route)))),
    async () =>
      check(await netlink.batch((b) => routes.forEach((route) => b.routes.remove(route)))),
  ],
  'batch of the sync twin': ({ sync }, { rules, routes }) => [
    () => check(sync.batch((b) => rules.forEach((rule) => b.rules.add(rule)))),
    () => check(sync.batch((b) => rules.forEach((rule) => b.rules.remove(rule)))),
    () => check(sync.batch((b) => routes.forEach((route) => b.routes.add(route)))),
    () => check(sync.batch((b) => routes.forEach((route) => b.routes.remove(route)))),
  ],
  sync: ({ sync }, { rules, routes }) => [
    () => rules.forEach((rule) => sync.rules.add(rule)),
    () => rules.forEach((rule) => sync.rules.remove(rule)),
    () => routes.forEach((route) => sync.routes.add(route)),
    () => routes.forEach((route) => sync.routes.remove(route)),
  ],
  'async, in one turn': (netlink, { rules, routes }) => [
    async () => void (await Promise.all(rules.map((rule) => netlink.rules.add(rule)))),
    async () => void (await Promise.all(rules.map((rule) => netlink.rules.remove(rule)))),
    async () => void (await Promise.all(routes.map((route) => netlink.routes.add(route)))),
    async () => void (await Promise.all(routes.map((route) => netlink.routes.remove(route)))),
  ],
  'async, each awaited': (netlink, { rules, routes }) => [
    async () => {
      for (const rule of rules) await netlink.rules.add(rule);
    },
    async () => {
      for (const rule of rules) await netlink.rules.remove(rule);
    },
    async () => {
      for (const route of routes) await netlink.routes.add(route);
    },
    async () => {
      for (const route of routes) await netlink.routes.remove(route);
    },
  ],
};

function check(results: readonly BatchResult[]): void {
  for (const result of results) if (result.kind === 'failed') throw result.error;
}
