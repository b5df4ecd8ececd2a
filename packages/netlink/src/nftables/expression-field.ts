import { inputError } from '../errors.ts';
import { nftaData } from '../schema/nftables.ts';
import { flagNames, namesOf } from '../schema/name-table.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';

/** How a value lies in an attribute. `read` gives undefined for what is best left out. */
export interface FieldCodec {
  readonly write: (writer: MessageWriter, attribute: number, value: unknown) => void;
  readonly read: (attribute: AttributeCursor) => unknown;
}

/** A field of an expression, and the attribute it travels in. */
export interface Field {
  readonly attribute: number;
  readonly codec: FieldCodec;
  /** What is meant when the field is left out; without it the attribute is left out too. */
  readonly otherwise?: unknown;
  /** The kernel repeats this other field where none was given. */
  readonly repeats?: string;
}

/** A u32 in network byte order. */
export const number: FieldCodec = {
  write: (writer, attribute, value) => {
    if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 0xffffffff) {
      throw inputError(`"${String(value)}" is not a u32`, 'Give a whole number from 0 to 2^32-1.');
    }
    writer.attributeBig32(attribute, Number(value));
  },
  read: (attribute) => attribute.big32(),
};

/** As `number`, where 0 is the same as absent. */
export const numberNotZero: FieldCodec = {
  write: number.write,
  read: (attribute) => (attribute.big32() === 0 ? undefined : attribute.big32()),
};

export const bigNumber: FieldCodec = {
  write: (writer, attribute, value) => {
    writer.attributeBig64(attribute, Number(value));
  },
  read: (attribute) => attribute.big64(),
};

export const text: FieldCodec = {
  write: (writer, attribute, value) => {
    writer.attributeString(attribute, String(value));
  },
  read: (attribute) => attribute.string(),
};

/** Bytes within NFTA_DATA_VALUE. */
export const data: FieldCodec = {
  write: (writer, attribute, value) => {
    if (!(value instanceof Uint8Array)) {
      throw inputError(`"${String(value)}" is not bytes`, 'Give a Uint8Array: see encodeDatum().');
    }
    const nest = writer.startNested(attribute);
    writer.attribute(nftaData.value, value).end(nest);
  },
  read: (attribute) => {
    const inner = attribute.nested();
    return inner.next() && inner.type === nftaData.value ? inner.copy() : unreadable;
  },
};

/** A number that has a name. */
export function oneOf(table: Readonly<Record<string, number>>, silent?: string): FieldCodec {
  const names = namesOf(table);
  return {
    write: (writer, attribute, value) => {
      const found = table[String(value)];
      if (found === undefined) {
        const known = Object.keys(table).join(', ');
        throw inputError(`"${String(value)}" is not known`, `Give one of ${known}.`);
      }
      writer.attributeBig32(attribute, found);
    },
    read: (attribute) => {
      const name = names.get(attribute.big32());
      return name === silent ? undefined : (name ?? unreadable);
    },
  };
}

/** Names of bits; bits of `ignored` are the kernel's own. */
export function flags(table: Readonly<Record<string, number>>, ignored = 0): FieldCodec {
  const known = Object.values(table).reduce((sum, each) => sum | each, ignored);
  return {
    write: (writer, attribute, value) => {
      const bits = (value as readonly string[]).map((name) => table[name] ?? 0);
      writer.attributeBig32(
        attribute,
        bits.reduce((sum, each) => sum | each, 0),
      );
    },
    read: (attribute) => {
      const bits = attribute.big32();
      if ((bits & ~known) !== 0) return unreadable;
      const names = flagNames(table, bits);
      return names.length === 0 ? undefined : names;
    },
  };
}

/** True is the bit, alone in its attribute. */
export function bit(value: number): FieldCodec {
  return {
    write: (writer, attribute, wanted) => {
      writer.attributeBig32(attribute, wanted === true ? value : 0);
    },
    read: (attribute) => {
      if (attribute.big32() === 0) return undefined;
      return attribute.big32() === value ? true : unreadable;
    },
  };
}

/** A register, or `verdict` for register 0. */
export const registerOrVerdict: FieldCodec = {
  write: (writer, attribute, value) => {
    number.write(writer, attribute, value === 'verdict' ? 0 : value);
  },
  read: (attribute) => (attribute.big32() === 0 ? 'verdict' : attribute.big32()),
};

/** What `read` gives for a value without a name here: the expression is then listed as it came. */
export const unreadable: symbol = Symbol('unreadable');
