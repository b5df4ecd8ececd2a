/** What a PRACK acknowledges: RFC 3262 section 7.2. */
export interface Rack {
  readonly rseq: number;
  /** CSeq number of the INVITE. */
  readonly sequence: number;
}

/** undefined for what no INVITE's PRACK says. */
export function parseRack(text: string | undefined): Rack | undefined {
  const [rseq, sequence, method] = (text ?? '').trim().split(/\s+/);
  return method === 'INVITE' ? { rseq: Number(rseq), sequence: Number(sequence) } : undefined;
}
