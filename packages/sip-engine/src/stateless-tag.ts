import { createHmac } from 'node:crypto';
import type { HeaderField } from './message/message.ts';
import { isRepeated } from './message/response-to.ts';

/**
 * Makes our tags in answers to requests that nothing is kept of: the same for each repeat (RFC 3261 section 8.2.7), and nobody
 * without the key can tell one before (19.3).
 * @returns the tag for a request with these header fields
 */
export function statelessTags(key: string): (headers: readonly HeaderField[]) => string {
  return (headers) => {
    const hash = createHmac('sha256', key);
    for (const field of headers) {
      if (isRepeated(field.key)) hash.update(`${field.key}:${field.value}\n`);
    }
    return hash.digest('hex').slice(0, 20);
  };
}
