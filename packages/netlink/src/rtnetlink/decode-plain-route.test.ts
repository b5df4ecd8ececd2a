import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { rta } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodePlainRoute } from './decode-plain-route.ts';
import { decodeRoute } from './decode-route.ts';
import { encodeAddRoute } from './encode-route.ts';
import type { NewRoute, Route } from './route.ts';

const routes: fc.Arbitrary<NewRoute> = fc.record({
  destination: fc
    .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
    .map((octets) => `${octets.join('.')}/32`),
  table: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  linkIndex: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  protocol: fc.nat(255),
  scope: fc.constantFrom('link', 'global'),
});

/** The message, and after it an attribute that is known and not passed on: only the reader of any route reads it. */
function withIgnored(message: Uint8Array): DataView {
  const bytes = new Uint8Array(message.length + 8);
  bytes.set(message);
  bytes.set(new Uint8Array(new Uint16Array([8, rta.uid]).buffer), message.length);
  return new DataView(bytes.buffer);
}

function encode(route: NewRoute): Uint8Array {
  return encodeAddRoute(new MessageWriter(), route, 'replace').slice();
}

test.prop([routes])('is what the reader of any route gives', (added) => {
  const message = encode(added);
  const view = withIgnored(message);
  const plain = decodePlainRoute(view, 16, message.length);
  expect(decodePlainRoute(view, 16, view.byteLength)).toBeUndefined();
  expect(plain).toStrictEqual(decodeRoute(view, 16, view.byteLength));
  expect(plain).toMatchObject(added);
});

test.prop([routes, fc.nat(), fc.nat(255), fc.nat(8)])(
  'gives nothing else when a byte is another or the end is missing',
  (added, where, byte, cut) => {
    const message = encode(added);
    message[16 + (where % (message.length - 16))] = byte;
    const end = message.length - cut;
    const alone = new DataView(message.buffer, 0, end);
    const plain: Route | undefined = decodePlainRoute(alone, 16, message.length);
    if (plain === undefined) return;
    const view = withIgnored(message.subarray(0, end));
    expect(plain).toStrictEqual(decodeRoute(view, 16, view.byteLength));
  },
);
