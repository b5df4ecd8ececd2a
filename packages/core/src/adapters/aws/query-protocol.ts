import type { HttpAnswer } from './http-exchange.ts';
import { childOf, parseXml, textOf, type XmlElement } from './xml.ts';

/** Parameters of an action, by the names of AWS's query protocol; undefined is not sent. */
export type Parameters = Readonly<Record<string, string | undefined>>;

export const formContentType = 'application/x-www-form-urlencoded';

/** The body of a request: what AWS's query protocol calls an action and its parameters. */
export function formOf(action: string, version: string, parameters: Parameters): string {
  const all: Parameters = { Action: action, Version: version, ...parameters };
  return Object.entries(all)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${escape(value)}`))
    .join('&');
}

/** RFC 3986, section 2.3: all but unreserved characters. */
function escape(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.codePointAt(0)?.toString(16).toUpperCase()}`,
  );
}

/** A list as the query protocol flattens it: `Name.1`, `Name.2`. */
export function listOf(name: string, values: readonly string[] | undefined): Parameters {
  return Object.fromEntries((values ?? []).map((value, index) => [`${name}.${index + 1}`, value]));
}

/** What a service said no with. */
export interface QueryRefusal {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
}

/** Reads an error document: EC2 wraps `Error` in `Errors`, STS does not. What no service wrote has a code by its status. */
export function readRefusal({ status, headers, text }: HttpAnswer): QueryRefusal {
  const document = documentOf(text);
  const error = childOf(childOf(document, 'Errors'), 'Error') ?? childOf(document, 'Error');
  const header = headers['x-amzn-requestid'];
  return {
    code: textOf(error, 'Code') ?? (status >= 500 ? 'ServiceUnavailable' : 'UnreadableRefusal'),
    message: textOf(error, 'Message') ?? `HTTP status ${status}`,
    requestId:
      textOf(document, 'RequestID') ??
      textOf(document, 'RequestId') ??
      (typeof header === 'string' ? header : undefined),
  };
}

function documentOf(text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch {
    return undefined;
  }
}
