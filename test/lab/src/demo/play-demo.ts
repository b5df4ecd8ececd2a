import { release } from 'node:os';
import type { DemoOptions } from './arguments.ts';
import { exchangePackets } from './acts/exchange.ts';
import type { Paint } from './report/paint.ts';
import { leftInEc2, pictureEc2 } from './leftovers/ec2-leftovers.ts';
import { killAndReap } from './acts/crash-act.ts';
import { holdIdentity } from './acts/identity-act.ts';
import { leftOnMachine, traceMachine } from './leftovers/machine-trace.ts';
import { openStage } from './open-stage.ts';
import { reportSchema, type DemoReport, type Leftover, type Level } from './report/report.ts';
import {
  renderCrash,
  renderFlows,
  renderHead,
  renderIdentity,
  renderStockPath,
} from './report/render.ts';
import { renderVerdict } from './report/render-verdict.ts';
import type { Stage } from './stage.ts';
import { judge } from './report/verdict.ts';

export interface Play {
  readonly choice: { readonly level: Level; readonly reason: string };
  readonly options: DemoOptions;
  readonly print: (line: string) => void;
  readonly paint: Paint;
}

type Facts = Omit<DemoReport, 'verdicts' | 'ok' | 'durationMs'>;

/** The three acts in order; prints each as it ends and returns all facts. */
export async function playDemo(play: Play): Promise<DemoReport> {
  const { choice, options, print, paint } = play;
  const printAll = (lines: readonly string[]): void => lines.forEach(print);
  const start = performance.now();
  printAll(renderHead(choice.level, choice.reason, options.sabotage, paint));
  const before = await traceMachine();
  const stage = await openStage(choice, options);
  let facts: Facts;
  try {
    facts = await playActs(play, stage, printAll);
  } finally {
    await stage[Symbol.asyncDispose]();
  }
  const leaked = [
    ...facts.leaked,
    ...(await stage.leftAfterClose()),
    ...leftOnMachine(before, await traceMachine()),
  ];
  printAll(renderCrash({ ...facts, leaked }, paint));
  const verdicts = judge({ ...facts, leaked, publicIp: facts.identity.publicIp });
  const report: DemoReport = {
    ...facts,
    leaked,
    verdicts,
    durationMs: performance.now() - start,
    ok: verdicts.every(({ ok }) => ok),
  };
  printAll(renderVerdict(report, paint));
  return report;
}

async function playActs(
  { options, paint }: Play,
  stage: Stage,
  printAll: (lines: readonly string[]) => void,
): Promise<Facts> {
  const startedAt = new Date().toISOString();
  const picture = await pictureEc2(stage.ec2, stage.spec.pool);
  const stockPath = await stage.playStockPath();
  printAll(renderStockPath(stockPath, paint));

  const pod = stage.startPod();
  try {
    const held = await holdIdentity(stage, pod, options.sabotage);
    printAll(renderIdentity(held.identity, held.readyMs, held.steps, paint));
    const flows = await exchangePackets(stage, pod, held.advertised);
    printAll(renderFlows(flows, paint));

    const look = async (): Promise<readonly Leftover[]> => [
      ...leftInEc2(picture, await pictureEc2(stage.ec2, stage.spec.pool)),
      ...(await stage.leftOfPod()),
    ];
    const crash = await killAndReap({ stage, pod, look, reaps: options.sabotage !== 'no-release' });
    return {
      schema: reportSchema,
      level: stage.level,
      levelReason: stage.levelReason,
      ...(options.sabotage === undefined ? {} : { sabotage: options.sabotage }),
      startedAt,
      machine: { platform: process.platform, kernel: release(), node: process.version },
      stockPath,
      readyMs: held.readyMs,
      identity: held.identity,
      steps: held.steps,
      flows,
      crash,
      leaked: await look(),
      notProven: stage.notProven,
    };
  } finally {
    await pod.kill();
  }
}
