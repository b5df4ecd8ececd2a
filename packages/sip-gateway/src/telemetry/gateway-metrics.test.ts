import type { PublicIdentity } from '@truetuple/core';
import { describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from '../address.ts';
import type { Gateway } from '../gateway.ts';
import { GatewayMetrics } from './gateway-metrics.ts';

const [caller, callee] = ['internet', 'vpc'] as const;

const identity = {
  publicIp: '203.0.113.50' as Ipv4Address,
  privateIp: '10.0.2.128' as Ipv4Address,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  delivery: 'both',
  networkInterfaceId: 'eni-1',
  generation: 3,
} as unknown as PublicIdentity;

function callEnded(cause: 'refused' | 'hung-up') {
  return { kind: 'call-ended', callId: 'x', caller, callee, cause, lastedMs: 9 } as const;
}

function counts(): ReturnType<Gateway['counts']> {
  return { calls: 4, sip: undefined };
}

const sip = {
  timers: 9,
  apps: 1,
  transactions: 3,
  dialogs: 2,
  retransmissionsIn: 5,
  retransmissionsOut: 6,
  overload: 7,
  strangers: 9,
  malformed: 8,
  guardRefusals: 0,
};

describe('metrics', () => {
  const media = {
    calls: 4,
    pairs: { free: 5, inUse: 6, resting: 7 },
    media: {
      a: { packets: 8, bytes: 9, dropped: 1 },
      b: { packets: 0, bytes: 0, dropped: 0 },
    },
    nice: -10,
    realtimePriority: 1,
  };

  it('ask the relay once, and leave out what it does not tell', async () => {
    const answers = [media];
    let asked = 0;
    const metrics = new GatewayMetrics(() => true);
    metrics.watches({
      counts,
      media: async () => {
        asked += 1;
        return answers.shift() ?? Promise.reject(new Error('silent'));
      },
    });
    expect(await metrics.text()).toContain('media_port_pairs{state="free"} 5\n');
    expect(asked).toBe(1);
    const without = await metrics.text();
    expect(without).not.toContain('media_port_pairs{');
    expect(without).not.toContain('media_packets_total{');
    expect(without).not.toMatch(/^truetuple_gateway_media_thread_nice /m);
    expect(without).not.toMatch(/^truetuple_gateway_media_thread_realtime_priority /m);
    expect(without).toContain('truetuple_gateway_calls 4\n');
  });

  it('count what only grows, whoever asks how often, and show what goes up and down', async () => {
    const metrics = new GatewayMetrics(() => true);
    metrics.watches({ counts: () => ({ calls: 4, sip }), media: async () => media });
    await metrics.text();
    const text = await metrics.text();
    for (const [name, value] of Object.entries({
      'media_packets_total{leg="a",outcome="taken"}': 8,
      sip_retransmissions_in_total: 5,
      sip_retransmissions_out_total: 6,
      sip_overload_total: 7,
      sip_strangers_total: 9,
      sip_malformed_total: 8,
      sip_guard_refusals_total: 0,
    })) {
      expect(text).toContain(`truetuple_gateway_${name} ${value}\n`);
      expect(text).toContain(`# TYPE truetuple_gateway_${name.replace(/\{.*/u, '')} counter\n`);
    }
    for (const name of ['sip_transactions', 'sip_dialogs', 'media_port_pairs']) {
      expect(text).toContain(`# TYPE truetuple_gateway_${name} gauge\n`);
    }
  });

  it('follow the identity that a keep has published anew', async () => {
    let generation = 3;
    const metrics = new GatewayMetrics(() => true);
    metrics.holds({
      get identity() {
        return { ...identity, generation };
      },
      unproven: () => undefined,
    });
    expect(await metrics.text()).toContain('generation="3"} 1\n');
    generation = 4;
    const text = await metrics.text();
    expect(text).toContain('generation="4"} 1\n');
    expect(text).not.toContain('generation="3"');
  });

  it('count both ends of a caller that tried again while its first call was still being released', async () => {
    const metrics = new GatewayMetrics(() => true);
    metrics.take({ kind: 'call-started', callId: 'x', caller, callee });
    metrics.take({ kind: 'call-started', callId: 'x', caller, callee });
    metrics.take(callEnded('refused'));
    metrics.take(callEnded('hung-up'));
    const text = await metrics.text();
    for (const cause of ['refused', 'hung-up']) {
      expect(text).toContain(
        `calls_ended_total{caller="internet",callee="vpc",cause="${cause}"} 1\n`,
      );
    }
  });

  it('tell the identity, calls by direction and cause, set-up times, ports and alarms', async () => {
    const metrics = new GatewayMetrics(() => true);
    metrics.holds({ identity, unproven: () => undefined });
    metrics.watches({ counts, media: async () => media });
    metrics.take({ kind: 'call-started', callId: 'x', caller, callee });
    metrics.take({ kind: 'call-answered', callId: 'x', setupMs: 300 });
    metrics.take(callEnded('hung-up'));
    metrics.take({ kind: 'call-refused', callId: 'y', status: 404 });
    metrics.alarm({ kind: 'echo-unreadable', because: 'z' });
    const text = await metrics.text();
    for (const line of [
      'identity_proven 1',
      'identity_info{public_ip="203.0.113.50",private_ip="10.0.2.128",network_interface_id="eni-1",generation="3"} 1',
      'ready 1',
      'calls 4',
      'calls_started_total{caller="internet",callee="vpc"} 1',
      'calls_ended_total{caller="internet",callee="vpc",cause="hung-up"} 1',
      'calls_refused_total{status="404"} 1',
      'call_setup_seconds_bucket{le="0.25"} 0',
      'call_setup_seconds_bucket{le="0.5"} 1',
      'media_port_pairs{state="resting"} 7',
      'media_thread_nice -10',
      'media_thread_realtime_priority 1',
      'media_packets_total{leg="a",outcome="taken"} 8',
      'media_packets_total{leg="a",outcome="dropped"} 1',
      'alarms_total{kind="echo-unreadable"} 1',
    ]) {
      expect(text).toContain(`truetuple_gateway_${line}\n`);
    }
    expect(metrics.contentType).toContain('text/plain');
  });
});
