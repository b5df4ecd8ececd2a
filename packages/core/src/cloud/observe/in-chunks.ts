/** EC2 takes 200 filter values a request; the names beside them count too. */
const valuesPerRequest = 150;

/** Asks for many values in as many requests as EC2 needs. */
export async function inChunks<Value, Item>(
  values: readonly Value[],
  read: (chunk: readonly Value[]) => Promise<readonly Item[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let at = 0; at < values.length; at += valuesPerRequest) {
    items.push(...(await read(values.slice(at, at + valuesPerRequest))));
  }
  return items;
}
