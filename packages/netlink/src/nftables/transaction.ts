import type { ChainRef, NewChain } from './chain.ts';
import type { CounterRef, NewCounter } from './counter.ts';
import type { NftElement } from './element.ts';
import type { Operation } from './operation.ts';
import type { NewRuleOfChain, RuleRef } from './rule.ts';
import type { NewSet, SetRef } from './set.ts';
import type { NewTable, TableRef } from './table.ts';

/** Whether adding what is there already fails. */
export interface AddOptions {
  readonly exclusive?: boolean;
}

/** Collects the operations of one transaction, in order; see {@link Operation} for what each does. */
export interface Transaction {
  readonly operations: readonly Operation[];
  addTable(table: NewTable, options?: AddOptions): void;
  deleteTable(table: TableRef): void;
  addChain(chain: NewChain, options?: AddOptions): void;
  deleteChain(chain: ChainRef): void;
  flushChain(chain: ChainRef): void;
  addRule(rule: NewRuleOfChain): void;
  deleteRule(rule: RuleRef): void;
  addSet(set: NewSet, options?: AddOptions): void;
  deleteSet(set: SetRef): void;
  flushSet(set: SetRef): void;
  addElements(set: SetRef, elements: readonly NftElement[], options?: AddOptions): void;
  deleteElements(set: SetRef, elements: readonly NftElement[]): void;
  addCounter(counter: NewCounter, options?: AddOptions): void;
  deleteCounter(counter: CounterRef): void;
}

export function createTransaction(): Transaction {
  const operations: Operation[] = [];
  const push = (operation: Operation): void => {
    operations.push(operation);
  };
  return {
    operations,
    addTable: (table, options) =>
      push({ kind: 'add-table', table, exclusive: isExclusive(options) }),
    deleteTable: (table) => push({ kind: 'delete-table', table }),
    addChain: (chain, options) =>
      push({ kind: 'add-chain', chain, exclusive: isExclusive(options) }),
    deleteChain: (chain) => push({ kind: 'delete-chain', chain }),
    flushChain: (chain) => push({ kind: 'flush-chain', chain }),
    addRule: (rule) => push({ kind: 'add-rule', rule }),
    deleteRule: (rule) => push({ kind: 'delete-rule', rule }),
    addSet: (set, options) => push({ kind: 'add-set', set, exclusive: isExclusive(options) }),
    deleteSet: (set) => push({ kind: 'delete-set', set }),
    flushSet: (set) => push({ kind: 'flush-set', set }),
    addElements: (set, elements, options) =>
      push({ kind: 'add-elements', set, elements, exclusive: isExclusive(options) }),
    deleteElements: (set, elements) => push({ kind: 'delete-elements', set, elements }),
    addCounter: (counter, options) =>
      push({ kind: 'add-counter', counter, exclusive: isExclusive(options) }),
    deleteCounter: (counter) => push({ kind: 'delete-counter', counter }),
  };
}

function isExclusive(options: AddOptions | undefined): boolean {
  return options?.exclusive === true;
}
