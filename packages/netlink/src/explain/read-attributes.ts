import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import { formatMacAddress } from '../wire/mac-address.ts';
import type { Fields, Form } from './form.ts';

/** An attribute by name; its value in text, or the attributes in it. */
export interface ExplainedAttribute {
  /** `#7` for one without a name here. */
  readonly name: string;
  readonly value: string | readonly ExplainedAttribute[];
}

/** Nests are followed this far: nothing that the kernel sends is deeper, and what is hostile ends. */
const deepest = 12;

/** Never throws: what does not have the form that it should is shown as bytes. */
export function readAttributes(
  cursor: AttributeCursor,
  fields: Fields | undefined,
  depth = 0,
): readonly ExplainedAttribute[] {
  const attributes: ExplainedAttribute[] = [];
  while (cursor.next()) {
    const known = fields?.get(cursor.type);
    const name = known?.name ?? `#${String(cursor.type)}`;
    attributes.push({ name, value: valueOf(cursor, known?.form ?? 'guess', depth) });
  }
  return attributes;
}

function valueOf(cursor: AttributeCursor, form: Form, depth: number): ExplainedAttribute['value'] {
  if (typeof form !== 'string') {
    return depth < deepest ? readAttributes(cursor.nested(), form, depth + 1) : hex(cursor);
  }
  if (form === 'guess') return guess(cursor, depth);
  try {
    return read(cursor, form);
  } catch {
    return hex(cursor);
  }
}

function read(cursor: AttributeCursor, form: Exclude<Form, Fields | 'guess'>): string {
  switch (form) {
    case 'u8':
      return String(cursor.u8());
    case 'u16':
      return String(cursor.u16());
    case 'u32':
      return String(cursor.u32());
    case 'i32':
      return String(cursor.i32());
    case 'u64':
      return String(cursor.u64());
    case 'big16':
      return String(cursor.big16());
    case 'big32':
      return String(cursor.big32());
    case 'big64':
      return String(cursor.big64());
    case 'text':
      return JSON.stringify(cursor.string());
    case 'address':
      return formatIpAddress(cursor.peek());
    case 'mac':
      return formatMacAddress(cursor.peek());
    case 'flag':
      return 'set';
    default:
      return form satisfies never;
  }
}

/** Attributes that fill it, printable text, a number of four or eight bytes, else bytes. */
function guess(cursor: AttributeCursor, depth: number): ExplainedAttribute['value'] {
  const bytes = cursor.peek();
  if (depth < deepest && isFilledByAttributes(cursor)) {
    return readAttributes(cursor.nested(), undefined, depth + 1);
  }
  if (isText(bytes)) return JSON.stringify(cursor.string());
  if (bytes.length === 4) return `${String(cursor.big32())} (${hex(cursor)})`;
  return hex(cursor);
}

function isFilledByAttributes(cursor: AttributeCursor): boolean {
  const inner = cursor.nested();
  let end = cursor.start;
  let count = 0;
  while (inner.next()) {
    // types beyond any table's size are chance
    if (inner.type === 0 || inner.type > 255) return false;
    end = inner.end;
    count += 1;
  }
  return count > 0 && cursor.end - end < 4;
}

function isText(bytes: Uint8Array): boolean {
  const zero = bytes.indexOf(0);
  const text = zero < 0 ? bytes : bytes.subarray(0, zero);
  const isPrintable = text.every((byte) => byte >= 0x20 && byte < 0x7f);
  return text.length > 1 && isPrintable && (zero < 0 || zero === bytes.length - 1);
}

function hex(cursor: AttributeCursor): string {
  const bytes = cursor.peek();
  return bytes.length === 0 ? 'empty' : `0x${[...bytes].map(twoDigits).join('')}`;
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
