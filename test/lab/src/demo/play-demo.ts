import { release } from 'node:os';
import type { DemoOptions } from './arguments.ts';
import { holdCall, playCalls, playStockCalls, type CallInProgress } from './acts/gateway-act.ts';
import type { PodProcess } from './pod/pod-process.ts';
import { exchangePackets } from './acts/exchange.ts';
import type { Paint } from './report/paint.ts';
import { leftInEc2, pictureEc2 } from './leftovers/ec2-leftovers.ts';
import { killAndReap } from './acts/crash-act.ts';
import { holdIdentity } from './acts/identity-act.ts';
import { leftOnMachine, traceMachine } from './leftovers/machine-trace.ts';
import { refuseUnplayable } from './pod/wire-sabotage.ts';
import { openStage } from './open-stage.ts';
import { reportSchema, type DemoReport, type Leftover, type Level } from './report/report.ts';
import { renderCrash, renderHead, renderIdentity, renderStockPath } from './report/render.ts';
import { renderCalls, renderStockCalls } from './report/render-calls.ts';
import { renderFlows } from './report/render-flows.ts';
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

type PrintAll = (lines: readonly string[]) => void;

async function playActs(play: Play, stage: Stage, printAll: PrintAll): Promise<Facts> {
  const { sabotage } = play.options;
  const startedAt = new Date().toISOString();
  const picture = await pictureEc2(stage.ec2, stage.spec.pool);
  const pod = stage.startPod(sabotage);
  try {
    const actOne = await playActOne(play, stage, printAll);
    await using opened = new AsyncDisposableStack();
    const { identity, readyMs, steps, flows, calls, call } = await playActTwo({
      ...play,
      stage,
      printAll,
      pod,
      opened,
    });
    const look = async (): Promise<readonly Leftover[]> => [
      ...leftInEc2(picture, await pictureEc2(stage.ec2, stage.spec.pool)),
      ...(await stage.leftOfPod()),
    ];
    const crash = await killAndReap({ stage, pod, call, look, reaps: sabotage !== 'no-release' });
    return {
      schema: reportSchema,
      level: stage.level,
      levelReason: stage.levelReason,
      ...(sabotage === undefined ? {} : { sabotage }),
      startedAt,
      machine: { platform: process.platform, kernel: release(), node: process.version },
      ...actOne,
      readyMs,
      identity,
      steps,
      flows,
      calls,
      crash,
      leaked: await look(),
      notProven: stage.notProven,
    };
  } finally {
    await pod.kill();
  }
}

async function playActOne(
  { paint }: Play,
  stage: Stage,
  printAll: PrintAll,
): Promise<Pick<Facts, 'stockPath' | 'stockCalls'>> {
  const pod = stage.stockGateway === undefined ? undefined : stage.startPod();
  try {
    const stockPath = await stage.playStockPath();
    printAll(renderStockPath(stockPath, paint));
    const played = pod === undefined ? [] : await playStockCalls(stage, pod);
    printAll(renderStockCalls(played, paint));
    return { stockPath, stockCalls: played.map(({ row }) => row) };
  } finally {
    await pod?.kill();
  }
}

interface ActTwo extends Play {
  readonly stage: Stage;
  readonly printAll: PrintAll;
  readonly pod: PodProcess;
  /** Takes what act 3 still needs. */
  readonly opened: AsyncDisposableStack;
}

type ActTwoFacts = Pick<Facts, 'identity' | 'readyMs' | 'steps' | 'flows' | 'calls'>;

async function playActTwo({
  options,
  paint,
  stage,
  printAll,
  pod,
  opened,
}: ActTwo): Promise<ActTwoFacts & { readonly call: CallInProgress | undefined }> {
  const { sabotage } = options;
  const { held, identity, readyMs, steps, advertised } = await holdIdentity(stage, pod, sabotage);
  printAll(renderIdentity(identity, readyMs, steps, paint));
  const flows = await exchangePackets(stage, pod, advertised);
  printAll(renderFlows(flows, paint));
  const phones = opened.use(await stage.openPhones());
  if (phones === undefined) {
    refuseUnplayable(sabotage);
    return { identity, readyMs, steps, flows, calls: [], call: undefined };
  }
  const told = sabotage === 'advertise-private' ? 'private' : 'public';
  const place = await stage.gatewayOn(held, told);
  const played = await playCalls(phones, pod, place);
  printAll(renderCalls(played, paint));
  // where no call is set up, a third one would not be either
  const isUp = played.some(({ row }) => row.setUpMs !== undefined);
  const call = isUp ? await holdCall(phones, place) : undefined;
  return { identity, readyMs, steps, flows, calls: played.map(({ row }) => row), call };
}
