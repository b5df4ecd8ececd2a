import { quotedEnd, skipBlank, tokenEnd } from './scan.ts';

/** One `;name=value`. */
export interface Parameter {
  /** As written; names are compared without regard to case. */
  readonly name: string;
  /** As written, quotes and escapes included; undefined for a flag such as `lr`. */
  readonly value: string | undefined;
}

const none: readonly Parameter[] = [];

/**
 * Reads `*(";" name ["=" value])` from `from` to the end of the text. undefined when there is anything else: an empty
 * parameter, a quote that never closes, text after the last one.
 */
export function parseParameters(text: string, from: number): readonly Parameter[] | undefined {
  let at = skipBlank(text, from);
  if (at === text.length) return none;
  const parameters: Parameter[] = [];
  while (at < text.length) {
    if (text.charCodeAt(at) !== 0x3b) return undefined;
    const start = skipBlank(text, at + 1);
    const nameEnd = tokenEnd(text, start);
    if (nameEnd === start) return undefined;
    const name = text.slice(start, nameEnd);
    at = skipBlank(text, nameEnd);
    if (text.charCodeAt(at) === 0x3d) {
      const valueStart = skipBlank(text, at + 1);
      const end = parameterValueEnd(text, valueStart);
      if (end <= valueStart) return undefined;
      parameters.push({ name, value: text.slice(valueStart, end) });
      at = skipBlank(text, end);
    } else parameters.push({ name, value: undefined });
  }
  return parameters;
}

/** A quoted string, or any printable run: real peers put more into a branch or a tag than a token may hold. */
function parameterValueEnd(text: string, from: number): number {
  if (text.charCodeAt(from) === 0x22) return quotedEnd(text, from);
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) break;
    if (code === 0x3b || code === 0x2c || code === 0x22 || code === 0x3c || code === 0x3e) break;
  }
  return at;
}

/** @param name in lower case */
function isNamed(parameter: Parameter, name: string): boolean {
  if (parameter.name === name) return true;
  return parameter.name.length === name.length && parameter.name.toLowerCase() === name;
}

/** The first parameter of that name; `name` in lower case. */
export function findParameter(
  parameters: readonly Parameter[],
  name: string,
): Parameter | undefined {
  for (const parameter of parameters) {
    if (isNamed(parameter, name)) return parameter;
  }
  return undefined;
}

/**
 * The value of the first parameter of that name, names compared without case; undefined when there is none, or it has
 * no value.
 */
export function parameterValue(parameters: readonly Parameter[], name: string): string | undefined {
  return findParameter(parameters, name)?.value;
}

/** Sets a parameter where it stands, or at the end; a value of undefined makes a flag. */
export function withParameter(
  parameters: readonly Parameter[],
  name: string,
  value: string | undefined,
): readonly Parameter[] {
  const index = parameters.findIndex((parameter) => isNamed(parameter, name));
  return index < 0 ? [...parameters, { name, value }] : parameters.with(index, { name, value });
}

/** The parameters without any of that name, names compared without case. */
export function withoutParameter(
  parameters: readonly Parameter[],
  name: string,
): readonly Parameter[] {
  return parameters.filter((parameter) => !isNamed(parameter, name));
}

export function parametersText(parameters: readonly Parameter[]): string {
  let text = '';
  for (const { name, value } of parameters) {
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return text;
}
