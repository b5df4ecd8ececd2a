import type { Exchange } from './conversation.ts';

/** What the verbs of rtnetlink need: somebody who carries a request out. */
export interface Requests {
  /** @throws NetlinkError */
  run(exchange: Exchange): Promise<void>;
}
