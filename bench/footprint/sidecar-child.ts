// A sidecar as somebody would bundle it: takes the identity, keeps it, and on SIGTERM gives it back.
// Argument: a SidecarSetting as JSON.
import { once } from 'node:events';
import {
  ensurePublicIdentity,
  thisNode,
  type IdentitySpecInput,
  type ThisNodeOptions,
} from '@truetuple/core';

export interface SidecarSetting {
  readonly spec: IdentitySpecInput;
  readonly node: ThisNodeOptions;
  /** From one look at EC2 to the next. */
  readonly keepIntervalMs: number;
}

const { spec, node, keepIntervalMs } = JSON.parse(process.argv[2] ?? '{}') as SidecarSetting;
const asked = once(process, 'SIGTERM');
const held = await ensurePublicIdentity(spec, { node: thisNode(node) });
await held.keep({ intervalMs: keepIntervalMs });
await asked;
await held.release();
