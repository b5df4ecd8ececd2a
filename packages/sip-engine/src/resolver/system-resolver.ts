import { lookup } from 'node:dns/promises';
import { SipEngineError } from '../errors.ts';
import type { Resolver } from './resolver.ts';

/** The resolver of this machine: /etc/hosts, then DNS A and AAAA, through a thread of the pool. */
export const systemResolver: Resolver = {
  async addressesOf(name) {
    try {
      const found = await lookup(name, { all: true, order: 'verbatim' });
      return found.map(({ address }) => address);
    } catch (cause) {
      throw new SipEngineError({
        code: 'NameNotResolved',
        message: `Tried to find the addresses of ${JSON.stringify(name)}: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: 'Check the name, and that this machine reaches its DNS server (/etc/resolv.conf).',
        retry: 'later',
        cause,
      });
    }
  },
};
