/** Names each entry of a table as the kernel's headers do: camelCase becomes PREFIX_UPPER_SNAKE. */
export function named(
  prefix: string,
  table: Readonly<Record<string, number>>,
  different: Readonly<Record<string, string>> = {},
): [name: string, value: number][] {
  return Object.entries(table).map(([key, value]) => {
    const plain = key.replaceAll(/(?<=[a-z])([A-Z])/g, '_$1').toUpperCase();
    return [`${prefix}${different[key] ?? plain}`, value];
  });
}
