import { inputError } from '../errors.ts';
import {
  nftaData,
  nftaExpression,
  nftaImmediate,
  nftaList,
  verdictCode,
} from '../schema/nftables.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { Expression } from './expression.ts';
import { unreadable } from './expression-field.ts';
import type { Field } from './expression-field.ts';
import { expressionSchemas } from './expression-schema.ts';
import type { ExpressionSchema } from './expression-schema.ts';
import { readVerdict, writeVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

interface Entry {
  readonly kind: string;
  readonly schema: Omit<ExpressionSchema, 'fields'>;
  readonly fields: readonly (readonly [name: string, field: Field])[];
}

const entries: readonly Entry[] = Object.entries(expressionSchemas).map(([kind, schema]) => ({
  kind,
  schema,
  fields: Object.entries(schema.fields as Readonly<Record<string, Field>>),
}));
const byKind: ReadonlyMap<string, Entry> = new Map(entries.map((entry) => [entry.kind, entry]));

/** Writes one NFTA_LIST_ELEM. @throws NetlinkError `EINPUT` */
export function writeExpression(writer: MessageWriter, expression: Expression): void {
  const element = writer.startNested(nftaList.element);
  if (expression.kind === 'unknown') {
    writer.attributeString(nftaExpression.name, expression.name);
    writer.attribute(nftaExpression.data | 0x8000, expression.data);
  } else if (isVerdict(expression)) {
    writeVerdictExpression(writer, expression);
  } else {
    writeTabled(writer, expression);
  }
  writer.end(element);
}

function isVerdict(expression: { readonly kind: string }): expression is Verdict {
  return Object.hasOwn(verdictCode, expression.kind);
}

function writeVerdictExpression(writer: MessageWriter, verdict: Verdict): void {
  writer.attributeString(nftaExpression.name, 'immediate');
  const data = writer.startNested(nftaExpression.data);
  writer.attributeBig32(nftaImmediate.register, 0);
  const value = writer.startNested(nftaImmediate.data);
  writeVerdict(writer, verdict);
  writer.end(value).end(data);
}

function writeTabled(writer: MessageWriter, expression: { readonly kind: string }): void {
  const entry = byKind.get(expression.kind);
  if (entry === undefined) {
    throw inputError(
      `"${expression.kind}" is no expression`,
      `Give a verdict, or one of ${[...byKind.keys()].join(', ')}.`,
    );
  }
  const given = expression as unknown as Readonly<Record<string, unknown>>;
  writer.attributeString(nftaExpression.name, entry.schema.name);
  const data = writer.startNested(nftaExpression.data);
  for (const [attribute, value] of Object.entries(entry.schema.fixed ?? {})) {
    writer.attributeBig32(Number(attribute), value);
  }
  const { lengthOf } = entry.schema;
  if (lengthOf !== undefined) {
    writer.attributeBig32(lengthOf.attribute, (given[lengthOf.field] as Uint8Array).length);
  }
  for (const [name, { attribute, codec, otherwise }] of entry.fields) {
    const value = given[name] ?? otherwise;
    if (value !== undefined) codec.write(writer, attribute, value);
  }
  writer.end(data);
}

/** Reads the expressions of NFTA_RULE_EXPRESSIONS. */
export function readExpressions(list: AttributeCursor): Expression[] {
  const expressions: Expression[] = [];
  const element = list.nested();
  while (element.next()) {
    if (element.type === nftaList.element) expressions.push(readExpression(element));
  }
  return expressions;
}

function readExpression(element: AttributeCursor): Expression {
  let name = '';
  let bytes: Uint8Array = new Uint8Array(0);
  let data: AttributeCursor | undefined;
  const attribute = element.nested();
  while (attribute.next()) {
    if (attribute.type === nftaExpression.name) name = attribute.string();
    else if (attribute.type === nftaExpression.data) {
      bytes = attribute.copy();
      data = attribute.nested();
    }
  }
  return readKnown(name, data) ?? { kind: 'unknown', name, data: bytes };
}

function readKnown(name: string, data: AttributeCursor | undefined): Expression | undefined {
  const values = new Map<number, AttributeCursor>();
  while (data?.next() === true) values.set(data.type, data.single());
  if (name === 'immediate') {
    const verdict = readVerdictData(values.get(nftaImmediate.data));
    if (verdict !== undefined) return verdict;
  }
  for (const entry of entries) {
    if (entry.schema.name !== name) continue;
    const found = readTabled(entry, values);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readVerdictData(data: AttributeCursor | undefined): Verdict | undefined {
  const inner = data?.nested();
  return inner?.next() === true && inner.type === nftaData.verdict ? readVerdict(inner) : undefined;
}

/** undefined when the attributes are not those of this kind, or one of them is not understood. */
function readTabled(
  { kind, schema, fields }: Entry,
  values: ReadonlyMap<number, AttributeCursor>,
): Expression | undefined {
  const left = new Set(values.keys());
  for (const [attribute, value] of Object.entries(schema.fixed ?? {})) {
    left.delete(Number(attribute));
    if ((values.get(Number(attribute))?.big32() ?? 0) !== value) return undefined;
  }
  for (const attribute of schema.ignored ?? []) left.delete(attribute);
  if (schema.lengthOf !== undefined) left.delete(schema.lengthOf.attribute);
  const expression: Record<string, unknown> = { kind };
  for (const [name, field] of fields) {
    left.delete(field.attribute);
    const cursor = values.get(field.attribute);
    const value = cursor === undefined ? undefined : field.codec.read(cursor);
    // A register is always told: where it is missing the kind is another.
    if (value === unreadable || (cursor === undefined && field.otherwise === 1)) return undefined;
    const repeated = field.repeats !== undefined && expression[field.repeats] === value;
    if (value !== undefined && !repeated) expression[name] = value;
  }
  return left.size === 0 ? (expression as unknown as Expression) : undefined;
}
