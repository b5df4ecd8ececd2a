import { describe, expect, it } from 'vitest';
import { inviteHeaders, readInvite } from './message-mapping.ts';
import type { SrfInboundRequest } from './srf.ts';

function inviteWith(headers: Readonly<Record<string, string>>): SrfInboundRequest {
  const all: Readonly<Record<string, string>> = {
    'call-id': 'call-1',
    from: '<sip:anna@198.51.100.50>;tag=1',
    ...headers,
  };
  return {
    method: 'INVITE',
    uri: 'sip:b@203.0.113.50',
    source_address: '198.51.100.50',
    stackDialogId: '',
    body: undefined,
    get: (name) => all[name],
    on: () => undefined,
  };
}

describe('Max-Forwards', () => {
  it.each(['0', ' 0 '])('of %j goes nowhere: 483', (hops) => {
    const read = readInvite(inviteWith({ 'max-forwards': hops }), []);
    expect(read).toMatchObject({ kind: 'refused', status: 483 });
  });

  it.each([
    ['1', '0'],
    ['70', '69'],
    [undefined, '69'],
  ])('of %j goes on as %j', (came, goes) => {
    const request = inviteWith(came === undefined ? {} : { 'max-forwards': came });
    const read = readInvite(request, []);
    if (read.kind !== 'invite') throw new Error(`refused with ${read.status}`);
    expect(inviteHeaders(read.invite, came, '203.0.113.50')['Max-Forwards']).toBe(goes);
  });
});

describe('what an INVITE requires', () => {
  it.each([
    ['timer', undefined],
    [' Timer ', undefined],
    ['', undefined],
    ['replaces', 'replaces'],
    ['timer, 100rel,replaces', '100rel, replaces'],
  ])('%j: not there is %j', (required, missing) => {
    const read = readInvite(inviteWith({ require: required }), []);
    if (missing === undefined) expect(read.kind).toBe('invite');
    else {
      expect(read).toEqual({
        kind: 'refused',
        status: 420,
        headers: { Unsupported: missing },
      });
    }
  });
});

const bodied = (headers: Readonly<Record<string, string>>): SrfInboundRequest => ({
  ...inviteWith(headers),
  body: 'v=0',
});

describe('a body', () => {
  it.each([
    [{ 'content-type': 'application/sdp' }, 'v=0'],
    [{ 'content-type': 'Application/SDP; charset=utf-8', 'content-encoding': 'identity' }, 'v=0'],
  ])('%j is a description', (headers, sdp) => {
    expect(readInvite(bodied(headers), [])).toMatchObject({ kind: 'invite', invite: { sdp } });
  });

  it.each([
    {},
    { 'content-type': 'multipart/mixed;boundary=x' },
    { 'content-type': 'application/sdpx' },
    { 'content-type': 'application/sdp', 'content-encoding': 'gzip' },
  ])('%j is none that we read: 415', (headers) => {
    expect(readInvite(bodied(headers), [])).toEqual({
      kind: 'refused',
      status: 415,
      headers: { Accept: 'application/sdp' },
    });
  });
});

const fromOf = (from: string): string | undefined => {
  const read = readInvite(inviteWith({ from }), []);
  if (read.kind !== 'invite') throw new Error(`refused with ${read.status}`);
  return inviteHeaders(read.invite, undefined, '203.0.113.50:5060')['From'];
};

describe('From to B', () => {
  it.each([
    ['<sip:anna@198.51.100.50>;tag=1', '<sip:anna@203.0.113.50:5060>'],
    ['Anna <sip:+4930@198.51.100.50>;tag=1', '"Anna" <sip:+4930@203.0.113.50:5060>'],
    ['"Anna \\"B\\\\" <sip:a@198.51.100.50>;tag=1', '"Anna B" <sip:a@203.0.113.50:5060>'],
    ['<sip:198.51.100.50>;tag=1', '<sip:anonymous@203.0.113.50:5060>'],
    ['<sip:a%40b@198.51.100.50>;tag=1', '<sip:a%40b@203.0.113.50:5060>'],
    ["<sip:o'neil@198.51.100.50>;tag=1", "<sip:o'neil@203.0.113.50:5060>"],
    ['<sip:john%20(doe)@198.51.100.50>;tag=1', '<sip:john%20(doe)@203.0.113.50:5060>'],
    ['<tel:+49-30;ext=7>;tag=1', '<sip:+49-30@203.0.113.50:5060>'],
    ['<im:anna@example.com>;tag=1', '<sip:anonymous@203.0.113.50:5060>'],
  ])('%s', (from, told) => {
    expect(fromOf(from)).toBe(told);
  });
});
