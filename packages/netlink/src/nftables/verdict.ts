import { inputError } from '../errors.ts';
import { nftaData, nftaVerdict, verdictCode } from '../schema/nftables.ts';
import { namesOf } from '../schema/name-table.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';

/** What becomes of a packet; `return` goes back to where `jump` left, or to the chain's policy. */
export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'goto'; readonly chain: string };

const names = namesOf(verdictCode);

/** Writes NFTA_DATA_VERDICT. */
export function writeVerdict(writer: MessageWriter, verdict: Verdict): void {
  const code: number | undefined = verdictCode[verdict.kind];
  if (code === undefined) {
    throw inputError(
      `"${verdict.kind}" is no verdict`,
      `Give one of ${Object.keys(verdictCode).join(', ')}.`,
    );
  }
  const nest = writer.startNested(nftaData.verdict);
  writer.attributeBig32(nftaVerdict.code, code >>> 0);
  if ('chain' in verdict) writer.attributeString(nftaVerdict.chain, verdict.chain);
  writer.end(nest);
}

/** Reads NFTA_DATA_VERDICT; undefined for a verdict this package has no name for. */
export function readVerdict(data: AttributeCursor): Verdict | undefined {
  let kind: keyof typeof verdictCode | undefined;
  let chain: string | undefined;
  const inner = data.nested();
  while (inner.next()) {
    if (inner.type === nftaVerdict.code) kind = names.get(inner.bigSigned32());
    else if (inner.type === nftaVerdict.chain) chain = inner.string();
  }
  if (kind === undefined) return undefined;
  if (kind !== 'jump' && kind !== 'goto') return { kind };
  return chain === undefined ? undefined : { kind, chain };
}
