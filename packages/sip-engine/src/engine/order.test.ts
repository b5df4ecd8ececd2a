// What goes out in a dialog whose peer is a name, when looking it up takes its time; in memory and without real time.
import { afterEach, describe, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

describe('a peer behind a name', () => {
  it('gets ACK, INFO and BYE in this order, whichever look-up is over first', async () => {
    const waiting: (() => void)[] = [];
    const addressesOf = async (): Promise<readonly string[]> => {
      // the first takes until somebody says so, those after it no time
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
      return ['10.0.0.2'];
    };
    const bench = createEngineBench({ resolver: { addressesOf } });
    opened.push(bench);
    const app = await startRawApp(bench);
    const peer = bench.peer(2);
    app.say('|', ['INVITE sip:bob@10.0.0.2 SIP/2.0'], sdp);
    await bench.run(10);
    const invite = peer.request('INVITE').message;
    const routes = ['Record-Route: <sip:proxy.example.com;lr>'];
    peer.respond(invite, 200, { headers: routes, body: sdp });
    await bench.run(10);
    const callId = headerValue(invite, 'call-id') ?? '';
    const fromTag = /tag=(.*)/u.exec(headerValue(invite, 'from') ?? '')?.[1] ?? '';
    for (const method of ['ACK', 'INFO', 'BYE']) {
      app.say(`|${callId};from-tag=${fromTag}`, [`${method} sip:placeholder SIP/2.0`]);
    }
    await bench.run(10);
    expect(peer.log()).toEqual(['INVITE']);
    waiting[0]?.();
    await bench.run(10);
    expect(peer.log()).toEqual(['INVITE', 'ACK', 'INFO', 'BYE']);
    const sequence = (method: string): number => peer.request(method).essentials.cseq.sequence;
    expect(sequence('BYE')).toBe(sequence('INFO') + 1);
  });
});
