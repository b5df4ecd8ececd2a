import { parseMessage } from '@truetuple/sip-engine';
import { describe, expect, it } from 'vitest';
import type { WireSabotage } from './wire-sabotage.ts';
import { tamperMessage } from './tamper-message.ts';

const body = ['v=0', 'o=- 1 1 IN IP4 203.0.113.50', 's=-', 'c=IN IP4 203.0.113.50', 't=0 0', ''];
const invite = [
  'INVITE sip:b@198.51.100.50:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 203.0.113.50:5060;rport;branch=z9hG4bK1',
  'From: <sip:a@203.0.113.50:5060>;tag=1',
  'To: <sip:b@198.51.100.50:5060>',
  'Call-ID: 1',
  'CSeq: 1 INVITE',
  'Contact: <sip:203.0.113.50:5060>',
  'Content-Type: application/sdp',
  `Content-Length: ${body.join('\r\n').length}`,
  '',
  body.join('\r\n'),
].join('\r\n');

function tamper(sabotage: WireSabotage, text = invite): string {
  return Buffer.from(tamperMessage(Buffer.from(text), sabotage)).toString();
}

describe('tamperMessage', () => {
  it('says another port in Contact, and nothing else', () => {
    expect(tamper('wrong-contact')).toBe(
      invite.replace('Contact: <sip:203.0.113.50:5060>', 'Contact: <sip:203.0.113.50:5062>'),
    );
  });

  it('says another address in c=, and nothing else', () => {
    expect(tamper('wrong-connection-address')).toBe(
      invite.replace('c=IN IP4 203.0.113.50', 'c=IN IP4 203.0.113.58'),
    );
  });

  it('leaves messages that can be read, and none changed where only RTP is', () => {
    for (const name of ['wrong-contact', 'wrong-connection-address'] as const) {
      expect(parseMessage(Buffer.from(tamper(name))).kind).toBe('message');
    }
    expect(tamper('wrong-rtp-source')).toBe(invite);
  });

  it('touches nothing that is not SIP', () => {
    const text = `truetuple-demo flow=x Contact: <sip:203.0.113.50:5060>\r\n`;
    expect(tamper('wrong-contact', text)).toBe(text);
  });
});
