// What the kernel refuses to send for a while (EPERM of a firewall or a full table of connections, no route): what had to be said is said later.
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { placeCall, receiveCall, sdp } from '../testing/raw-call.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

/** From now on nothing of this kind leaves the engine, until the result runs. */
function refuse({ network }: EngineBench, start: string): () => void {
  return network.refuse(
    ({ source, bytes }) =>
      source.address === '10.0.0.1' && Buffer.from(bytes).toString('latin1').startsWith(start),
  );
}

async function expectNothingLeft(bench: EngineBench): Promise<void> {
  await bench.run(70_000);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
}

describe('what ends a call goes out once it can', () => {
  it('BYE', async () => {
    const { bench, peer, ask } = await receiveCall(200);
    opened.push(bench);
    const allow = refuse(bench, 'BYE');
    await ask('BYE');
    await bench.run(3_000);
    expect(peer.log()).not.toContain('BYE');
    allow();
    await bench.run(4_000);
    expect(peer.log().at(-1)).toBe('BYE');
    peer.respond(peer.request('BYE').message, 200);
    await expectNothingLeft(bench);
  });

  it('CANCEL', async () => {
    const { bench, app, peer, invite, respond } = await placeCall();
    opened.push(bench);
    await respond(180);
    const allow = refuse(bench, 'CANCEL');
    app.say(`${app.transactionOf('SIP/2.0 180')}|`, ['CANCEL sip:placeholder SIP/2.0']);
    await bench.run(1_000);
    allow();
    await bench.run(2_000);
    expect(peer.log().at(-1)).toBe('CANCEL');
    peer.respond(peer.request('CANCEL').message, 200);
    peer.respond(invite, 487);
    await expectNothingLeft(bench);
  });

  it('and is given up after 64*T1', async () => {
    const { bench, app, ask } = await receiveCall(200);
    opened.push(bench);
    refuse(bench, 'BYE');
    await ask('BYE');
    await bench.run(32_000);
    expect(app.heard.at(-1)).toContain('SIP/2.0 408 ');
    await expectNothingLeft(bench);
  });
});

describe('a request that begins something', () => {
  it('is 503 at once when it cannot leave', async () => {
    const { bench, app, ask } = await receiveCall(200);
    opened.push(bench);
    refuse(bench, 'INVITE');
    await ask('INVITE', sdp);
    expect(app.heard.at(-1)).toContain('SIP/2.0 503 ');
  });

  it('goes on when a repeat of it cannot: its peer may have it', async () => {
    const { bench, app, peer, ask } = await receiveCall(200);
    opened.push(bench);
    await ask('INVITE', sdp);
    const allow = refuse(bench, 'INVITE');
    await bench.run(1_000);
    allow();
    peer.respond(peer.request('INVITE').message, 200, { body: sdp });
    await bench.run(10);
    expect(app.heard.at(-1)).toContain('SIP/2.0 200 ');
    await ask('ACK');
    expect(peer.log().at(-1)).toBe('ACK');
  });
});

describe('RFC 6026, 8.8: a response that could not leave is not forgotten', () => {
  it('a refusal is sent again until its ACK comes, and no new call begins', async () => {
    const { bench, peer, answer, heard } = await receiveCall(180);
    opened.push(bench);
    const allow = refuse(bench, 'SIP/2.0 486');
    await answer('INVITE', 486);
    peer.send({ method: 'INVITE', callId: 'c', branch: 'z9hG4bKfirst', body: sdp });
    await bench.run(1_000);
    allow();
    await bench.run(3_000);
    expect(heard('INVITE')).toBe(1);
    const { toTag } = peer.response(486).essentials;
    peer.send({ method: 'ACK', callId: 'c', branch: 'z9hG4bKfirst', toTag });
    await expectNothingLeft(bench);
  });

  it('the answer to another request is sent for its next repeat', async () => {
    const { bench, peer, toTag, answer, heard } = await receiveCall(200);
    opened.push(bench);
    const info = { method: 'INFO', callId: 'c', toTag, sequence: 2, branch: 'z9hG4bKinfo' };
    const allow = refuse(bench, 'SIP/2.0 200');
    peer.send(info);
    await bench.run(10);
    await answer('INFO', 200);
    allow();
    peer.send(info);
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('200 INFO');
    expect(heard('INFO')).toBe(1);
  });
});

it('the ACK of a refusal goes out for the next repeat of it', async () => {
  const { bench, peer, respond } = await placeCall();
  opened.push(bench);
  const allow = refuse(bench, 'ACK');
  await respond(486);
  expect(peer.log()).toEqual(['INVITE']);
  allow();
  await respond(486);
  expect(peer.log()).toEqual(['INVITE', 'ACK']);
  await expectNothingLeft(bench);
});
