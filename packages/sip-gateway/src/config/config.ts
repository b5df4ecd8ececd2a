import * as v from 'valibot';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { lineOf, problemOf, type ConfigProblem } from './problem.ts';
import { configSchema } from './schema.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayConfig } from './shape.ts';

/** Larger files are no configuration of ours. */
const mostCharacters = 1_000_000;

/**
 * Reads a configuration, once, at the edge.
 *
 * @param source what the text came from, for messages
 * @throws GatewayError ConfigInvalid, naming file, line and path of everything that is wrong, or line and column where it is no YAML
 */
export function readConfig(yaml: string, source: string): GatewayConfig {
  if (yaml.length > mostCharacters) {
    throw configInvalid(source, [{ line: 1, path: 'the file', what: 'is longer than a megabyte' }]);
  }
  const { document, lines } = parse(yaml);
  // further ones mostly follow from the first
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw !== undefined) {
    const what = `is no YAML that is read here: ${flaw.message.split(' at line')[0]}`;
    const { line, col: column } = lines.linePos(flaw.pos[0]);
    throw configInvalid(source, [{ line, column, path: 'the file', what }]);
  }
  if (!isMap(document.contents)) {
    const what = document.contents === null ? 'is empty' : 'is no map of settings';
    throw configInvalid(source, [{ line: 1, path: 'the file', what }]);
  }
  const result = v.safeParse(configSchema, valueOf(document, source));
  if (result.success) return result.output;
  throw configInvalid(
    source,
    result.issues.map((issue) => problemOf(issue, configSchema, document, lines)),
  );
}

/** The line, from 1, of the value that these keys lead to. */
export function lineIn(yaml: string, keys: readonly string[]): number {
  const { document, lines } = parse(yaml);
  return lineOf(keys, document, lines);
}

function parse(yaml: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  return { document: parseDocument(yaml, { lineCounter: lines, version: '1.2' }), lines };
}

function valueOf(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    const what = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw configInvalid(source, [{ line: 1, path: 'the file', what }]);
  }
}

/** The error of every problem with a configuration file. */
export function configInvalid(source: string, problems: readonly ConfigProblem[]): GatewayError {
  const told = problems.map(({ line, column, path, what }) => {
    const place = column === undefined ? line : `${line}:${column}`;
    return `${source}:${place}: ${path} ${what}`;
  });
  return new GatewayError({
    code: 'ConfigInvalid',
    message: told.join('\n'),
    remedy: 'Correct the named lines; example.yaml of @truetuple/sip-gateway shows every key.',
    retry: 'never',
  });
}
