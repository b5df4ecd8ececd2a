import { openBox, type VpcBox } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAnsweringAddress } from './answering-address.ts';
import { boxIsMissing } from './box-is-missing.ts';
import { tupleMatrixRows } from './tuple-matrix-rows.ts';

const program = boxIsMissing ? undefined : compileAnsweringAddress();

describe.skipIf(boxIsMissing)('tuple matrix', () => {
  let box: VpcBox;

  beforeAll(async () => {
    box = await openBox();
  });
  afterAll(async () => {
    program?.[Symbol.dispose]();
    await box.close();
  });

  it('has every row', () => {
    expect(
      tupleMatrixRows('its path')
        .map(({ id }) => id)
        .join(' '),
    ).toBe(
      'F1 F2 F3 F4 F5 F6 F7 F8 P1 P2 P2b P3 P4 P5 P6 P7 P8 P9 W1 W2 ' +
        'W3 W4 W5 W6 W7 N1 N2 N3 N4 N5 N6 N7 N8 D1 D2 A1 A2 A3',
    );
  });

  for (const row of tupleMatrixRows(program?.path)) {
    // eslint-disable-next-line vitest/expect-expect -- a row asserts with node:assert
    it(`${row.id}: ${row.title}`, () => row.run(box));
  }
});
