import type * as v from 'valibot';
import { isMap, isScalar, isSeq, type Document, type LineCounter } from 'yaml';

/** What is wrong with one place of a configuration. */
export interface ConfigProblem {
  /** From 1. */
  readonly line: number;
  /** From 1; where the text itself cannot be read. */
  readonly column?: number;
  /** Such as `media.ports.first`. */
  readonly path: string;
  readonly what: string;
}

type Key = string | number;

/** A valibot issue as a sentence at a line of the file. */
export function problemOf(
  issue: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  document: Document,
  lines: LineCounter,
): ConfigProblem {
  const keys = (issue.path ?? []).map(({ key }) => key as Key);
  const path = keys.join('.') || 'the file';
  const line = lineOf(keys, document, lines);
  return { line, path, what: whatOf(issue, schema, keys) };
}

function whatOf(
  issue: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  keys: readonly Key[],
): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = keysAt(schema, keys.slice(0, -1), issue.path?.at(-1));
    const near = nearest(String(keys.at(-1)), known);
    const all = `known are ${known.join(', ')}`;
    return `is no known key; ${near === undefined ? all : `did you mean ${near}?`}`;
  }
  if (issue.received === 'undefined') return 'is missing';
  if (issue.type === 'variant')
    return `is ${issue.received}; it may be ${readable(issue.expected)}`;
  return issue.message.startsWith('Invalid type: ') ? `is ${issue.received}` : issue.message;
}

/** `("a" | "b")` to `a or b`. */
function readable(expected: string | null): string {
  return (expected ?? '').replaceAll(/[()"]/gu, '').replaceAll(' | ', ' or ');
}

/** The line of the deepest node that is there on the way. */
export function lineOf(keys: readonly Key[], { contents }: Document, lines: LineCounter): number {
  let node: unknown = contents;
  let offset = 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find(
        (each) => isScalar(each.key) && String(each.key.value) === String(key),
      );
      if (pair === undefined) break;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      const start: unknown = (node as { range?: unknown } | undefined)?.range;
      if (Array.isArray(start)) offset = Number(start[0]);
    } else break;
  }
  return lines.linePos(offset).line;
}

/** What valibot's own schemas are made of, as far as a walk down needs it. */
interface SchemaNode {
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly item?: SchemaNode;
  readonly options?: readonly SchemaNode[];
  readonly pipe?: readonly SchemaNode[];
}

function keysAt(
  schema: v.GenericSchema,
  path: readonly Key[],
  unknown: v.IssuePathItem | undefined,
): readonly string[] {
  let nodes: readonly SchemaNode[] = alternatives(schema as SchemaNode);
  for (const key of path) {
    nodes = nodes
      .flatMap((node) => (typeof key === 'number' ? [node.item] : [node.entries?.[key]]))
      .flatMap((node) => (node === undefined ? [] : alternatives(node)));
  }
  const kind: unknown = (unknown?.input as { kind?: unknown } | undefined)?.kind;
  const chosen = nodes.filter((node) => {
    const literal: unknown = (node.entries?.['kind'] as { literal?: unknown } | undefined)?.literal;
    return literal === undefined || literal === kind;
  });
  return [...new Set(chosen.flatMap((node) => Object.keys(node.entries ?? {})))];
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  if (node.wrapped !== undefined) return alternatives(node.wrapped);
  if (node.options !== undefined) return node.options.flatMap(alternatives);
  const [first] = node.pipe ?? [];
  return first === undefined || first === node ? [node] : alternatives(first);
}

/** The known word that begins with this one, or is a few letters away; undefined when none is. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const longer = known.find((each) => word.length > 2 && each.startsWith(word));
  if (longer !== undefined) return longer;
  const ranked = known
    .map((each) => ({ each, distance: distanceOf(word.toLowerCase(), each.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(2, word.length / 3)
    ? best.each
    : undefined;
}

/** Levenshtein's: letters put in, taken out or replaced. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(one).entries()) {
    const next = [at + 1];
    for (const [index, against] of Array.from(other).entries()) {
      const replaced = (row[index] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
