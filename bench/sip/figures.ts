import type { BesideBare } from './beside-bare.ts';
import type { CeilingFigures } from './measure-ceiling.ts';
import type { EnduranceFigures } from './measure-endurance.ts';
import type { RelayFigures } from './measure-relay.ts';
import type { RoundFigures } from './measure-rounds.ts';
import type { SippFigures } from './measure-sipp.ts';
import type { StubFigures } from './measure-stub.ts';

/** What was measured; undefined is what was left out. */
export interface Figures {
  readonly stub: StubFigures | undefined;
  readonly rounds: RoundFigures | undefined;
  readonly endurance: EnduranceFigures | undefined;
  readonly ceiling: CeilingFigures | undefined;
  readonly sipp: BesideBare<SippFigures> | undefined;
  readonly relay: RelayFigures | undefined;
}
