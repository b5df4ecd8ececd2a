import { errorFromErrno } from '../errors.ts';
import { flagNames } from '../schema/name-table.ts';
import { messageFlag, messageType } from '../schema/netlink.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { readErrorMessage } from '../wire/kernel-answer.ts';
import { headerLength, readHeader } from '../wire/message-header.ts';
import type { MessageHeader } from '../wire/message-header.ts';
import { layoutOf } from './layouts.ts';
import type { Bus, Layout } from './layouts.ts';
import { readAttributes } from './read-attributes.ts';
import type { ExplainedAttribute } from './read-attributes.ts';

/** One message in words. */
export interface ExplainedMessage {
  /** Such as `newRoute`; `type 99` for one without a name here. */
  readonly type: string;
  /** NLM_F_*; a message of the kernel uses some of the bits for other things. */
  readonly flags: readonly string[];
  readonly length: number;
  readonly sequence: number;
  readonly portId: number;
  /** The fixed fields after the header, in order. */
  readonly fields: readonly (readonly [name: string, value: number])[];
  readonly attributes: readonly ExplainedAttribute[];
  /** What an answer says: `done`, or the kernel's refusal. */
  readonly answer?: string;
}

/** Which protocol family the bytes are of. */
export interface ExplainOptions {
  /** Types mean different things on each; default `route`. */
  readonly bus?: Bus;
}

const { dump: _dump, dumpInterrupted, request, multi, ack } = messageFlag;
const commonFlags = { request, multi, ack, dumpInterrupted } as const;
const { replace, exclusive, create, append } = messageFlag;
const changeFlags = { replace, exclusive, create, append } as const;
const getFlags = { root: 0x100, match: 0x200, atomic: 0x400 } as const;

/**
 * Every message of a buffer, as it was sent or received: type, flags, fixed fields and attributes by name, and in hexadecimal what has no
 * name here. Never throws; what is cut off ends the list.
 */
export function explain(buffer: Uint8Array, options: ExplainOptions = {}): ExplainedMessage[] {
  const { bus = 'route' } = options;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const header: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  const messages: ExplainedMessage[] = [];
  for (let at = 0; readHeader(view, at, buffer.length, header, hostIsLittleEndian);) {
    messages.push(explainMessage(view, at, { ...header }, bus));
    at += (header.length + 3) & ~3;
  }
  return messages;
}

/** The same as lines of text, for a log or a terminal. */
export function explainText(buffer: Uint8Array, options: ExplainOptions = {}): string {
  return explain(buffer, options).flatMap(linesOf).join('\n');
}

function explainMessage(
  view: DataView,
  at: number,
  header: MessageHeader,
  bus: Bus,
): ExplainedMessage {
  const { type, flags, length, sequence, portId } = header;
  const common = { length, sequence, portId };
  const end = Math.min(at + length, view.byteLength);
  if (type === messageType.error || type === messageType.done) {
    const name = type === messageType.error ? 'error' : 'done';
    const answer = type === messageType.error ? answerOf(view, at, header) : 'done';
    const told = flagNames(commonFlags, flags);
    return { ...common, type: name, flags: told, fields: [], attributes: [], answer };
  }
  const layout = layoutOf(bus, type);
  const name = layout?.name ?? `type ${String(type)}`;
  const { fields, start } = readFields(view, at + headerLength, end, layout);
  return {
    ...common,
    type: name,
    flags: flagsOf(name, flags),
    fields,
    attributes: readAttributes(new AttributeCursor(view, start, end), layout?.attributes),
  };
}

/** An ACK is an error of number 0. */
function answerOf(view: DataView, at: number, header: MessageHeader): string {
  try {
    const answer = readErrorMessage(view, at, header, hostIsLittleEndian);
    return answer.errno === 0 ? 'ACK' : errorFromErrno('refused', answer.errno, answer).message;
  } catch {
    return 'an answer that is cut off';
  }
}

function flagsOf(name: string, flags: number): readonly string[] {
  const others = name.includes('get') ? flagNames(getFlags, flags) : flagNames(changeFlags, flags);
  return [...flagNames(commonFlags, flags), ...others];
}

const sizes = { u8: 1, u16: 2, big16: 2, u32: 4, i32: 4 } as const;

function readFields(
  view: DataView,
  start: number,
  end: number,
  layout: Layout | undefined,
): { readonly fields: ExplainedMessage['fields']; readonly start: number } {
  const fields: (readonly [string, number])[] = [];
  let at = start;
  for (const [name, form] of layout?.header ?? []) {
    if (at + sizes[form] > end) break;
    if (name !== 'pad') fields.push([name, numberAt(view, at, form)]);
    at += sizes[form];
  }
  return { fields, start: at };
}

function numberAt(view: DataView, at: number, form: keyof typeof sizes): number {
  switch (form) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, hostIsLittleEndian);
    case 'big16':
      return view.getUint16(at);
    case 'u32':
      return view.getUint32(at, hostIsLittleEndian);
    case 'i32':
      return view.getInt32(at, hostIsLittleEndian);
    default:
      return form satisfies never;
  }
}

function linesOf(message: ExplainedMessage): string[] {
  const { type, flags, length, sequence, portId, fields, attributes, answer } = message;
  const head = `${type} ${String(length)} bytes, sequence ${String(sequence)}, port ${String(portId)}`;
  const told = flags.length === 0 ? '' : `, ${flags.join(' ')}`;
  const values = fields.map(([name, value]) => `${name}=${String(value)}`).join(' ');
  return [
    answer === undefined ? `${head}${told}` : `${head}${told}: ${answer}`,
    ...(values === '' ? [] : [`  ${values}`]),
    ...attributes.flatMap((attribute) => attributeLines(attribute, '  ')),
  ];
}

function attributeLines({ name, value }: ExplainedAttribute, indent: string): string[] {
  if (typeof value === 'string') return [`${indent}${name} ${value}`];
  return [`${indent}${name}`, ...value.flatMap((one) => attributeLines(one, `${indent}  `))];
}
