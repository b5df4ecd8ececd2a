// A callee that answers one INVITE as many, in memory and without real time.
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

const tags = Array.from({ length: 100 }, (_, at) => `fork${at}`);

describe('a callee with a hundred tags', () => {
  it('makes sixteen early dialogs, the call of its first answer, and ends of sixteen more', async () => {
    const bench = createEngineBench({ limits: { dialogs: 20 } });
    opened.push(bench);
    const app = await startRawApp(bench);
    const callee = bench.peer(2);
    app.say('|', ['INVITE sip:b@10.0.0.2 SIP/2.0'], sdp);
    await bench.run(10);
    const invite = callee.request('INVITE').message;
    for (const tag of tags) callee.respond(invite, 180, { tag });
    await bench.run(10);
    expect(bench.engine.counts().dialogs).toBe(16);
    expect(app.heard.filter((text) => text.includes('\r\nSIP/2.0 180'))).toHaveLength(100);
    const caller = bench.peer(3);
    caller.send({ method: 'INVITE', callId: 'c', body: sdp });
    await bench.run(10);
    expect(caller.log()).toEqual(['100 INVITE']);
    // the last one has no early dialog, and is the one that counts
    for (const tag of tags.toReversed()) callee.respond(invite, 200, { tag, body: sdp });
    await bench.run(10);
    const count = (method: string): number => callee.log().filter((line) => line === method).length;
    expect(count('BYE')).toBe(16);
    expect(count('ACK')).toBe(16);
    expect(app.heard.filter((text) => text.includes('\r\nSIP/2.0 200'))).toHaveLength(1);
    // those that it knows get their ACK again, the others nothing
    for (const tag of tags) callee.respond(invite, 200, { tag, body: sdp });
    await bench.run(10);
    expect(count('ACK')).toBe(32);
    expect(count('BYE')).toBe(16);
  });
});
