/** What an answer holds: a list becomes `item` elements, undefined is left out. */
export type XmlValue = string | number | boolean | undefined | readonly XmlValue[] | XmlFields;
export interface XmlFields {
  readonly [element: string]: XmlValue;
}

/** Encodes one document of UTF-8 XML, as EC2's query protocol answers. Element names are ours; text is escaped. */
export function encodeXml(root: string, fields: XmlFields, namespace?: string): string {
  const opening = namespace === undefined ? root : `${root} xmlns="${escapeText(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${opening}>${encodeFields(fields)}</${root}>`;
}

function encodeFields(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => encodeElement(name, value))
    .join('');
}

function encodeElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  const content = encodeContent(value);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function encodeContent(value: Exclude<XmlValue, undefined>): string {
  if (typeof value !== 'object') return escapeText(String(value));
  if (isList(value)) return value.map((item) => encodeElement('item', item)).join('');
  return encodeFields(value);
}

function isList(value: readonly XmlValue[] | XmlFields): value is readonly XmlValue[] {
  return Array.isArray(value);
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  // A reader would turn a bare carriage return into a line feed (XML 1.0, section 2.11).
  ['\r', '&#xD;'],
]);

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"\r]/g, (character) => entities.get(character) ?? character);
}
