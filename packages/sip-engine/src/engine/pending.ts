import type { ReliableProvisionals } from '../dialog/reliable-provisionals.ts';
import type { EngineDialog } from './context.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { AppConnection } from '../wire/app-connection.ts';

/** A request that an application has to answer. */
export interface Pending {
  readonly id: string;
  readonly transaction: ServerTransaction;
  readonly app: AppConnection;
  /** Our tag, should the answer make a dialog; the application may write another one for each fork behind it. */
  toTag: string;
  /** The dialog of the last answer. */
  live: EngineDialog | undefined;
  /** Every dialog that answers to this INVITE have made, by our tags (12.1.1: one for each). */
  readonly forks: Set<EngineDialog>;
  /** The request came inside a dialog. */
  readonly isInDialog: boolean;
  /** Once a reliable provisional response went out. */
  reliable: ReliableProvisionals | undefined;
}
