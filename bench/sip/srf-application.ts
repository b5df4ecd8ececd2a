import { createServer } from 'node:net';
import { createSipEngine, openUdpTransport, steadyTables, type Tuple } from '@truetuple/sip-engine';
import type { SrfApp, SrfRequest, SrfResponse } from '@truetuple/sip-engine/testing';
import Srf from 'drachtio-srf';
import { hostPort, sdpAt } from './sip-text.ts';
import type { SipServer } from './sip-server.ts';

/** An application on drachtio-srf as it is installed. */
export function newSrfApp(): SrfApp {
  return new (Srf as unknown as new () => SrfApp)();
}

/** Told of a call that the application could not answer or connect. */
export type OnRefused = (error: unknown) => void;

/** Answers every INVITE by createUAS with this description. */
export function answerCalls(app: SrfApp, localSdp: string, onRefused: OnRefused): void {
  app.invite((req, res) => {
    app.createUAS(req, res, { localSdp }).catch(onRefused);
  });
}

/** Connects every INVITE to the callee by createB2BUA, and ends either leg with the other. */
export function connectCalls(app: SrfApp, callee: Tuple, onRefused: OnRefused): void {
  const uri = `sip:callee@${hostPort(callee)}`;
  const connect = async (req: SrfRequest, res: SrfResponse): Promise<void> => {
    const { uas, uac } = await app.createB2BUA(req, res, uri, { localSdpB: req.body });
    uas.on('destroy', () => void uac.destroy());
    uac.on('destroy', () => void uas.destroy());
  };
  app.invite((req, res) => {
    connect(req, res).catch(onRefused);
  });
}

/**
 * An engine with the timers of RFC 3261 on a real socket, and an srf application in the same process.
 * @param mediaHosts hosts that the guard lets descriptions name
 */
export async function openSrfServer(
  local: Tuple,
  mediaHosts: readonly string[],
  serve: (app: SrfApp, onRefused: OnRefused) => void,
): Promise<SipServer> {
  const transport = await openUdpTransport(local, { receiveBufferBytes: 4 << 20 });
  const secret = 'bench';
  // high enough for what 64*T1 retains at the rates of the bench
  const limits = { transactions: 1_000_000, dialogs: 100_000 };
  const engine = createSipEngine({ transports: [transport], secret, limits, mediaHosts });
  const app = newSrfApp();
  let refused = 0;
  serve(app, () => {
    refused += 1;
  });
  const server = createServer();
  app.listen({ server, secret });
  steadyTables(app);
  engine.attach(server);
  return {
    local: transport.localAddress,
    counts: () => engine.counts(),
    refused: () => refused,
    close: async () => {
      server.removeAllListeners('connection');
      await engine.close();
      app.disconnect();
    },
  };
}

export function openUas(local: Tuple): Promise<SipServer> {
  return openSrfServer(local, [local.address], (app, onRefused) =>
    answerCalls(app, sdpAt({ address: local.address, port: 40_000 }), onRefused),
  );
}

/** @param mediaHosts hosts of both legs: their descriptions go through as they are, past the guard */
export function openB2bua(
  local: Tuple,
  callee: Tuple,
  mediaHosts: readonly string[],
): Promise<SipServer> {
  return openSrfServer(local, mediaHosts, (app, onRefused) => connectCalls(app, callee, onRefused));
}
