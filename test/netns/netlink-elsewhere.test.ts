import { createNetworkNamespace, NetlinkError } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../packages/netlink/src/connection.ts';
import type { Exchange } from '../../packages/netlink/src/exchange.ts';
import { command } from '../../packages/netlink/src/plan.ts';
import { MessageWriter } from '../../packages/netlink/src/wire/message-writer.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const noop = 1; // NLMSG_NOOP: the kernel never answers it

describe.skipIf(reason !== undefined)(`a request in another namespace${needs}`, () => {
  it.each(['perform', 'batch'] as const)(
    'is waited for no longer than the limit: %s',
    async (how) => {
      using here = createNetworkNamespace();
      using there = createNetworkNamespace();
      const connection = new Connection(here);
      const exchange: Exchange = {
        message: new MessageWriter().begin(noop, 1).finish().slice(),
        until: 'done',
        describe: () => 'listing nothing',
        netns: there,
      };
      const limits = { deadlineMs: 20 };
      try {
        const error =
          how === 'perform'
            ? await connection
                .perform(command(exchange), limits)
                .catch((refusal: unknown) => refusal)
            : (await connection.batch((add) => add(command(exchange)), limits)).map((result) =>
                result.kind === 'failed' ? result.error : undefined,
              )[0];
        expect(NetlinkError.is(error) && error).toMatchObject({
          code: 'EDEADLINE',
          outcome: 'unknown',
        });
      } finally {
        connection.close();
      }
    },
  );
});
