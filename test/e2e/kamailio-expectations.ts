// What must hold of the last call that a link carried.
import { headerValue } from '@truetuple/sip-engine';
import type { Capture } from '@truetuple/lab';
import { expect } from 'vitest';
import { publicIp } from '../netns/tuple-matrix-situation.ts';
import { judgedOn } from './kamailio-ladder.ts';
import { callIdsOn, callOnLink, portAbove, toneIn, untilRtp } from './link-wire.ts';

export const publicSip = `${publicIp}:5060`;
/** Packets of 20 ms. */
const enough = 25;

/** The last call on a link: SIP and RTP came from what was told, and the sound is the other phone's tone. */
export function expectTrueTuple(link: Capture, signalling: string, hertz: number): void {
  const { sip, told, rtp, rtcp } = callOnLink(link, callIdsOn(link).at(-1) ?? '');
  const incoming = sip.filter(({ direction }) => direction === 'incoming');
  expect(incoming.length).toBeGreaterThan(2);
  expect(new Set(incoming.map(({ from }) => from))).toEqual(new Set([signalling]));
  for (const { message, name } of incoming) {
    if (/INVITE/.test(name) && name !== '100 INVITE') {
      expect(headerValue(message, 'contact')).toMatch(new RegExp(`<sip:${publicSip}>`));
    }
  }
  expect(told).toEqual([expect.stringMatching(new RegExp(`^${publicIp}:\\d+$`))]);
  expect(rtp.length).toBeGreaterThanOrEqual(enough);
  expect(new Set(rtp.map(({ from }) => from))).toEqual(new Set(told));
  for (const { from } of rtcp) expect(told.map(portAbove)).toContain(from);
  expect(toneIn(rtp, hertz)).toBeGreaterThan(0.95);
}

/** The ladder agrees: whatever this address of ours said of itself on the link was so, and it said something. */
export function expectLadderAgrees(link: Capture, ours: string): void {
  const judged = judgedOn(link, ours);
  expect(judged.filter(({ verdict }) => verdict === 'different')).toEqual([]);
  const proven = judged.filter(({ verdict }) => verdict === 'same').map(({ where }) => where);
  expect(proven).toEqual(expect.arrayContaining(['Contact', 'c=,m=']));
}

/** What the gateway said in the last call's dialog went to the proxy that had named itself in Record-Route, by a Route to it. */
export function expectRouted(link: Capture, proxy: string): void {
  const { sip } = callOnLink(link, callIdsOn(link).at(-1) ?? '');
  for (const { name, from, to, message, text } of sip) {
    if (message.kind !== 'request' || from !== publicSip) continue;
    expect(to).toBe(proxy);
    const isInDialog = name !== 'INVITE' || /^To:.*;tag=/im.test(text);
    const route = isInDialog ? `<sip:${proxy.split(':')[0]};` : undefined;
    expect(headerValue(message, 'route')?.slice(0, route?.length)).toBe(route);
  }
}

/** On the link of a proxy: each request of the last call came in, and went on. */
export function expectPassedOn(link: Capture): void {
  const { sip } = callOnLink(link, callIdsOn(link).at(-1) ?? '');
  for (const method of ['INVITE', 'ACK', 'BYE']) {
    const those = sip.filter(({ name }) => name === method);
    const count = those.filter(({ direction }) => direction === 'incoming').length;
    expect(count).toBeGreaterThan(0);
    expect(those).toHaveLength(2 * count);
  }
}

/** Resolves once half a second of sound more came in by both links. */
export async function hearEachOther(links: {
  readonly outside: Capture;
  readonly inside: Capture;
}): Promise<void> {
  await Promise.all([untilRtp(links.outside, enough), untilRtp(links.inside, enough)]);
}
