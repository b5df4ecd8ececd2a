import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { SteadyMap } from './dialog/steady-map.ts';
import { steadyTables } from './steady-tables.ts';
import { endEngines } from './testing/end-engines.ts';
import type { EngineBench } from './testing/engine-bench.ts';
import { establishCall } from './testing/establish-call.ts';
import { startApp, type SrfApp } from './testing/srf-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

/** Every table that the application has: of its dialogs, and of each connection. */
function tablesOf(app: SrfApp): readonly unknown[] {
  const { _dialogs, app: connect } = app as unknown as {
    readonly _dialogs: unknown;
    readonly app: { readonly client: { readonly mapServer: Map<unknown, object> } };
  };
  const connections = [...connect.client.mapServer.values()];
  const all = [_dialogs, ...connections.flatMap((each): unknown[] => Object.values(each))];
  return all.filter((each) => each instanceof Map);
}

it('replaces the tables of a drachtio-srf, those of connections that come later too, and calls go on', async () => {
  const ended: string[] = [];
  const bench = await startApp(Srf, (app) => {
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: 'v=0\r\n' }).then((dialog) => {
        dialog.on('destroy', () => ended.push(req.get('Call-ID')));
        return undefined;
      });
    });
  });
  opened.push(bench);
  const { app, engine, server } = bench;
  expect(tablesOf(app).some((table) => table instanceof SteadyMap)).toBe(false);
  steadyTables(app);
  engine.attach(server);
  await bench.run(0);
  const tables = tablesOf(app) as readonly Map<unknown, unknown>[];
  expect(tables.length).toBeGreaterThan(6);
  expect(tables.every((table) => table instanceof SteadyMap)).toBe(true);
  const peer = bench.peer(2);
  for (const callId of ['one', 'two']) {
    const toTag = await establishCall(bench, peer, { callId });
    peer.send({ method: 'BYE', callId, toTag, sequence: 2 });
    await bench.run(10);
    peer.response(200);
  }
  expect(ended).toEqual(['one', 'two']);
  expect(tables.map(({ size }) => size)).toEqual(tables.map(() => 0));
});

it.each([
  {},
  { app: undefined },
  { app: { client: undefined } },
  { _dialogs: 'none', app: { client: { mapServer: 7 } } },
])('leaves what is no such drachtio-srf as it is: %j', (other) => {
  const before = structuredClone(other);
  steadyTables(other);
  expect(other).toEqual(before);
});
