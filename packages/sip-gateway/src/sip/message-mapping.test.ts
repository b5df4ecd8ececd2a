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
    expect(read).toEqual({ kind: 'refused', status: 483 });
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
