/** How the payload of an attribute, or a field of a header, is read. Numbers are in the host's order, `big` ones in network order. */
export type Form =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i32'
  | 'u64'
  | 'big16'
  | 'big32'
  | 'big64'
  | 'text'
  | 'address'
  | 'mac'
  /** It is there or not. */
  | 'flag'
  /** What it looks like: attributes, text, a number in network order, else bytes. */
  | 'guess'
  | Fields;

/** Names and forms of attributes, by type. */
export type Fields = ReadonlyMap<number, { readonly name: string; readonly form: Form }>;

type FormsOf<K extends string> = Readonly<Partial<Record<K, Form>>>;

/** A table of constants with what each holds; `otherwise` for what is not said. */
export function fields<K extends string>(
  table: Readonly<Record<K, number>>,
  forms: FormsOf<K>,
  otherwise: Form = 'u32',
): Fields {
  const entries = Object.entries(table) as [K, number][];
  return new Map(
    entries.map(([name, type]) => [type, { name, form: forms[name] ?? otherwise }] as const),
  );
}
