/** What else a fleet may have that a decision must not pay for engine by engine. */
export interface FleetSetup {
  readonly name: string;
  /** Every engine serves all of them. */
  readonly models: number;
  /** Each ticket says by name on which engines it may run: on all of them. */
  readonly named: boolean;
  /** So many of a hundred tickets are wanted back by the one engine whose cache knows them. */
  readonly tiedPercent: number;
  /** Starts are shared by weight. */
  readonly weighted: boolean;
  /** More interactive requests come than the fleet can take, so that so many wait. */
  readonly interactiveQueued: number;
}

const PLAIN: FleetSetup = {
  name: 'one model',
  models: 1,
  named: false,
  tiedPercent: 0,
  weighted: false,
  interactiveQueued: 0,
};

/** The first is the one that is told in full. */
export const FLEET_SETUPS: readonly [FleetSetup, ...FleetSetup[]] = [
  PLAIN,
  { ...PLAIN, name: 'engines named one by one', named: true },
  { ...PLAIN, name: '8 models on each engine', models: 8 },
  { ...PLAIN, name: 'a quarter tied to caches', tiedPercent: 25 },
  { ...PLAIN, name: 'shared by weight', weighted: true },
  { ...PLAIN, name: 'interactive waits', interactiveQueued: 100 },
  { ...PLAIN, name: 'it waits, 8 models', models: 8, interactiveQueued: 100 },
];
