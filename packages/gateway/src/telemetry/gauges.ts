import type { Server } from 'node:net';
import type { EngineView } from '@offpeak/core';
import type { Desk } from '../desk.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import type { WorkOverTime } from '../upstreams/engine-work.ts';
import type { Fleet } from '../upstreams/fleet.ts';
import { harvestRatio } from './harvest.ts';
import type { Metrics } from './metrics.ts';

const MS_PER_S = 1_000;

/** Gauges that are read off the parts when somebody asks, instead of being kept up to date. */
export function collectGauges(metrics: Metrics, desk: Desk, fleet: Fleet, server: Server, ledger: LedgerWriter): void {
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.once('close', () => {
      connections -= 1;
    });
  });
  const modelGauges = [metrics.harvestRatio, metrics.stepPredicted, metrics.stepError, metrics.modelTrusted];
  metrics.registry.onCollect(() => {
    metrics.connections.labels({}).set(connections);
    metrics.ledgerWaiting.labels({}).set(ledger.waiting);
    metrics.queueDepth.clear();
    for (const { model, tier, tickets } of desk.scheduler.depths()) {
      metrics.queueDepth.labels({ model, tier }).set(tickets);
    }
    metrics.engineSlots.clear();
    for (const gauge of modelGauges) gauge.clear();
    for (const { name, work } of fleet.engines) {
      const view = desk.scheduler.engineView(name);
      if (view === undefined) continue;
      collectModel(metrics, name, view, work.lastMinute(desk.now()));
      const slots = (state: string, value: number): void => {
        metrics.engineSlots.labels({ upstream: name, state }).set(value);
      };
      for (const [tier, running] of Object.entries(view.runningByTier)) slots(tier, running);
      slots('evicting', view.evicting);
      slots('free', Math.max(0, view.slotsLimit - view.running));
    }
    collectLanes(metrics, desk, fleet);
  });
}

/** A provider's lanes are summed up: there is one for each model, tier and key. How much room it has is not known. */
function collectLanes(metrics: Metrics, desk: Desk, fleet: Fleet): void {
  const running = new Map<string, Map<string, number>>();
  for (const { id, upstream, tier } of fleet.lanes.all) {
    const tiers = running.get(upstream.name) ?? new Map<string, number>();
    tiers.set(tier, (tiers.get(tier) ?? 0) + (desk.scheduler.engineView(id)?.running ?? 0));
    running.set(upstream.name, tiers);
  }
  for (const [upstream, tiers] of running) {
    for (const [state, slots] of tiers) metrics.engineSlots.labels({ upstream, state }).set(slots);
  }
}

/** What is not known has no series. */
function collectModel(metrics: Metrics, upstream: string, view: EngineView, done: WorkOverTime): void {
  const { model, stepMs, costs } = view;
  if (model === null) return;
  metrics.modelTrusted.labels({ upstream }).set(model.trusted ? 1 : 0);
  metrics.stepError.labels({ upstream }).set(model.error);
  if (stepMs !== null) metrics.stepPredicted.labels({ upstream }).set(stepMs / MS_PER_S);
  const harvested = costs === null ? null : harvestRatio(costs, done);
  if (harvested !== null) metrics.harvestRatio.labels({ upstream }).set(harvested);
}
