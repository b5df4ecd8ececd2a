/** An element of an answer; of attributes AWS's query protocol has the namespace only. */
export interface XmlElement {
  readonly name: string;
  /** Its own character data, entities resolved. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const token =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;
const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

interface OpenElement extends XmlElement {
  text: string;
  readonly children: XmlElement[];
}

/**
 * Reads a document of AWS's query protocol (XML 1.0 without a document type, which AWS never sends).
 *
 * @throws Error that says where it is not well-formed, such as where it was cut off.
 */
export function parseXml(source: string): XmlElement {
  const root: OpenElement = { name: '', text: '', children: [] };
  const open = [root];
  let at = 0;
  while (at < source.length) {
    token.lastIndex = at;
    const found = token.exec(source);
    const top = open.at(-1);
    if (found === null || top === undefined) throw malformed(source, at);
    const [all, cdata, closing, name, empty, text] = found;
    if (text !== undefined) top.text += resolveEntities(text);
    else if (cdata !== undefined) top.text += cdata;
    else if (closing === '/') {
      if (top.name !== name || open.length === 1) throw malformed(source, at);
      open.pop();
    } else if (name !== undefined) {
      const element: OpenElement = { name, text: '', children: [] };
      top.children.push(element);
      if (empty !== '/') open.push(element);
    }
    at += all.length;
  }
  const [document, second] = root.children;
  if (document === undefined || second !== undefined || open.length > 1 || root.text.trim() !== '')
    throw malformed(source, at);
  return document;
}

function resolveEntities(text: string): string {
  return text.replaceAll(/&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g, (all, hex, decimal, name) => {
    if (typeof name === 'string') return named[name] ?? all;
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : all;
  });
}

function malformed(source: string, at: number): Error {
  const near = JSON.stringify(source.slice(at, at + 40));
  return new Error(`the answer is not well-formed XML at character ${at}: ${near}`);
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of that name; undefined when there is none, or it is empty. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text;
  return text === '' ? undefined : text;
}

/** The `item`s of the list of that name. */
export function itemsOf(element: XmlElement, name: string): readonly XmlElement[] {
  return childOf(element, name)?.children.filter((child) => child.name === 'item') ?? [];
}
