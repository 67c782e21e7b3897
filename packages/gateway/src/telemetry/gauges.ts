import type { Server } from 'node:http';
import type { Desk } from '../desk.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import type { Fleet } from '../upstreams/fleet.ts';
import type { Metrics } from './metrics.ts';

/** Gauges that are read off the parts when somebody asks, instead of being kept up to date. */
export function collectGauges(metrics: Metrics, desk: Desk, fleet: Fleet, server: Server, ledger: LedgerWriter): void {
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.once('close', () => {
      connections -= 1;
    });
  });
  metrics.registry.onCollect(() => {
    metrics.connections.labels({}).set(connections);
    metrics.ledgerWaiting.labels({}).set(ledger.waiting);
    metrics.queueDepth.clear();
    for (const { model, tier, tickets } of desk.scheduler.depths()) {
      metrics.queueDepth.labels({ model, tier }).set(tickets);
    }
    metrics.engineSlots.clear();
    for (const { name } of fleet.engines) {
      const view = desk.scheduler.engineView(name);
      if (view === undefined) continue;
      const slots = (state: string, value: number): void => {
        metrics.engineSlots.labels({ upstream: name, state }).set(value);
      };
      for (const [tier, running] of Object.entries(view.runningByTier)) slots(tier, running);
      slots('evicting', view.evicting);
      slots('free', Math.max(0, view.slotsLimit - view.running));
    }
  });
}
