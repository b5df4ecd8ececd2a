import type { ChainRef, NewChain } from './chain.ts';
import type { CounterRef, NewCounter } from './counter.ts';
import type { NftElement } from './element.ts';
import type { NewRuleOfChain, RuleRef } from './rule.ts';
import type { NewSet, SetRef } from './set.ts';
import type { NewTable, TableRef } from './table.ts';

/**
 * One change of a ruleset, as data. Adding what is there already is done when it is the same; `exclusive`
 * makes it fail with EEXIST. A rule is always added. Deleting what is not there fails with ENOENT.
 */
export type Operation =
  | { readonly kind: 'add-table'; readonly table: NewTable; readonly exclusive?: boolean }
  /** With all that is in it. */
  | { readonly kind: 'delete-table'; readonly table: TableRef }
  | { readonly kind: 'add-chain'; readonly chain: NewChain; readonly exclusive?: boolean }
  /** Without its rules and with nothing leading to it. */
  | { readonly kind: 'delete-chain'; readonly chain: ChainRef }
  | { readonly kind: 'add-rule'; readonly rule: NewRuleOfChain }
  | { readonly kind: 'delete-rule'; readonly rule: RuleRef }
  /** Every rule of the chain. */
  | { readonly kind: 'flush-chain'; readonly chain: ChainRef }
  | { readonly kind: 'add-set'; readonly set: NewSet; readonly exclusive?: boolean }
  | { readonly kind: 'delete-set'; readonly set: SetRef }
  /** A key of a map that is there with another value is EEXIST. */
  | {
      readonly kind: 'add-elements';
      readonly set: SetRef;
      readonly elements: readonly NftElement[];
      readonly exclusive?: boolean;
    }
  | {
      readonly kind: 'delete-elements';
      readonly set: SetRef;
      readonly elements: readonly NftElement[];
    }
  /** Every element of the set. */
  | { readonly kind: 'flush-set'; readonly set: SetRef }
  | { readonly kind: 'add-counter'; readonly counter: NewCounter; readonly exclusive?: boolean }
  | { readonly kind: 'delete-counter'; readonly counter: CounterRef };

/** "adding chain ip vpc pre": what a refusal says was tried. */
export function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'add-table':
    case 'delete-table':
      return `${verb(operation)} table ${tableName(operation.table)}`;
    case 'add-chain':
    case 'delete-chain':
    case 'flush-chain':
      return `${verb(operation)} chain ${tableName(operation.chain)} ${operation.chain.chain}`;
    case 'add-rule':
      return `adding a rule to chain ${tableName(operation.rule)} ${operation.rule.chain}${comment(operation.rule)}`;
    case 'delete-rule': {
      const { chain, handle } = operation.rule;
      return `deleting rule ${String(handle)} of chain ${tableName(operation.rule)} ${chain}`;
    }
    case 'add-set':
    case 'delete-set':
    case 'flush-set':
      return `${verb(operation)} ${setName(operation.set)}`;
    case 'add-elements':
    case 'delete-elements':
      return describeElements(verb(operation), operation.set, operation.elements);
    case 'add-counter':
    case 'delete-counter':
      return `${verb(operation)} counter ${tableName(operation.counter)} ${operation.counter.counter}`;
    default:
      throw new TypeError(`unknown operation ${JSON.stringify(operation satisfies never)}`);
  }
}

function describeElements(doing: string, set: SetRef, elements: readonly NftElement[]): string {
  const [first] = elements;
  if (first === undefined) return `${doing} no elements of ${setName(set)}`;
  const key = typeof first.key === 'object' ? first.key.join(' . ') : String(first.key);
  const others = elements.length === 1 ? '' : ` and ${String(elements.length - 1)} others`;
  return `${doing} element ${key}${others} of ${setName(set)}`;
}

function verb({ kind }: { readonly kind: string }): string {
  if (kind.startsWith('add')) return 'adding';
  return kind.startsWith('flush') ? 'emptying' : 'deleting';
}

function tableName(table: TableRef): string {
  return `${table.family} ${table.table}`;
}

function setName(set: SetRef): string {
  return `${set.data === undefined ? 'set' : 'map'} ${tableName(set)} ${set.set}`;
}

function comment(rule: NewRuleOfChain): string {
  return rule.comment === undefined ? '' : ` ("${rule.comment}")`;
}
