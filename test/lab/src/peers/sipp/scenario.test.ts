import { expect, it } from 'vitest';
import { callee } from './callee.ts';
import { caller } from './caller.ts';
import { scenarioXml } from './scenario.ts';

it('writes a message with its body, repeated, and names its type', () => {
  const xml = scenarioXml('a call', [caller.invite()]);
  expect(xml).toContain('<scenario name="a call">');
  expect(xml).toContain(
    '<send retrans="500"><![CDATA[\nINVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n',
  );
  expect(xml).toContain(
    'Subject: call [call_number] of [pid]\nContent-Type: application/sdp\nContent-Length: [len]\n\nv=0\n',
  );
  expect(xml).toMatch(/a=sendrecv\n\n\]\]><\/send>/);
});

it('an ACK is not repeated and has no body', () => {
  const xml = scenarioXml('ack', [caller.ack()]);
  expect(xml).toContain('<send><![CDATA[\nACK [next_url] SIP/2.0\n');
  expect(xml).not.toContain('Content-Type');
  expect(xml).toMatch(/\[routes\]\nContent-Length: \[len\]\n\n\n\]\]>/);
});

it('what is read must be there, and every variable is used', () => {
  const read = { from: 'Contact', matches: '<sip:"a"&b>', as: 'contact' };
  const xml = scenarioXml('read', [caller.answered([read]), { kind: 'pause', ms: 20 }]);
  expect(xml).toContain(
    '<recv response="200" rrs="true"><action><ereg regexp="&lt;sip:&quot;a&quot;&amp;b&gt;" search_in="hdr" header="Contact:" check_it="true" assign_to="contact"/></action></recv>',
  );
  expect(xml).toContain('<pause milliseconds="20"/>');
  expect(xml).toContain('<Reference variables="contact"/>');
});

it('a callee keeps what its own BYE says of both sides', () => {
  const body = { from: 'body', matches: 'm=audio', as: 'media' };
  const xml = scenarioXml('called', [callee.invited([body]), { kind: 'play', file: '/a/voice' }]);
  expect(xml).toContain('search_in="body" check_it="true" assign_to="media"');
  expect(xml).toContain('<Reference variables="media,remote,own"/>');
  expect(xml).toContain('<exec rtp_stream="/a/voice,-1,0"/>');
});

it('what may be left out is optional', () => {
  expect(scenarioXml('ringing', caller.ringing())).toContain(
    '<recv response="180" optional="true"></recv>',
  );
});
