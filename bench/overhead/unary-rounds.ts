import { threeDigits } from '../lib/table.ts';
import { attempt, rotated, startOptions, type RunContext } from './context.ts';
import { idleCpuShare } from './idle.ts';
import type { Target } from './load/target.ts';
import { cpuUsPerRequest, latencyAtFixedRate, unaryBodyBytes, warmUp } from './measure-unary.ts';
import type { RunningProxy } from './proxies/proxy.ts';

/** All proxies run side by side, idle but for the one under load, and take turns in every round. */
export async function unaryRounds(context: RunContext): Promise<void> {
  const { options, results, progress } = context;
  const sizes = Object.entries(unaryBodyBytes).filter(([row]) => options.rows.has(row as keyof typeof unaryBodyBytes));
  if (sizes.length === 0 && !options.rows.has('latency')) return;
  const running = await startAll(context);
  for (let round = 0; round < options.rounds; round++) {
    const order = rotated(running, round);
    const idleShares = new Map(
      await Promise.all(
        order.map(async (proxy) => [proxy, await idleCpuShare(proxy, options.timings.idleMs)] as const),
      ),
    );
    for (const [row, bodyBytes] of sizes) {
      for (const proxy of order) {
        const load = { bodyBytes, idleCpuShare: idleShares.get(proxy)!, timings: options.timings };
        await attempt(context, `${row} ${proxy.name}`, async () => {
          const cpuUs = await cpuUsPerRequest(proxy, load);
          results.add(`cpu-${row as keyof typeof unaryBodyBytes}`, proxy.name, round, cpuUs);
          progress(`round ${round + 1}: ${row} ${proxy.name} ${threeDigits(cpuUs)} us CPU per request`);
        });
      }
    }
    if (options.rows.has('latency')) await latencyRound(context, order, round);
  }
  for (const proxy of running) await proxy.stop();
}

async function latencyRound(context: RunContext, proxies: readonly RunningProxy[], round: number): Promise<void> {
  const { options, results, progress, upstream } = context;
  const direct: Target = { name: 'direct', port: upstream.port, headers: {}, pid: undefined };
  const floor = await latencyAtFixedRate(direct, options.timings);
  progress(`round ${round + 1}: latency direct p50 ${threeDigits(floor.p50Us)} us, p99 ${threeDigits(floor.p99Us)} us`);
  for (const proxy of proxies) {
    await attempt(context, `latency ${proxy.name}`, async () => {
      const { p50Us, p99Us } = await latencyAtFixedRate(proxy, options.timings);
      const added = { p50Us: p50Us - floor.p50Us, p99Us: p99Us - floor.p99Us };
      results.add('latency-p50', proxy.name, round, added.p50Us);
      results.add('latency-p99', proxy.name, round, added.p99Us);
      progress(
        `round ${round + 1}: latency ${proxy.name} p50 +${threeDigits(added.p50Us)} us, p99 +${threeDigits(added.p99Us)} us`,
      );
    });
  }
}

async function startAll(context: RunContext): Promise<RunningProxy[]> {
  const running: RunningProxy[] = [];
  for (const proxy of context.proxies) {
    await attempt(context, `start of ${proxy.name}`, async () => {
      const started = await proxy.start(startOptions(context));
      await warmUp(started, context.options.timings);
      running.push(started);
    });
  }
  return running;
}
