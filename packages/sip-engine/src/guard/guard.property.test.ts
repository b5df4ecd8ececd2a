import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { advertisedTuples } from '../message/advertised-tuples.ts';
import { headerField } from '../message/header-list.ts';
import type { SipMessage } from '../message/message.ts';
import { afterFindings } from './after-findings.ts';
import type { GuardedIdentity } from './finding.ts';
import { guardFindings } from './guard-findings.ts';

const ours = '203.0.113.50';
const foreign = '10.0.0.9';
const own: GuardedIdentity = { advertised: { host: ours, port: 5060 }, mediaHosts: [ours] };

const host = fc.constantFrom(ours, ours, ours, foreign, '0.0.0.0');
const port = fc.constantFrom(0, 9, 4000, 65_535);
const connection = host.map((each) => `c=IN IP4 ${each}`);
const attribute = fc.oneof(
  connection,
  host.map((each) => `a=rtcp:4001 IN IP4 ${each}`),
  fc.constantFrom('a=rtcp:4001', 'a=sendrecv', 'a=rtpmap:0 PCMU/8000', 'b=AS:64', 'i=x'),
  fc
    .tuple(host, host, port)
    .map(
      ([at, from, own_]) => `a=candidate:1 1 udp 1 ${at} ${own_} typ srflx raddr ${from} rport 9`,
    ),
);
const stream = fc
  .tuple(port, fc.array(attribute, { maxLength: 4 }))
  .map(([at, lines]) => [`m=audio ${at} RTP/AVP 0`, ...lines]);
const description = fc
  .tuple(host, fc.array(connection, { maxLength: 1 }), fc.array(stream, { maxLength: 3 }))
  .map(([origin, session, streams]) => [
    'v=0',
    `o=- 1 1 IN IP4 ${origin}`,
    's=-',
    ...session,
    't=0 0',
    ...streams.flat(),
  ]);

function withBody(body: string): SipMessage {
  const names = [
    ['Via', `SIP/2.0/UDP ${ours}:5060;branch=z9hG4bK1`],
    ['CSeq', '1 INVITE'],
    ['Content-Type', 'application/sdp'],
  ] as const;
  const headers = names.map(([name, value]) => headerField(name, value));
  const requestUri = 'sip:b@192.0.2.1';
  return {
    kind: 'request',
    method: 'INVITE',
    requestUri,
    headers,
    body: Buffer.from(body, 'latin1'),
  };
}

/** What another reader of the same package finds in it: hosts that are not ours, where a stream would use them. */
function isClean(lines: readonly string[]): boolean {
  let isRefused = false;
  const used = lines.filter((line) => {
    if (line.startsWith('m=')) isRefused = line.startsWith('m=audio 0 ');
    return !isRefused || !/^[cm]=/.test(line);
  });
  const streams = lines.join('\n').split('\nm=').slice(1);
  const hasSession = lines.join('\n').split('\nm=')[0]?.includes('\nc=') === true;
  const isLost = streams.some(
    (text) => !text.startsWith('audio 0 ') && !hasSession && !text.includes('\nc='),
  );
  const told = advertisedTuples(withBody(used.join('\r\n')));
  const strangers = told.filter(
    ({ kind, host: each }) => kind !== 'via' && kind !== 'sdp-origin' && each === foreign,
  );
  return strangers.length === 0 && !isLost;
}

describe('any session description', () => {
  test.prop([description], { numRuns: 500 })(
    'has findings exactly when it tells a stranger',
    (lines) => {
      const findings = guardFindings(withBody(lines.join('\r\n')), own);
      expect(findings.length === 0).toBe(isClean(lines));
    },
  );

  const clean = ['v=0', `o=- 1 1 IN IP4 ${ours}`, `c=IN IP4 ${ours}`, 'm=audio 9 RTP/AVP 0', 'a=x'];
  const stranger = fc.constantFrom(
    `c=IN IP4 ${foreign}`,
    `a=rtcp:4001 IN IP4 ${foreign}`,
    `a=candidate:1 1 udp 1 ${foreign} 4000 typ host`,
    `a=candidate:1 1 udp 1 ${ours} 4000 typ srflx raddr ${foreign} rport 9`,
  );
  // what readers skip, fold or take for the end of a line
  const noise = fc.constantFrom(' ', '\t', '\r', '\n', '\r\n', '\u0000', '\u000b');
  const edits = fc.array(fc.tuple(fc.nat(20), noise), { maxLength: 3 });

  test.prop([stranger, edits, fc.boolean(), fc.integer({ min: 2, max: 5 })], { numRuns: 1000 })(
    'with one line torn: a stranger that a generous reader would still find is found',
    (line, tears, isLoud, place) => {
      let torn = isLoud ? line.toUpperCase() : line;
      for (const [at, what] of tears) torn = torn.slice(0, at) + what + torn.slice(at);
      const text = clean.toSpliced(place, 0, torn).join('\r\n');
      if (isFoundGenerously(text)) expect(guardFindings(withBody(text), own)).not.toEqual([]);
    },
  );

  test.prop([fc.string({ unit: 'binary', maxLength: 300 })])('of any bytes is read', (text) => {
    expect(Array.isArray(guardFindings(withBody(text), own))).toBe(true);
  });
});

/** Reads as the most generous: lines end anywhere, letters and blanks do not matter. */
function isFoundGenerously(text: string): boolean {
  return text.split(/[\r\n]+/).some((line) => {
    const squeezed = line.replaceAll(/[^!-~]/g, '').toLowerCase();
    return squeezed.includes(foreign) && /^(?:c=|a=(?:rtcp|candidate):)/.test(squeezed);
  });
}

describe('what is left of a message', () => {
  const method = fc.constantFrom('INVITE', 'ACK', 'BYE', 'CANCEL', 'UPDATE', 'OPTIONS');
  const status = fc.option(fc.integer({ min: 100, max: 699 }), { nil: undefined });
  const contact = fc.constantFrom(`<sip:${ours}>`, `<sip:${foreign}>`, '<tel:1>');

  test.prop([method, status, contact, description])(
    'has no findings, and always goes when something would stay open without it',
    (name, code, address, lines) => {
      const request = withBody(lines.join('\r\n'));
      const headers = [
        ...request.headers.filter(({ key }) => key !== 'cseq'),
        headerField('CSeq', `1 ${name}`),
        headerField('Contact', address),
      ];
      const message: SipMessage =
        code === undefined
          ? {
              kind: 'request',
              method: name,
              requestUri: 'sip:b@192.0.2.1',
              headers,
              body: request.body,
            }
          : { kind: 'response', status: code, reasonPhrase: 'x', headers, body: request.body };
      const findings = guardFindings(message, own);
      fc.pre(findings.length > 0);
      const guarded = afterFindings(message, findings);
      const isEnding = ['ACK', 'BYE', 'CANCEL'].includes(name);
      const goes = code === undefined ? isEnding : code >= 200;
      expect(guarded.action !== 'withheld').toBe(goes);
      if (guarded.action === 'withheld') return;
      const left = guarded.action === 'replaced' ? guarded.response : guarded.message;
      expect(guardFindings(left, own)).toEqual([]);
      const isSuccess = code !== undefined && code >= 200 && code < 300;
      expect(guarded.action).toBe(isSuccess && !isEnding ? 'replaced' : 'stripped');
    },
  );
});
