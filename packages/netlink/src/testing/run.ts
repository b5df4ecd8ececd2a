import type { Conversation } from '../conversation.ts';
import type { Exchange } from '../exchange.ts';

/** Asks, and waits for how it ended. @throws NetlinkError */
export function run(conversation: Conversation, exchange: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    conversation.ask(exchange, (outcome) => {
      if (outcome === 'done') resolve();
      else reject(outcome);
    });
  });
}
