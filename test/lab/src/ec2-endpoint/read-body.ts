import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'broken-off' };

/** In bytes; the largest request of a modelled action, CreateTags, stays below 256 KiB. */
const bodyLimit = 512 * 1024;

/** Reads a request's body, up to the limit; the rest of a larger one is left unread. */
export function readBody(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const onData = (chunk: Uint8Array): void => {
      size += chunk.byteLength;
      if (size <= bodyLimit) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData).pause();
      resolve({ kind: 'too-large', limit: bodyLimit });
    };
    request.on('data', onData);
    request.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    request.once('error', () => resolve({ kind: 'broken-off' }));
    request.once('close', () => resolve({ kind: 'broken-off' }));
  });
}
