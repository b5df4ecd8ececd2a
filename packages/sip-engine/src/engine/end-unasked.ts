import { endByItself } from './client.ts';
import { wireSip, type EngineContext, type EngineDialog } from './context.ts';

/** A BYE that nobody asked for: the application is told of it, with this reason, as drachtio-server does. */
export function endUnasked(context: EngineContext, live: EngineDialog, reason: string): void {
  const { app, name, path } = live;
  const peer = { tuple: path.transport.localAddress };
  endByItself(context, live, reason, (bye) => {
    const sent = wireSip(bye, peer, { transactionId: 'unsolicited', dialogId: name });
    app?.tell({ kind: 'unsolicited', sent });
  });
}
