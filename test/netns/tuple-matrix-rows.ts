import { faultRows } from './tuple-matrix-fault-rows.ts';
import { pathRows } from './tuple-matrix-path-rows.ts';
import type { TupleMatrixRow } from './tuple-matrix-row.ts';
import { anyRows } from './tuple-matrix-any-rows.ts';
import { dnatRows } from './tuple-matrix-dnat-rows.ts';
import { pktinfoRows } from './tuple-matrix-pktinfo-rows.ts';
import { ruleRows } from './tuple-matrix-rule-rows.ts';
import { translateRows } from './tuple-matrix-translate-rows.ts';
import { wildcardRows } from './tuple-matrix-wildcard-rows.ts';

export type { TupleMatrixRow } from './tuple-matrix-row.ts';

/**
 * The tuple matrix: F what goes wrong when a piece is missing, P the paths when all is in place (and the
 * traps next to them), W what a socket bound to 0.0.0.0 does, N delivery `translate`, D `dnat`, A `any`. Plain node:assert, so that the rows also run
 * where there is no test runner. `answeringAddress` is the path of answering-address.c, compiled; undefined where it
 * cannot be, which leaves out W3 and W4.
 */
export function tupleMatrixRows(answeringAddress: string | undefined): readonly TupleMatrixRow[] {
  return [
    ...faultRows,
    ...pathRows,
    ...wildcardRows,
    ...(answeringAddress === undefined ? [] : pktinfoRows(answeringAddress)),
    ...ruleRows,
    ...translateRows,
    ...dnatRows,
    ...anyRows,
  ];
}
