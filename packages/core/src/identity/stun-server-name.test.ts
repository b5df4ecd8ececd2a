import { describe, expect, it } from 'vitest';
import { parseStunServer } from './stun-server-name.ts';

describe('a STUN server', () => {
  it.each([
    ['stun.example.com', { host: 'stun.example.com', port: 3478 }],
    ['stun.example.com:3479', { host: 'stun.example.com', port: 3479 }],
    ['198.51.100.50:3479', { host: '198.51.100.50', port: 3479 }],
    ['[2001:db8::50]:3479', { host: '2001:db8::50', port: 3479 }],
  ])('%s', (text, server) => {
    expect(parseStunServer(text)).toEqual(server);
  });

  it.each([
    ['stun:stun.example.com', { host: 'stun.example.com', port: 3478 }],
    ['stun:stun.example.com:3479', { host: 'stun.example.com', port: 3479 }],
    ['STUN:198.51.100.50', { host: '198.51.100.50', port: 3478 }],
    ['stun:[2001:DB8:0:0::50]', { host: '2001:db8::50', port: 3478 }],
  ])('as a URI of RFC 7064: %s', (text, server) => {
    expect(parseStunServer(text)).toEqual(server);
  });

  it.each([
    '',
    'stun.example.com:0',
    'stun.example.com:65536',
    'stun.example.com:sip',
    'stuns:stun.example.com', // over TLS: what is asked here is UDP
    'turn:stun.example.com',
    'stun://stun.example.com',
    'stun:stun.example.com?transport=udp',
    '[2001:db8::50',
    '2001:db8::50',
    '[2001:db8::g]',
    '[stun.example.com]:3478',
  ])('%j is none', (text) => {
    expect(parseStunServer(text)).toBeUndefined();
  });
});
