import type { Exchange } from './exchange.ts';

/** What the verbs of rtnetlink need: somebody who carries a request out. */
export interface Requests {
  /** @throws NetlinkError */
  run(exchange: Exchange): Promise<void>;
}
