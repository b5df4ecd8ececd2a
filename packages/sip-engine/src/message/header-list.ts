import { SipEngineError } from '../errors.ts';
import { headerKey } from './header-name.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { hasControl, isToken, splitValues } from './scan.ts';

/**
 * A header field to put into a message.
 * @throws SipEngineError HeaderUnsafe when the name is no token or the value would break the line
 */
export function headerField(name: string, value: string): HeaderField {
  assertHeaderSafe(name, value);
  return { name, key: headerKey(name), value: value.trim() };
}

/**
 * Lets pass what `headerField` takes.
 * @throws SipEngineError HeaderUnsafe
 */
export function assertHeaderSafe(name: string, value: string): void {
  if (isToken(name) && !hasControl(value)) return;
  throw new SipEngineError({
    code: 'HeaderUnsafe',
    message: `Tried to make the header field ${JSON.stringify(name)} with the value ${JSON.stringify(value.slice(0, 80))}, which would break the message`,
    remedy: 'Give a name that is a token, and a value with no line end or other control character.',
    retry: 'never',
  });
}

/** The value of the first header field of that name, in any spelling; undefined when there is none. */
export function headerValue(message: SipMessage, name: string): string | undefined {
  return valueOf(message, headerKey(name));
}

/** As `headerValue`, by what header fields are looked up by. */
export function valueOf({ headers }: Pick<SipMessage, 'headers'>, key: string): string | undefined {
  for (const field of headers) if (field.key === key) return field.value;
  return undefined;
}

/** Every value of every header field of that name, in order; comma separated ones apart. */
export function headerValues(
  message: Pick<SipMessage, 'headers'>,
  name: string,
): readonly string[] {
  return valuesOf(message, headerKey(name));
}

/** As `headerValues`, by what header fields are looked up by. */
export function valuesOf(message: Pick<SipMessage, 'headers'>, key: string): readonly string[] {
  const values: string[] = [];
  for (const field of message.headers) {
    if (field.key === key) for (const value of splitValues(field.value)) values.push(value);
  }
  return values;
}

/** Puts one field in place of all of that name: where the first one stood, or at the end. */
export function withHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const field = headerField(name, value);
  const index = message.headers.findIndex(({ key }) => key === field.key);
  if (index < 0) return withHeaders(message, [...message.headers, field]);
  const kept = message.headers.filter(({ key }, at) => at === index || key !== field.key);
  return withHeaders(message, kept.with(index, field));
}

/** Takes away all fields of that name. */
export function withoutHeader<M extends SipMessage>(message: M, name: string): M {
  const removed = headerKey(name);
  return withHeaders(
    message,
    message.headers.filter(({ key }) => key !== removed),
  );
}

/** Puts a field before the first one of that name, or before all others: a new topmost Via or Record-Route. */
export function prependHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const field = headerField(name, value);
  const first = message.headers.findIndex(({ key }) => key === field.key);
  return withHeaders(message, message.headers.toSpliced(Math.max(first, 0), 0, field));
}

/** Puts a field after the last one of that name, or at the end. */
export function appendHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const field = headerField(name, value);
  const last = message.headers.findLastIndex(({ key }) => key === field.key);
  const index = last < 0 ? message.headers.length : last + 1;
  return withHeaders(message, message.headers.toSpliced(index, 0, field));
}

/** The same message with these header fields and no others. */
export function withHeaders<M extends SipMessage>(message: M, headers: readonly HeaderField[]): M {
  return { ...message, headers };
}

/** The same message with another body; Content-Length is written when the message is. */
export function withBody<M extends SipMessage>(message: M, body: Uint8Array): M {
  return { ...message, body };
}
